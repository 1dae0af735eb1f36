"""Step-by-step registration: the values entered so far, those still required, and when it expires."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from efir.domain.accounts.email_verification import TRIES
from efir.domain.auth.identities import Arrival
from efir.domain.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, TooMany, Unauthenticated
from efir.domain.kernel.limits import Limits

RegistrationId = NewType("RegistrationId", UUID)

NEEDED = {
    "nickname": "Choose a nickname.",
    "email": "Enter an email address.",
    "email_code": "Send the code that was mailed to the address.",
    "password": "Choose a password.",
}
MAX_WORK = 32  # characters of a proof of work


class RegistrationNotFound(NotFound):
    """The registration does not exist or has expired, or the ticket belongs to another one."""

    code = "registration-not-found"
    title = "There is no such registration; it may have expired"


class TicketMissing(Unauthenticated):
    """Only the holder of its ticket can see and change a registration."""

    code = "registration-ticket-missing"
    title = "The registration ticket is missing"


class RegistrationUnfinished(Invalid):
    """Required values are missing; `errors` names them."""

    code = "registration-unfinished"
    title = "The registration is not complete"


class RegistrationInStepsOnly(Forbidden):
    """This service requires a confirmed address before it creates an account, which takes more than one request."""

    code = "registration-in-steps-only"
    title = "Register step by step: the email address has to be confirmed first"


class RegistrationFinished(Conflict):
    """The account has been created; the registration can no longer be changed."""

    code = "registration-finished"
    title = "This registration is finished"


class WorkRefused(Invalid):
    """The proof of work does not solve the challenge."""

    code = "work-refused"
    title = "The proof of work is invalid"


class InvalidCheck(Invalid):
    """A check takes exactly one of a nickname and an email address."""

    code = "invalid-check"
    title = "Check either a nickname or an email address"


class RegistrationPicturesTooMany(TooMany):
    """The limit of pictures for one registration is reached."""

    code = "registration-pictures-too-many"
    title = "Too many pictures for one registration"


class EmailCheck(StrEnum):
    """Whether a limited number of address checks reveal if an address is taken, or none."""

    BUDGETED = "budgeted"
    MAILBOX = "mailbox"


class RequireEmail(StrEnum):
    """Whether an email address must be confirmed before the account is created, or may be confirmed later."""

    FINISH = "finish"
    LATER = "later"


class Step(StrEnum):
    """Pages of the wizard, in order; which ones are shown depends on the settings and on how the user arrived."""

    NAME = "name"
    EMAIL = "email"
    CODE = "code"
    PASSWORD = "password"  # noqa: S105  # the name of a page
    PICTURE = "picture"
    CHECK = "check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """An unfinished account. `password` is a wrapped hash; `user_id` is set once the registration is finished.

    A user from a provider has `issuer` and `sub`, and the login session at the provider (`idp_…`).
    """

    id: RegistrationId
    ticket_hash: bytes
    nickname: str | None = None
    display_name: str | None = None
    email: str | None = None
    email_key: str | None = None
    password: bytes | None = None
    locale: str | None = None
    phone: str | None = None
    worked: bool = False
    email_checks: int = 0
    email_code_hash: bytes | None = None
    email_code_until: datetime | None = None
    email_code_tries: int = 0
    email_verified_at: datetime | None = None
    issuer: str | None = None
    sub: str | None = None
    provider: str | None = None
    shown: str | None = None
    idp_sid: str | None = None
    idp_hint: bytes | None = None
    idp_auth_time: datetime | None = None
    avatar_id: UUID | None = None
    avatar_gen: int = 0
    avatar_uploads: int = 0
    user_id: UUID | None = None
    created_at: datetime
    expires_at: datetime

    @property
    def arrival(self) -> Arrival | None:
        """The identity at the provider that the user came from; None without a provider."""
        if self.issuer is None or self.sub is None or self.provider is None:
            return None
        return Arrival(issuer=self.issuer, sub=self.sub, provider=self.provider, shown=self.shown or "")

    def missing(self, require_email: RequireEmail) -> tuple[str, ...]:
        """Return the fields still required, in the order of the steps; a provider's identity replaces the password."""
        there = {
            "nickname": self.nickname is not None,
            "email": self.email is not None,
            "email_code": require_email is RequireEmail.LATER or self.email_verified_at is not None,
            "password": self.password is not None or self.arrival is not None,
        }
        return tuple(name for name in NEEDED if not there[name])

    def takes_codes(self, now: datetime) -> bool:
        """Return whether the mailed code is still accepted."""
        until = self.email_code_until
        return self.email_code_hash is not None and until is not None and now < until and self.email_code_tries < TRIES

    def require_id(self, registration_id: UUID | None) -> "Registration":
        """Return itself if `registration_id` is its id or None. Raises RegistrationNotFound."""
        if registration_id is not None and registration_id != self.id:
            raise RegistrationNotFound
        return self

    def open(self) -> "Registration":
        """Return itself while it can be changed. Raises RegistrationFinished."""
        if self.user_id is not None:
            raise RegistrationFinished
        return self

    def complete(self, require_email: RequireEmail) -> "Registration":
        """Return itself when nothing is missing. Raises RegistrationUnfinished naming the missing fields."""
        if missing := self.missing(require_email):
            errors = tuple(FieldError(f"/{name}", "missing", NEEDED[name]) for name in missing)
            raise RegistrationUnfinished(errors=errors)
        return self


ASKED = {"nickname": Step.NAME, "email": Step.EMAIL, "email_code": Step.CODE, "password": Step.PASSWORD}


def steps_of(*, require_email: RequireEmail, arrived: bool) -> tuple[Step, ...]:
    """Return the pages of a registration; values supplied by a provider are not requested, but can be changed."""
    left_out = {Step.CHECK}
    if require_email is RequireEmail.LATER:
        left_out.add(Step.CODE)
    if arrived:
        left_out.add(Step.PASSWORD)
    return tuple(step for step in Step if step not in left_out)


def find_next_step(missing: tuple[str, ...], *, pictured: bool) -> Step:
    """Return the next step: the first unfinished one; a picture is optional, so that step is shown once."""
    for name, step in ASKED.items():
        if name in missing:
            return step
    return Step.CHECK if pictured else Step.PICTURE


def find_reachable_step(wanted: Step, missing: tuple[str, ...]) -> Step:
    """Return a step that may be shown: the requested one, or the first unfinished one before it."""
    first = find_next_step(missing, pictured=True)
    order = list(Step)
    return min(wanted, first, key=order.index)


def expiry(now: datetime, created_at: datetime, limits: Limits) -> datetime:
    """Return when a registration expires: some time after its last step, at most a day after its start."""
    idle = now + timedelta(seconds=limits.registration_idle_seconds)
    return min(idle, created_at + timedelta(seconds=limits.registration_life_seconds))


def proves_work(challenge: str, nonce: str, bits: int) -> bool:
    """Return whether SHA-256 of `challenge:nonce` begins with that many zero bits.

    >>> proves_work("", "", 0), proves_work("x", "1", 200)
    (True, False)
    """
    if len(nonce) > MAX_WORK:
        return False
    digest = hashlib.sha256(f"{challenge}:{nonce}".encode()).digest()
    return int.from_bytes(digest) >> (256 - bits) == 0
