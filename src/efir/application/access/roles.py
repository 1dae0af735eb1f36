"""Roles: creating, changing, deleting, granting and revoking them; every change is in the audit log."""

from dataclasses import replace
from datetime import datetime

from efir.application.access.audit import write_audit_entry
from efir.application.access.invalidation import Changing, revoking
from efir.application.context import Actor, Ports
from efir.application.kernel.cursors import paginate, paginate_list, parse_page
from efir.application.kernel.error_collector import ErrorCollector
from efir.domain.access.permissions import MEANINGS
from efir.domain.access.roles import (
    ADMINISTRATOR,
    Grant,
    InvalidRole,
    LastAdministrator,
    Role,
    RoleId,
    SystemRole,
    check_within,
    parse_description,
    parse_grant,
    parse_name,
    parse_permissions,
)
from efir.domain.kernel.ids import UserId
from efir.ports.access.credential_cache import Credential, PermissionCheck
from efir.ports.access.roles import GrantView, PermissionView, RoleView
from efir.ports.kernel.pagination import Page


def every_permission() -> list[PermissionView]:
    """List Efir's own permissions."""
    return [PermissionView(str(code), meaning) for code, meaning in MEANINGS.items()]


def list_permissions(ports: Ports, *, limit: int | None, cursor: str | None) -> Page[PermissionView]:
    """List Efir's own permissions. Raises BadCursor."""
    return paginate_list(ports.keys, ports.limits, "permissions", every_permission(), limit=limit, cursor=cursor)


def check_permission(found: Credential, permission: str, *, allowed: bool) -> PermissionCheck:
    """Return whether a role of the caller grants a permission; used by other services."""
    return PermissionCheck(permission, allowed, found.roles)


async def list_roles(ports: Ports, *, limit: int | None, cursor: str | None) -> Page[RoleView]:
    """List roles, newest first. Raises BadCursor."""
    part = parse_page(ports.keys, ports.limits, "roles", limit=limit, cursor=cursor)
    async with ports.read() as views:
        return paginate(ports.keys, "roles", await views.roles.list_roles(part))


async def get_role(ports: Ports, *, name: str) -> RoleView:
    """Return one role. Raises RoleNotFound."""
    async with ports.read() as views:
        return await views.roles.one(name)


async def create_role(
    ports: Ports, actor: Actor, *, name: str, description: str, permissions: list[str], now: datetime
) -> RoleView:
    """Create a role whose permissions do not exceed the actor's own.

    Raises InvalidRole naming every wrong field, RoleNameTaken, WiderThanOwn.
    """
    wrong = ErrorCollector()
    parsed = wrong.attempt(lambda: parse_name(name))
    text = wrong.attempt(lambda: parse_description(description))
    codes = wrong.attempt(lambda: parse_permissions(permissions))
    if parsed is None or text is None or codes is None:
        raise InvalidRole(errors=tuple(wrong.errors))
    check_within(codes, actor.permissions)
    role = Role(id=RoleId(ports.new_id()), name=parsed, description=text, system=False, ver=0, created_at=now)
    async with ports.begin() as tx:
        await tx.roles.add(role, codes)
        await write_audit_entry(tx, actor, "role.created", f"role:{parsed}", now=now, permissions=sorted(codes))
        return await tx.views.roles.one(parsed)


async def update_role(
    ports: Ports,
    actor: Actor,
    *,
    name: str,
    new_name: str | None,
    description: str | None,
    permissions: list[str] | None,
    now: datetime,
) -> RoleView:
    """Change the given fields of a role; neither its old nor its new permissions may exceed the actor's own.

    Raises RoleNotFound, SystemRole, InvalidRole, RoleNameTaken, WiderThanOwn.
    """
    async with revoking(ports) as change:
        role, had = await change.tx.roles.get_by_name(name)
        if role.system:
            raise SystemRole
        codes = had if permissions is None else parse_permissions(permissions)
        check_within(had | codes, actor.permissions)
        role = replace(
            role,
            name=role.name if new_name is None else parse_name(new_name),
            description=role.description if description is None else parse_description(description),
            ver=role.ver + 1,
        )
        await change.tx.roles.change(role, codes)
        change.role(role.id, role.ver)
        await write_audit_entry(
            change.tx, actor, "role.changed", f"role:{name}", now=now, name=role.name,
            added=sorted(codes - had), removed=sorted(had - codes),
        )  # fmt: skip
        return await change.tx.views.roles.one(role.name)


async def delete_role(ports: Ports, actor: Actor, *, name: str, now: datetime) -> None:
    """Delete a role and its grants. Raises RoleNotFound, SystemRole, WiderThanOwn."""
    async with revoking(ports) as change:
        role, had = await change.tx.roles.get_by_name(name)
        if role.system:
            raise SystemRole
        check_within(had, actor.permissions)
        await change.tx.roles.remove(role.id)
        change.role(role.id, role.ver + 1)
        await write_audit_entry(change.tx, actor, "role.deleted", f"role:{name}", now=now, permissions=sorted(had))


async def list_user_roles(
    ports: Ports, *, user_id: UserId, now: datetime, limit: int | None, cursor: str | None
) -> Page[GrantView]:
    """List the roles that a user currently holds, by name. Raises UserNotFound, BadCursor."""
    async with ports.read() as views:
        held = await views.roles.list_grants(user_id, now=now)
    return paginate_list(ports.keys, ports.limits, f"roles of {user_id}", held, limit=limit, cursor=cursor)


async def grant_role(
    ports: Ports,
    actor: Actor,
    *,
    user_id: UserId,
    name: str,
    expires_at: datetime | None,
    reason: str,
    now: datetime,
) -> None:
    """Grant a role to a user; granting it again replaces the expiry and the reason.

    Raises RoleNotFound, UserNotFound, InvalidGrant, WiderThanOwn, LastAdministrator.
    """
    text = parse_grant(expires_at=expires_at, reason=reason, now=now)
    async with revoking(ports) as change:
        role, codes = await _grantable(change, actor, name)
        await change.tx.roles.grant(
            Grant(
                user_id=user_id, role_id=role.id, granted_by=actor.user_id, granted_at=now, expires_at=expires_at,
                reason=text,
            )
        )  # fmt: skip
        await _require_administrator(change, role)
        change.user(user_id, await change.tx.users.note_rights_change(user_id))
        await write_audit_entry(
            change.tx, actor, "role.granted", f"user:{user_id}", now=now, role=name, reason=text,
            expires_at=expires_at, permissions=sorted(codes),
        )  # fmt: skip


async def revoke_role(ports: Ports, actor: Actor, *, user_id: UserId, name: str, now: datetime) -> None:
    """Revoke a role; revoking one that the user does not hold changes nothing.

    Raises RoleNotFound, UserNotFound, WiderThanOwn, LastAdministrator.
    """
    async with revoking(ports) as change:
        role, _ = await _grantable(change, actor, name)
        if not await change.tx.roles.revoke(user_id, role.id):
            await change.tx.views.users.account(user_id, now=now)
            return
        await _require_administrator(change, role)
        change.user(user_id, await change.tx.users.note_rights_change(user_id))
        await write_audit_entry(change.tx, actor, "role.revoked", f"user:{user_id}", now=now, role=name)


async def _grantable(change: Changing, actor: Actor, name: str) -> tuple[Role, frozenset[str]]:
    if name == ADMINISTRATOR:
        await change.tx.roles.lock_administration()
    role, codes = await change.tx.roles.get_by_name(name)
    check_within(codes, actor.permissions)
    return role, codes


async def _require_administrator(change: Changing, role: Role) -> None:
    """Raises LastAdministrator when no user would be left who can administer the service."""
    if role.name == ADMINISTRATOR and not await change.tx.roles.administrators():
        raise LastAdministrator
