"""Administration of accounts: their list, what one holds and did, its roles and bans."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from efir.application.access.bans import ban_user, unban_user
from efir.application.access.requirements import requires
from efir.application.access.roles import grant_role, list_roles, list_user_roles, revoke_role
from efir.application.accounts.administration import get_account, list_users
from efir.application.auth.login_history import list_logins
from efir.application.auth.second_factors import get_second_factor
from efir.domain.access.permissions import Permission
from efir.domain.access.roles import InvalidGrant
from efir.domain.kernel.errors import DomainError, FieldError
from efir.domain.kernel.ids import UserId
from efir.domain.users import UserStatus
from efir.drivers.web.kernel.forms import FORM, Form, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.paging import next_address
from efir.ports.access.roles import RoleView

ALL = 100


class AccountPages(Controller):
    """Accounts, and what one account holds and did."""

    path = "/admin/users"
    opt = requires(Permission.USERS_READ)

    @get()
    async def users(
        self,
        page: NamedDependency[Page],
        q: FromQuery[str] = "",
        status: FromQuery[str] = "",
        role: FromQuery[str] = "",
        cursor: FromQuery[str | None] = None,
    ) -> Response[str]:
        """List accounts; the address holds the filters."""
        call = page.call
        call.actor(Permission.USERS_READ)
        filters = {"q": q.strip()[:100], "status": status, "role": role}
        found = await list_users(
            call.ports, text=filters["q"], status=status, role=role, now=call.now, limit=None, cursor=cursor
        )
        return page.render(
            "admin/users.html", items=found.items, filters=filters, roles=await _roles(page),
            next=next_address("/admin/users", found.next, filters),
        )  # fmt: skip

    @get("/{user_id:uuid}")
    async def user(self, user_id: FromPath[UUID], page: NamedDependency[Page]) -> Response[str]:
        """Show an account with its roles and its last sign-ins."""
        page.call.actor(Permission.USERS_READ)
        return page.render("admin/user.html", form=Form(), **await account_facts(page, user_id))

    @post("/{user_id:uuid}/roles", opt=requires(Permission.ROLES_GRANT) | FORM)
    async def grant(
        self, request: Request[Any, Any, Any], user_id: FromPath[UUID], page: NamedDependency[Page]
    ) -> Response[str]:
        """Let somebody hold a role, or take it away."""
        values = await read_typed(request)
        call = page.call
        actor = call.actor(Permission.ROLES_GRANT)
        try:
            page.check(values)
            if values.get("act") == "revoke":
                name = values.get("role", "")
                await revoke_role(call.ports, actor, user_id=UserId(user_id), name=name, now=call.now)
            else:
                await grant_role(
                    call.ports, actor, user_id=UserId(user_id), name=values.get("role", ""),
                    expires_at=_ending(values.get("expires_at", "")), reason=values.get("grant_reason", ""),
                    now=call.now,
                )  # fmt: skip
        except DomainError as error:
            return page.refuse("admin/user.html", values, error, **await account_facts(page, user_id))
        return page.redirect(f"/admin/users/{user_id}?notice=saved")

    @post("/{user_id:uuid}/ban", opt=requires(Permission.USERS_BAN) | FORM)
    async def ban(
        self, request: Request[Any, Any, Any], user_id: FromPath[UUID], page: NamedDependency[Page]
    ) -> Response[str]:
        """Ban somebody, or lift the ban."""
        values = await read_typed(request)
        call = page.call
        actor = call.actor(Permission.USERS_BAN)
        try:
            page.check(values)
            if values.get("act") == "lift":
                await unban_user(call.ports, actor, user_id=UserId(user_id), now=call.now)
            else:
                await ban_user(
                    call.ports, actor, user_id=UserId(user_id), reason=values.get("reason", ""),
                    until=_ending(values.get("until", ""), pointer="/until"), now=call.now,
                )  # fmt: skip
        except DomainError as error:
            return page.refuse("admin/user.html", values, error, **await account_facts(page, user_id))
        return page.redirect(f"/admin/users/{user_id}?notice=saved")


async def account_facts(page: Page, user_id: UUID) -> dict[str, Any]:
    """The facts of the page of one account. Raises UserNotFound."""
    call, known = page.call, UserId(user_id)
    own = call.require_credential().user_id == user_id
    account = await get_account(call.ports, user_id=known, now=call.now)
    factor = await get_second_factor(call.ports, user_id=known)
    return {
        "account": account,
        "grants": (await list_user_roles(call.ports, user_id=known, now=call.now, limit=ALL, cursor=None)).items,
        "logins": (await list_logins(call.ports, user_id=known, limit=None, cursor=None)).items,
        "roles": await _roles(page),
        "place": call.may(Permission.USERS_IMPERSONATE) and account.status == UserStatus.ACTIVE and not own,
        "factor": call.may(Permission.USERS_RECOVER) and factor.enabled,
        "tomorrow": (call.now + timedelta(days=1)).date().isoformat(),
    }


async def _roles(page: Page) -> list[RoleView]:
    return (await list_roles(page.call.ports, limit=ALL, cursor=None)).items


def _ending(text: str, *, pointer: str = "/expires_at") -> datetime | None:
    """Read a date as the start of that day in UTC; nothing means never. Raises InvalidGrant."""
    if not text.strip():
        return None
    try:
        return datetime.combine(date.fromisoformat(text.strip()), time(), UTC)
    except ValueError as error:
        detail = "Write a date like 2027-01-31."
        raise InvalidGrant(detail, errors=(FieldError(pointer, "format", detail),)) from error
