"""Roles: named sets of permissions that are granted to users, for a time or permanently."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from efir.domain.access.permissions import EVERY, Permission, is_permission
from efir.domain.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from efir.domain.kernel.ids import UserId

RoleId = NewType("RoleId", UUID)

NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
MIN_NAME, MAX_NAME = 2, 40
MAX_DESCRIPTION = 300
MAX_REASON = 500
MAX_PERMISSIONS = 200
ADMINISTRATOR = "administrator"
SYSTEM: dict[str, frozenset[str]] = {
    ADMINISTRATOR: EVERY,
    "moderator": frozenset({Permission.MODERATION, Permission.USERS_READ, Permission.USERS_BAN}),
}
"""Built-in roles; their permissions are defined here, so that administrators receive new ones immediately."""


class RoleNotFound(NotFound):
    """There is no role with this name."""

    code = "role-not-found"
    title = "There is no such role"


class RoleNameTaken(Conflict):
    """Another role has this name."""

    code = "role-name-taken"
    title = "A role with this name already exists"


class InvalidRole(Invalid):
    """The name, description or permissions of a role are invalid."""

    code = "invalid-role"
    title = "Some values of the role are invalid"


class InvalidGrant(Invalid):
    """The expiry or the reason of a grant is invalid."""

    code = "invalid-grant"
    title = "The role grant is invalid"


class SystemRole(Forbidden):
    """A role that is part of the system cannot be changed or deleted."""

    code = "system-role"
    title = "This role is part of the system"


class WiderThanOwn(Forbidden):
    """Permissions can be granted or revoked only by users who hold them."""

    code = "wider-than-own"
    title = "This role has permissions that you lack"


class LastAdministrator(Conflict):
    """At least one user must be able to administer the service."""

    code = "last-administrator"
    title = "This is the last administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role; `ver` increases with each change of its permissions."""

    id: RoleId
    name: str
    description: str
    system: bool
    ver: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role held by a user, until `expires_at` or permanently."""

    user_id: UserId
    role_id: RoleId
    granted_by: UserId | None
    granted_at: datetime
    expires_at: datetime | None
    reason: str


def parse_name(text: str, *, pointer: str = "/name") -> str:
    """Validate the name of a role (Latin letters, digits and single dashes) and return it. Raises InvalidRole."""
    name = text.strip().lower()
    if not MIN_NAME <= len(name) <= MAX_NAME or not NAME.fullmatch(name):
        raise _invalid(pointer, "name", f"A role's name has {MIN_NAME} to {MAX_NAME} of a-z, 0-9 and single dashes.")
    return name


def parse_description(text: str, *, pointer: str = "/description") -> str:
    """Return the trimmed description of a role. Raises InvalidRole."""
    description = text.strip()
    if len(description) > MAX_DESCRIPTION:
        raise _invalid(pointer, "length", f"A description has at most {MAX_DESCRIPTION} characters.")
    return description


def parse_permissions(codes: Iterable[str], *, pointer: str = "/permissions") -> frozenset[str]:
    """Validate permission codes and return them as a set. Raises InvalidRole naming the unknown ones."""
    wanted = frozenset(codes)
    if len(wanted) > MAX_PERMISSIONS:
        raise _invalid(pointer, "length", f"A role has at most {MAX_PERMISSIONS} permissions.")
    if unknown := sorted(code for code in wanted if not is_permission(code)):
        raise _invalid(pointer, "unknown", f"Unknown permissions: {', '.join(unknown)[:200]}.")
    return wanted


def parse_grant(*, expires_at: datetime | None, reason: str, now: datetime) -> str:
    """Validate the expiry and the reason of a grant, and return the trimmed reason. Raises InvalidGrant."""
    errors = []
    if expires_at is not None and (expires_at.tzinfo is None or expires_at <= now):
        errors.append(FieldError("/expires_at", "past", "A grant ends in the future; give a time with its zone."))
    if len(reason.strip()) > MAX_REASON:
        errors.append(FieldError("/reason", "length", f"A reason has at most {MAX_REASON} characters."))
    if errors:
        raise InvalidGrant(errors=tuple(errors))
    return reason.strip()


def permissions_of(name: str, *, system: bool, stored: Iterable[str]) -> frozenset[str]:
    """Return the permissions of a role: for a system role those in the code, for any other those stored."""
    return SYSTEM.get(name, frozenset()) if system else frozenset(stored)


def check_within(wanted: frozenset[str], own: frozenset[str]) -> None:
    """Raises WiderThanOwn when `wanted` holds Efir permissions that `own` lacks.

    Codes of other services have no meaning here, so anyone who may manage roles may grant them.
    """
    if missing := sorted((wanted & EVERY) - own):
        raise WiderThanOwn(f"You do not have: {', '.join(missing)}.")


def _invalid(pointer: str, code: str, detail: str) -> InvalidRole:
    return InvalidRole(detail, errors=(FieldError(pointer, code, detail),))
