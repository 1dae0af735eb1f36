"""Impersonation: seeing the service as another user does, for a short time and without changing anything."""

from collections.abc import Iterable

from efir.domain.access.roles import ADMINISTRATOR, check_within
from efir.domain.kernel.errors import Conflict, FieldError, Forbidden, Invalid
from efir.domain.kernel.ids import UserId
from efir.domain.users import UserStatus

MAX_REASON = 500


class CannotImpersonate(Forbidden):
    """Only active accounts can be impersonated, and never one's own or an administrator's."""

    code = "cannot-impersonate"
    title = "You may not impersonate this account"


class InvalidReason(Invalid):
    """Acting on another user's account requires a reason, which the audit log records."""

    code = "invalid-reason"
    title = "Give a reason"


class NotImpersonating(Conflict):
    """The credential of the request is the caller's own."""

    code = "not-impersonating"
    title = "You are not impersonating an account"


def check_target(target: UserId, *, actor: UserId, status: str, roles: Iterable[str]) -> None:
    """Raises CannotImpersonate unless the account is active, not the actor's own and not an administrator's."""
    if target == actor:
        raise CannotImpersonate("This is your own account.")
    if status != UserStatus.ACTIVE:
        raise CannotImpersonate("This account is not active.")
    if ADMINISTRATOR in roles:
        raise CannotImpersonate("Nobody takes the place of an administrator.")


def check_rights(permissions: Iterable[str], own: frozenset[str]) -> None:
    """Raises WiderThanOwn when the user has permissions that the actor lacks."""
    check_within(frozenset(permissions), own)


def parse_reason(text: str) -> str:
    """Return the trimmed reason for acting on a user's account. Raises InvalidReason."""
    reason = text.strip()
    if not 1 <= len(reason) <= MAX_REASON:
        detail = f"A reason has 1 to {MAX_REASON} characters."
        raise InvalidReason(detail, errors=(FieldError("/reason", "length", detail),))
    return reason
