"""Roles, permissions and grants over HTTP."""

from typing import Any

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from efir.application.access.requirements import requires
from efir.application.access.roles import (
    create_role,
    delete_role,
    get_role,
    list_roles,
    update_role,
)
from efir.application.context import Call
from efir.domain.access.permissions import Permission
from efir.domain.access.roles import (
    InvalidRole,
    RoleNameTaken,
    RoleNotFound,
    SystemRole,
    WiderThanOwn,
)
from efir.domain.auth.sessions import CsrfFailed
from efir.drivers.http.access.bodies import ChangedRole, NewRole
from efir.drivers.http.kernel.pagination import CursorQuery, LimitQuery, paginate
from efir.drivers.http.kernel.problems import DENIED, raises
from efir.ports.access.roles import RoleView
from efir.ports.kernel.pagination import Page


class RolesController(Controller):
    """Roles."""

    path = "/api/v1/roles"
    tags = ("Roles",)
    opt = requires(Permission.ROLES_READ)

    @get(operation_id="listRoles", responses=raises(*DENIED))
    async def roles(
        self,
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[RoleView]]:
        """List roles, newest first."""
        call.actor(Permission.ROLES_READ)
        return paginate(request, await list_roles(call.ports, limit=limit, cursor=cursor))

    @post(
        opt=requires(Permission.ROLES_MANAGE),
        operation_id="createRole",
        responses=raises(*DENIED, CsrfFailed, InvalidRole, RoleNameTaken, WiderThanOwn),
    )
    async def create(self, data: JSONBody[NewRole], call: NamedDependency[Call]) -> Response[RoleView]:
        """Create a role, within your own permissions."""
        actor = call.actor(Permission.ROLES_MANAGE)
        role = await create_role(
            call.ports, actor, name=data.name, description=data.description, permissions=data.permissions, now=call.now
        )
        return Response(role, headers={"location": f"/api/v1/roles/{role.name}"})

    @get("/{name:str}", operation_id="getRole", responses=raises(*DENIED, RoleNotFound))
    async def one(self, name: FromPath[str], call: NamedDependency[Call]) -> RoleView:
        """Return a role."""
        call.actor(Permission.ROLES_READ)
        return await get_role(call.ports, name=name)

    @patch(
        "/{name:str}",
        opt=requires(Permission.ROLES_MANAGE),
        operation_id="updateRole",
        responses=raises(*DENIED, CsrfFailed, RoleNotFound, SystemRole, InvalidRole, RoleNameTaken, WiderThanOwn),
    )
    async def update(self, name: FromPath[str], data: JSONBody[ChangedRole], call: NamedDependency[Call]) -> RoleView:
        """Change a role; whoever holds it has the new rights before the answer."""
        return await update_role(
            call.ports, call.actor(Permission.ROLES_MANAGE), name=name,
            new_name=None if data.name is UNSET else data.name,
            description=None if data.description is UNSET else data.description,
            permissions=None if data.permissions is UNSET else data.permissions, now=call.now,
        )  # fmt: skip

    @delete(
        "/{name:str}",
        opt=requires(Permission.ROLES_MANAGE),
        operation_id="deleteRole",
        responses=raises(*DENIED, CsrfFailed, RoleNotFound, SystemRole, WiderThanOwn),
    )
    async def remove(self, name: FromPath[str], call: NamedDependency[Call]) -> None:
        """Delete a role; nobody holds it any more."""
        await delete_role(call.ports, call.actor(Permission.ROLES_MANAGE), name=name, now=call.now)
