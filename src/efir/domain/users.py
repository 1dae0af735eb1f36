"""People: names, addresses and passwords (`accounts.md` §2 and §4)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from efir.domain.errors import Conflict, FieldError, Forbidden, Invalid, NotFound

UserId = NewType("UserId", UUID)

NICKNAME_LEAST, NICKNAME_MOST = 3, 30
DISPLAY_NAME_MOST = 60
PASSWORD_LEAST, PASSWORD_MOST = 10, 256
NICKNAME = re.compile(r"[a-z0-9](?:[a-z0-9]|[_.-](?=[a-z0-9]))*")
_RESERVED = """
about account accounts admin administrator anonymous api app assets audio auth blog channel chat commercial contact
copyright discover docs efir embed everyone feed feeds feedback guest healthz help home info jobs legal live login
logout mail media me metrics moderator music news nobody notifications null oembed official owner password playlists
postmaster privacy quiz readyz record register reports robots roles rooms root search security settings signin signup
staff static status studio support swagger system team terms trending undefined upload uploads user users video videos
watch webmaster websocket www
"""
_COMMON = """
1234567890 12345678910 0123456789 9876543210 1111111111 0000000000 1q2w3e4r5t 1qaz2wsx3edc qwertyuiop qwerty1234
qwerty12345 qwertyuiop1 password1 password12 password123 password1234 passwordpassword administrator letmeinplease
iloveyou123 welcome123 changeme123 correcthorsebatterystaple
"""
RESERVED = frozenset(_RESERVED.split())
COMMON_PASSWORDS = frozenset(_COMMON.split())


class InvalidUser(Invalid):
    """Some of the account's values break a rule; `errors` names each."""

    code = "invalid-user"
    title = "Some of the account's values are not acceptable"


class NicknameTaken(Conflict):
    """Another account has this nickname or one that looks like it."""

    code = "nickname-taken"
    title = "This nickname is taken"


class UserNotFound(NotFound):
    """No such user."""

    code = "user-not-found"
    title = "There is no such user"


class UserBanned(Forbidden):
    """The account is banned; told only to whom gave the right password."""

    code = "user-banned"
    title = "This account is banned"

    @staticmethod
    def told(reason: str | None, until: datetime | None) -> str:
        """Say why and until when."""
        end = "" if until is None else f" Until {until:%Y-%m-%d %H:%M} UTC."
        return f"{reason or 'This account is banned.'}{end}"


class UserStatus(StrEnum):
    """What an account may do at all."""

    ACTIVE = "active"
    BANNED = "banned"
    PENDING_DELETE = "pending_delete"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address as shown, and the key by which two spellings are the same address."""

    shown: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who can sign in."""

    id: UserId
    nickname: str
    nick_skel: str
    display_name: str
    email: str
    email_key: str
    created_at: datetime


def parse_nickname(text: str, *, pointer: str = "/nickname") -> str:
    """Trim and lower a nickname; ASCII only, so that no two look alike by alphabet. Raises InvalidUser."""
    nickname = text.strip().lower()
    if not NICKNAME_LEAST <= len(nickname) <= NICKNAME_MOST:
        raise _wrong(pointer, "length", f"A nickname has {NICKNAME_LEAST} to {NICKNAME_MOST} characters.")
    if not NICKNAME.fullmatch(nickname):
        raise _wrong(
            pointer,
            "characters",
            "A nickname has Latin letters and digits, with single dots, dashes or underscores between them.",
        )
    if skeleton(nickname) in {skeleton(name) for name in RESERVED}:
        raise _wrong(pointer, "reserved", "This name is reserved.")
    return nickname


def skeleton(nickname: str) -> str:
    """Fold what looks alike, punctuation removed: two nicknames with one skeleton cannot both exist."""
    letters = re.sub(r"[_.-]", "", nickname)
    return letters.replace("rn", "m").replace("vv", "w").replace("1", "l").replace("0", "o")


def parse_display_name(text: str, *, pointer: str = "/display_name") -> str:
    """Normalise to NFC and refuse control, direction and invisible characters. Raises InvalidUser."""
    name = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(name) <= DISPLAY_NAME_MOST:
        raise _wrong(pointer, "length", f"A display name has 1 to {DISPLAY_NAME_MOST} characters.")
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for char in name):
        raise _wrong(pointer, "characters", "A display name has no control or invisible characters.")
    return name


def parse_password(text: str, *, nickname: str, email_key: str, pointer: str = "/password") -> str:
    """Normalise to NFC; only length and obvious guesses are refused (ASVS 6.2). Raises InvalidUser."""
    password = unicodedata.normalize("NFC", text)
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        raise _wrong(pointer, "length", f"A password has {PASSWORD_LEAST} to {PASSWORD_MOST} characters.")
    folded = password.casefold()
    if folded in COMMON_PASSWORDS or len(set(folded)) < 3:  # noqa: PLR2004  # one or two characters repeated
        raise _wrong(pointer, "common", "This password is one of the first that anybody would try.")
    if folded in {nickname, email_key, email_key.partition("@")[0], nickname[::-1]}:
        raise _wrong(pointer, "personal", "A password is not the nickname or the address.")
    return password


def _wrong(pointer: str, code: str, detail: str) -> InvalidUser:
    return InvalidUser(detail, errors=(FieldError(pointer, code, detail),))
