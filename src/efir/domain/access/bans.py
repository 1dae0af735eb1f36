"""Bans, which exclude users from the service: rules for their reason and end."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from efir.domain.kernel.errors import FieldError, Forbidden, Invalid
from efir.domain.kernel.ids import UserId

BanId = NewType("BanId", UUID)
MAX_REASON = 500


class InvalidBan(Invalid):
    """The reason or the end of the ban is invalid."""

    code = "invalid-ban"
    title = "The ban is invalid"


class CannotBan(Forbidden):
    """Users cannot ban themselves, or anyone with permissions that they lack."""

    code = "cannot-ban"
    title = "You may not ban this account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """A ban in force; `reason` is shown to the banned user after the correct password."""

    id: BanId
    user_id: UserId
    by_id: UserId | None
    reason: str
    starts_at: datetime
    ends_at: datetime | None


def parse_ban(*, reason: str, until: datetime | None, now: datetime) -> str:
    """Validate the reason and the end of a ban, and return the trimmed reason. Raises InvalidBan."""
    errors = []
    text = reason.strip()
    if not 1 <= len(text) <= MAX_REASON:
        errors.append(FieldError("/reason", "length", f"A reason has 1 to {MAX_REASON} characters."))
    if until is not None and (until.tzinfo is None or until <= now):
        errors.append(FieldError("/until", "past", "A ban ends in the future; give a time with its zone."))
    if errors:
        raise InvalidBan(errors=tuple(errors))
    return text
