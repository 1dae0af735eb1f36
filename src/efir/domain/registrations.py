"""Registration in steps: what is told, what is missing, how long it is kept (`accounts.md` §3)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from efir.domain.errors import Conflict, FieldError, Invalid, NotFound, TooMany, Unauthenticated
from efir.domain.limits import Limits

RegistrationId = NewType("RegistrationId", UUID)

NEEDED = {
    "nickname": "Choose a nickname.",
    "email": "Enter an e-mail address.",
    "password": "Choose a password.",
}
WORK_MOST = 32  # characters of a proof of work


class RegistrationNotFound(NotFound):
    """No such registration, it has ended, or the ticket is another one's."""

    code = "registration-not-found"
    title = "There is no such registration; it may have expired"


class TicketMissing(Unauthenticated):
    """A registration is shown and changed only by who holds its ticket."""

    code = "registration-ticket-missing"
    title = "Send the ticket of the registration"


class RegistrationUnfinished(Invalid):
    """Something is still missing; `errors` names it."""

    code = "registration-unfinished"
    title = "The registration is not complete"


class RegistrationFinished(Conflict):
    """The account has been made; nothing can be changed here any more."""

    code = "registration-finished"
    title = "This registration is finished"


class WorkRefused(Invalid):
    """The proof of work does not fit the challenge."""

    code = "work-refused"
    title = "The proof of work is wrong"


class InvalidCheck(Invalid):
    """A check asks about one thing: a nickname or an address."""

    code = "invalid-check"
    title = "Ask about a nickname or an e-mail address"


class RegistrationPicturesTooMany(TooMany):
    """One registration may try so many pictures."""

    code = "registration-pictures-too-many"
    title = "Too many pictures for one registration"


class PictureNotCuttable(Conflict):
    """There is no working copy to cut from: none was sent, or it has gone."""

    code = "image-not-cuttable"
    title = "Send the picture once more to cut it differently"


class EmailCheck(StrEnum):
    """Whether a few checks of addresses are answered truly, or none."""

    BUDGETED = "budgeted"
    MAILBOX = "mailbox"


class Step(StrEnum):
    """Pages of the wizard, in their order."""

    NAME = "name"
    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105  # the name of a page
    PICTURE = "picture"
    CHECK = "check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """An account that is being described. `password` is a wrapped hash; `user_id` is set once it is finished."""

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
    avatar_id: UUID | None = None
    avatar_gen: int = 0
    user_id: UUID | None = None
    created_at: datetime
    expires_at: datetime

    @property
    def missing(self) -> tuple[str, ...]:
        """What an account still needs, in the order of the steps."""
        return tuple(name for name in NEEDED if getattr(self, name) is None)

    def named(self, registration_id: UUID | None) -> "Registration":
        """Answer itself when it is the one asked for. Raises RegistrationNotFound."""
        if registration_id is not None and registration_id != self.id:
            raise RegistrationNotFound
        return self

    def open(self) -> "Registration":
        """Answer itself while it can be changed. Raises RegistrationFinished."""
        if self.user_id is not None:
            raise RegistrationFinished
        return self

    def complete(self) -> "Registration":
        """Answer itself when nothing is missing. Raises RegistrationUnfinished naming what is."""
        if self.missing:
            errors = tuple(FieldError(f"/{name}", "missing", NEEDED[name]) for name in self.missing)
            raise RegistrationUnfinished(errors=errors)
        return self


def step_after(missing: tuple[str, ...], *, pictured: bool) -> Step:
    """Where to go on: the first unfinished step; a picture may be left out, so it is asked for once."""
    for name, step in (("nickname", Step.NAME), ("email", Step.EMAIL), ("password", Step.PASSWORD)):
        if name in missing:
            return step
    return Step.CHECK if pictured else Step.PICTURE


def reachable(wanted: Step, missing: tuple[str, ...]) -> Step:
    """A step that may be shown: the wanted one, or the first unfinished one before it."""
    first = step_after(missing, pictured=True)
    order = list(Step)
    return min(wanted, first, key=order.index)


def expiry(now: datetime, created_at: datetime, limits: Limits) -> datetime:
    """When a registration ends: a while after its last step, and never later than a day after its start."""
    idle = now + timedelta(seconds=limits.registration_idle_seconds)
    return min(idle, created_at + timedelta(seconds=limits.registration_life_seconds))


def proves_work(challenge: str, nonce: str, bits: int) -> bool:
    """Tell whether SHA-256 of `challenge:nonce` begins with so many zero bits.

    >>> proves_work("", "", 0), proves_work("x", "1", 200)
    (True, False)
    """
    if len(nonce) > WORK_MOST:
        return False
    digest = hashlib.sha256(f"{challenge}:{nonce}".encode()).digest()
    return int.from_bytes(digest) >> (256 - bits) == 0
