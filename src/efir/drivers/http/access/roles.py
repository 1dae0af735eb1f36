"""Roles, permissions and grants over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET

from efir.application.access.requirements import SIGNED_IN, requires
from efir.application.access.roles import (
    check_permission,
    create_role,
    delete_role,
    get_role,
    grant_role,
    list_permissions,
    list_roles,
    list_user_roles,
    revoke_role,
    update_role,
)
from efir.application.context import Call
from efir.domain.access.permissions import Permission
from efir.domain.access.roles import (
    InvalidGrant,
    InvalidRole,
    LastAdministrator,
    RoleNameTaken,
    RoleNotFound,
    SystemRole,
    WiderThanOwn,
)
from efir.domain.auth.sessions import CsrfFailed, NoSession
from efir.domain.kernel.ids import UserId
from efir.domain.users import UserNotFound
from efir.drivers.http.access.bodies import ChangedRole, NewGrant, NewRole
from efir.drivers.http.kernel.pagination import CursorQuery, LimitQuery, paged
from efir.drivers.http.kernel.problems import DENIED, raises
from efir.ports.access.credential_cache import PermissionCheck
from efir.ports.access.roles import GrantView, PermissionView, RoleView
from efir.ports.kernel.pagination import Page

TAGS = ["Roles"]


@get(
    "/api/v1/permissions",
    opt=requires(Permission.ROLES_READ),
    operation_id="listPermissions",
    tags=TAGS,
    responses=raises(*DENIED),
)
async def permissions(
    request: Request[Any, Any, Any],
    call: NamedDependency[Call],
    limit: LimitQuery = None,
    cursor: CursorQuery = None,
) -> Response[Page[PermissionView]]:
    """List Efir's own permissions."""
    call.actor(Permission.ROLES_READ)
    return paged(request, list_permissions(call.ports, limit=limit, cursor=cursor))


@get(
    "/api/v1/auth/permissions/check",
    opt=SIGNED_IN,
    operation_id="checkPermission",
    tags=TAGS,
    responses=raises(NoSession),
)
async def check(
    permission: Annotated[
        str,
        QueryParameter(max_length=100, description="A permission, also of another service, like `cinema:watch`."),
    ],
    call: NamedDependency[Call],
) -> PermissionCheck:
    """Tell another service whether who asks may do something now."""
    if call.credential is None:
        raise NoSession
    return check_permission(call.credential, permission, allowed=call.may(permission))


@get(
    "/api/v1/roles", opt=requires(Permission.ROLES_READ), operation_id="listRoles", tags=TAGS, responses=raises(*DENIED)
)
async def roles(
    request: Request[Any, Any, Any],
    call: NamedDependency[Call],
    limit: LimitQuery = None,
    cursor: CursorQuery = None,
) -> Response[Page[RoleView]]:
    """List roles, newest first."""
    call.actor(Permission.ROLES_READ)
    return paged(request, await list_roles(call.ports, limit=limit, cursor=cursor))


@post(
    "/api/v1/roles",
    opt=requires(Permission.ROLES_MANAGE),
    operation_id="createRole",
    tags=TAGS,
    responses=raises(*DENIED, CsrfFailed, InvalidRole, RoleNameTaken, WiderThanOwn),
)
async def create(data: JSONBody[NewRole], call: NamedDependency[Call]) -> Response[RoleView]:
    """Make a role, within the own permissions."""
    actor = call.actor(Permission.ROLES_MANAGE)
    role = await create_role(
        call.ports, actor, name=data.name, description=data.description, permissions=data.permissions, now=call.now
    )
    return Response(role, headers={"location": f"/api/v1/roles/{role.name}"})


@get(
    "/api/v1/roles/{name:str}",
    opt=requires(Permission.ROLES_READ),
    operation_id="getRole",
    tags=TAGS,
    responses=raises(*DENIED, RoleNotFound),
)
async def one(name: FromPath[str], call: NamedDependency[Call]) -> RoleView:
    """Show a role."""
    call.actor(Permission.ROLES_READ)
    return await get_role(call.ports, name=name)


@patch(
    "/api/v1/roles/{name:str}",
    opt=requires(Permission.ROLES_MANAGE),
    operation_id="updateRole",
    tags=TAGS,
    responses=raises(*DENIED, CsrfFailed, RoleNotFound, SystemRole, InvalidRole, RoleNameTaken, WiderThanOwn),
)
async def update(name: FromPath[str], data: JSONBody[ChangedRole], call: NamedDependency[Call]) -> RoleView:
    """Change a role; whoever holds it has the new rights before the answer."""
    return await update_role(
        call.ports, call.actor(Permission.ROLES_MANAGE), name=name,
        new_name=None if data.name is UNSET else data.name,
        description=None if data.description is UNSET else data.description,
        permissions=None if data.permissions is UNSET else data.permissions, now=call.now,
    )  # fmt: skip


@delete(
    "/api/v1/roles/{name:str}",
    opt=requires(Permission.ROLES_MANAGE),
    operation_id="deleteRole",
    tags=TAGS,
    responses=raises(*DENIED, CsrfFailed, RoleNotFound, SystemRole, WiderThanOwn),
)
async def remove(name: FromPath[str], call: NamedDependency[Call]) -> None:
    """Delete a role; nobody holds it any more."""
    await delete_role(call.ports, call.actor(Permission.ROLES_MANAGE), name=name, now=call.now)


@get(
    "/api/v1/users/{user_id:uuid}/roles",
    opt=requires(Permission.ROLES_READ),
    operation_id="listUserRoles",
    tags=TAGS,
    responses=raises(*DENIED, UserNotFound),
)
async def of_user(
    request: Request[Any, Any, Any],
    user_id: FromPath[UUID],
    call: NamedDependency[Call],
    limit: LimitQuery = None,
    cursor: CursorQuery = None,
) -> Response[Page[GrantView]]:
    """List the roles somebody holds now, by name."""
    call.actor(Permission.ROLES_READ)
    found = await list_user_roles(call.ports, user_id=UserId(user_id), now=call.now, limit=limit, cursor=cursor)
    return paged(request, found)


@put(
    "/api/v1/users/{user_id:uuid}/roles/{name:str}",
    opt=requires(Permission.ROLES_GRANT),
    operation_id="grantRole",
    tags=TAGS,
    status_code=204,
    responses=raises(*DENIED, CsrfFailed, RoleNotFound, UserNotFound, InvalidGrant, WiderThanOwn, LastAdministrator),
)
async def grant(
    user_id: FromPath[UUID],
    name: FromPath[str],
    call: NamedDependency[Call],
    data: JSONBody[NewGrant | None] = None,
) -> None:
    """Let somebody hold a role, for good or until a time; again replaces end and reason."""
    wanted = data or NewGrant()
    await grant_role(
        call.ports, call.actor(Permission.ROLES_GRANT), user_id=UserId(user_id), name=name,
        expires_at=wanted.expires_at, reason=wanted.reason, now=call.now,
    )  # fmt: skip


@delete(
    "/api/v1/users/{user_id:uuid}/roles/{name:str}",
    opt=requires(Permission.ROLES_GRANT),
    operation_id="revokeRole",
    tags=TAGS,
    responses=raises(*DENIED, CsrfFailed, RoleNotFound, UserNotFound, WiderThanOwn, LastAdministrator),
)
async def revoke(user_id: FromPath[UUID], name: FromPath[str], call: NamedDependency[Call]) -> None:
    """Take a role away; it counts no more before the answer."""
    await revoke_role(call.ports, call.actor(Permission.ROLES_GRANT), user_id=UserId(user_id), name=name, now=call.now)


HANDLERS = [permissions, check, roles, create, one, update, remove, of_user, grant, revoke]
