"""Accounts over HTTP, for administrators: list, login history, bans, audit log."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from efir.application.access.audit import list_audit
from efir.application.access.bans import ban_user, unban_user
from efir.application.access.requirements import requires
from efir.application.accounts.administration import list_user_logins, list_users
from efir.application.context import Call
from efir.domain.access.bans import CannotBan, InvalidBan
from efir.domain.access.permissions import Permission
from efir.domain.access.roles import LastAdministrator, WiderThanOwn
from efir.domain.auth.sessions import CsrfFailed
from efir.domain.kernel.ids import UserId
from efir.domain.users import UserNotFound
from efir.drivers.http.accounts.bodies import NewBan
from efir.drivers.http.kernel.pagination import CursorQuery, LimitQuery, paginate
from efir.drivers.http.kernel.problems import DENIED, raises
from efir.ports.access.audit import EntryView
from efir.ports.auth.login_history import LoginView
from efir.ports.kernel.pagination import Page
from efir.ports.users import AccountView

TextQuery = Annotated[str, QueryParameter(max_length=100, description="Part of a name or an address.")]
StatusQuery = Annotated[
    Literal["", "active", "banned", "pending_delete"], QueryParameter(description="Only accounts of this status.")
]
RoleQuery = Annotated[str, QueryParameter(max_length=100, description="Only holders of this role.")]
ActionQuery = Annotated[str, QueryParameter(max_length=100, description="Only this action, such as `role.granted`.")]
TargetQuery = Annotated[str, QueryParameter(max_length=100, description="Only this target, such as `user:<id>`.")]


class AccountAdministrationController(Controller):
    """Accounts, for administrators."""

    path = "/api/v1/users"
    tags = ("Administration",)
    opt = requires(Permission.USERS_READ)

    @get(
        operation_id="listUsers",
        responses=raises(*DENIED),
    )
    async def users(  # query parameters
        self,
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
        q: TextQuery = "",
        status: StatusQuery = "",
        role: RoleQuery = "",
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[AccountView]]:
        """List accounts, newest first."""
        call.actor(Permission.USERS_READ)
        found = await list_users(
            call.ports, text=q.strip(), status=status, role=role, now=call.now, limit=limit, cursor=cursor
        )
        return paginate(request, found)

    @get("/{user_id:uuid}/login-history", operation_id="listUserLogins", responses=raises(*DENIED, UserNotFound))
    async def user_logins(
        self,
        request: Request[Any, Any, Any],
        user_id: FromPath[UUID],
        call: NamedDependency[Call],
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[LoginView]]:
        """List a user's sign-ins and failed attempts, newest first."""
        call.actor(Permission.USERS_READ)
        found = await list_user_logins(call.ports, user_id=UserId(user_id), now=call.now, limit=limit, cursor=cursor)
        return paginate(request, found)

    @put(
        "/{user_id:uuid}/ban",
        opt=requires(Permission.USERS_BAN),
        operation_id="banUser",
        status_code=204,
        responses=raises(*DENIED, CsrfFailed, InvalidBan, CannotBan, UserNotFound, WiderThanOwn, LastAdministrator),
    )
    async def ban(self, user_id: FromPath[UUID], data: JSONBody[NewBan], call: NamedDependency[Call]) -> None:
        """Ban an account, in every process before the response; repeating replaces reason and end."""
        await ban_user(
            call.ports, call.actor(Permission.USERS_BAN), user_id=UserId(user_id), reason=data.reason, until=data.until,
            now=call.now,
        )  # fmt: skip

    @delete(
        "/{user_id:uuid}/ban",
        opt=requires(Permission.USERS_BAN),
        operation_id="unbanUser",
        responses=raises(*DENIED, CsrfFailed, UserNotFound),
    )
    async def unban(self, user_id: FromPath[UUID], call: NamedDependency[Call]) -> None:
        """Lift a ban."""
        await unban_user(call.ports, call.actor(Permission.USERS_BAN), user_id=UserId(user_id), now=call.now)


class AuditController(Controller):
    """What was done with permissions."""

    path = "/api/v1/audit"
    tags = ("Administration",)
    opt = requires(Permission.AUDIT_READ)

    @get(operation_id="listAudit", responses=raises(*DENIED))
    async def audit(  # query parameters
        self,
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
        action: ActionQuery = "",
        target: TargetQuery = "",
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[EntryView]]:
        """List changes of permissions, newest first."""
        call.actor(Permission.AUDIT_READ)
        return paginate(request, await list_audit(call.ports, action=action, target=target, limit=limit, cursor=cursor))
