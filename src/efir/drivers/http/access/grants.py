"""The roles that somebody holds, over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from efir.application.access.requirements import requires
from efir.application.access.roles import (
    grant_role,
    list_user_roles,
    revoke_role,
)
from efir.application.context import Call
from efir.domain.access.permissions import Permission
from efir.domain.access.roles import (
    InvalidGrant,
    LastAdministrator,
    RoleNotFound,
    WiderThanOwn,
)
from efir.domain.auth.sessions import CsrfFailed
from efir.domain.kernel.ids import UserId
from efir.domain.users import UserNotFound
from efir.drivers.http.access.bodies import NewGrant
from efir.drivers.http.kernel.pagination import CursorQuery, LimitQuery, paginate
from efir.drivers.http.kernel.problems import DENIED, raises
from efir.ports.access.roles import GrantView
from efir.ports.kernel.pagination import Page


class GrantsController(Controller):
    """The roles that somebody holds."""

    path = "/api/v1/users/{user_id:uuid}/roles"
    tags = ("Roles",)
    opt = requires(Permission.ROLES_GRANT)

    @get(opt=requires(Permission.ROLES_READ), operation_id="listUserRoles", responses=raises(*DENIED, UserNotFound))
    async def of_user(
        self,
        request: Request[Any, Any, Any],
        user_id: FromPath[UUID],
        call: NamedDependency[Call],
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[GrantView]]:
        """List the roles a user holds now, by name."""
        call.actor(Permission.ROLES_READ)
        found = await list_user_roles(call.ports, user_id=UserId(user_id), now=call.now, limit=limit, cursor=cursor)
        return paginate(request, found)

    @put(
        "/{name:str}",
        operation_id="grantRole",
        status_code=204,
        responses=raises(
            *DENIED, CsrfFailed, RoleNotFound, UserNotFound, InvalidGrant, WiderThanOwn, LastAdministrator
        ),
    )
    async def grant(
        self,
        user_id: FromPath[UUID],
        name: FromPath[str],
        call: NamedDependency[Call],
        data: JSONBody[NewGrant | None] = None,
    ) -> None:
        """Grant a role, for good or until a time; repeating replaces end and reason."""
        wanted = data or NewGrant()
        await grant_role(
            call.ports, call.actor(Permission.ROLES_GRANT), user_id=UserId(user_id), name=name,
            expires_at=wanted.expires_at, reason=wanted.reason, now=call.now,
        )  # fmt: skip

    @delete(
        "/{name:str}",
        operation_id="revokeRole",
        responses=raises(*DENIED, CsrfFailed, RoleNotFound, UserNotFound, WiderThanOwn, LastAdministrator),
    )
    async def revoke(self, user_id: FromPath[UUID], name: FromPath[str], call: NamedDependency[Call]) -> None:
        """Revoke a role; it has no effect any more before the response."""
        await revoke_role(
            call.ports, call.actor(Permission.ROLES_GRANT), user_id=UserId(user_id), name=name, now=call.now
        )
