"""User accounts: rules for nicknames, display names, passwords, languages and phone numbers."""

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from efir.domain.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from efir.domain.kernel.ids import LANGUAGES, UserId

MIN_NICKNAME, MAX_NICKNAME = 3, 30
MAX_DISPLAY_NAME = 60
MIN_PASSWORD, MAX_PASSWORD = 10, 256
NICKNAME = re.compile(r"[a-z0-9](?:[a-z0-9]|[_.-](?=[a-z0-9]))*")
_RESERVED = """
about account accounts admin administrator anonymous api app assets audio auth blog channel chat commercial contact
copyright discover docs efir embed everyone feed feeds feedback guest healthz help home info jobs legal live login
logout mail media me metrics moderator music news nobody notifications null oembed official owner password playlists
postmaster privacy quiz readyz record register reports robots roles rooms root search security settings signin signup
staff static status studio support swagger system team terms trending undefined upload uploads user users video videos
watch webmaster websocket www
"""
RESERVED = frozenset(_RESERVED.split())
BRAND = ("efir", "эфир")
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
NAME_HOLD_DAYS = 90
NAME_CHANGE_DAYS = 30
MIN_PERSONAL = 3
PERSONAL_LEFT = 4  # characters beside a personal word that do not protect it: ten thousand guesses, a year of birth


class InvalidUser(Invalid):
    """Some values of the account are invalid; `errors` names each."""

    code = "invalid-user"
    title = "Some values of the account are invalid"


class NicknameTaken(Conflict):
    """Another account has this nickname or one that looks like it."""

    code = "nickname-taken"
    title = "This nickname is taken"


class UserNotFound(NotFound):
    """There is no such user."""

    code = "user-not-found"
    title = "There is no such user"


class PhoneTaken(Conflict):
    """Another account has this phone number."""

    code = "phone-taken"
    title = "This phone number belongs to another account"


class NicknameChangedRecently(Conflict):
    """A nickname can be changed once in thirty days; the previous one stays reserved for ninety days."""

    code = "nickname-changed-recently"
    title = "The nickname was changed recently"


class DeletionPending(Forbidden):
    """The account is being deleted; only a caller with the correct password learns this, and can still restore it."""

    code = "deletion-pending"
    title = "This account is being deleted"


class NotPending(Conflict):
    """Only an account that is being deleted can be restored."""

    code = "deletion-not-pending"
    title = "This account is not being deleted"


class WrongPassword(Invalid):
    """The current password is wrong."""

    code = "wrong-password"
    title = "The current password is wrong"

    def __init__(self) -> None:
        super().__init__(errors=(FieldError("/current_password", "wrong", self.title),))


class UserBanned(Forbidden):
    """The account is banned; only a caller with the correct password learns this."""

    code = "user-banned"
    title = "This account is banned"

    @staticmethod
    def explain(reason: str | None, until: datetime | None) -> str:
        """Return the reason and the end of a ban as text."""
        end = "" if until is None else f" Until {until:%Y-%m-%d %H:%M} UTC."
        return f"{reason or 'This account is banned.'}{end}"


class UserStatus(StrEnum):
    """The status of an account, which decides whether it can be used at all."""

    ACTIVE = "active"
    BANNED = "banned"
    PENDING_DELETE = "pending_delete"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user who can sign in; `nick_skel` is the skeleton of the nickname, `email_key` the key of the address."""

    id: UserId
    nickname: str
    nick_skel: str
    display_name: str
    email: str
    email_key: str
    created_at: datetime
    locale: str = "en"
    phone: str | None = None


def parse_nickname(text: str, *, pointer: str = "/nickname") -> str:
    """Return the trimmed, lower-case nickname; ASCII only, which rules out lookalike alphabets. Raises InvalidUser."""
    nickname = text.strip().lower()
    if not MIN_NICKNAME <= len(nickname) <= MAX_NICKNAME:
        raise _invalid(pointer, "length", f"A nickname has {MIN_NICKNAME} to {MAX_NICKNAME} characters.")
    if not NICKNAME.fullmatch(nickname):
        raise _invalid(
            pointer,
            "characters",
            "A nickname has Latin letters and digits, with single dots, dashes or underscores between them.",
        )
    if skeleton(nickname) in {skeleton(name) for name in RESERVED}:
        raise _invalid(pointer, "reserved", "This name is reserved.")
    return nickname


def skeleton(nickname: str) -> str:
    """Return the skeleton: lookalike letters folded, punctuation removed. It is unique among nicknames."""
    letters = re.sub(r"[_.-]", "", nickname)
    return letters.replace("rn", "m").replace("vv", "w").replace("1", "l").replace("0", "o")


def parse_display_name(text: str, *, pointer: str = "/display_name") -> str:
    """Return the name in NFC; control, direction and invisible characters are refused. Raises InvalidUser."""
    name = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(name) <= MAX_DISPLAY_NAME:
        raise _invalid(pointer, "length", f"A display name has 1 to {MAX_DISPLAY_NAME} characters.")
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for char in name):
        raise _invalid(pointer, "characters", "A display name has no control or invisible characters.")
    return name


def parse_password(
    text: str, *, nickname: str, email_key: str, guesses: Container[str], pointer: str = "/password"
) -> str:
    """Return the password in NFC; only wrong lengths and obvious guesses are refused (ASVS 6.2). Raises InvalidUser.

    `guesses` holds the most commonly guessed passwords, case folded.
    """
    password = unicodedata.normalize("NFC", text)
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise _invalid(pointer, "length", f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.")
    folded = password.casefold()
    if folded in guesses or len(set(folded)) < 3:  # noqa: PLR2004  # one or two characters repeated
        raise _invalid(pointer, "common", "This password is one of the first that anybody would try.")
    if any(_is_little_more(folded, word) for word in _find_personal_words(nickname, email_key)):
        raise _invalid(
            pointer, "personal", "A password is more than the nickname, the address or the name of the site."
        )
    return password


def parse_language(text: str, *, pointer: str = "/locale") -> str:
    """Return the language code if it is supported. Raises InvalidUser."""
    if text not in LANGUAGES:
        raise _invalid(pointer, "unknown", f"The languages are {', '.join(LANGUAGES)}.")
    return text


def parse_phone(text: str, *, pointer: str = "/phone") -> str:
    """Return a phone number as in ITU-T E.164: a plus, the country code, at most 15 digits. Raises InvalidUser."""
    number = re.sub(r"[\s().\u2010-\u2013-]", "", text)
    if not PHONE.fullmatch(number):
        raise _invalid(pointer, "phone", "A phone number starts with + and the country, like +44 20 7946 0958.")
    return number


def _find_personal_words(nickname: str, email_key: str) -> set[str]:
    local, _, domain = email_key.partition("@")
    words = {nickname, nickname[::-1], email_key, local, domain, *domain.split(".")[:-1], *re.split(r"[._+-]", local)}
    return {word for word in {*words, *BRAND} if len(word) >= MIN_PERSONAL}


def _is_little_more(password: str, word: str) -> bool:
    """Return whether a password is hardly more than a word, such as a word with a year of birth."""
    return word in password and len(password.replace(word, "")) <= PERSONAL_LEFT


def _invalid(pointer: str, code: str, detail: str) -> InvalidUser:
    return InvalidUser(detail, errors=(FieldError(pointer, code, detail),))


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedUser:
    """A user known by name only: no password, no sign-in, and one token, valid only for audio."""

    id: UserId
    name: str
    name_key: str
    created_at: datetime
