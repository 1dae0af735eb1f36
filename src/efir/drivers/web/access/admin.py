"""Administration: accounts, what one account holds and did, roles, and the audit log."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from efir.application.access.audit import list_audit
from efir.application.access.bans import ban_user, unban_user
from efir.application.access.requirements import PUBLIC, SIGNED_IN, requires
from efir.application.access.roles import (
    create_role,
    delete_role,
    every_permission,
    get_role,
    grant_role,
    list_roles,
    list_user_roles,
    revoke_role,
    update_role,
)
from efir.application.accounts.administration import check_setup_code, claim_administration, get_account, list_users
from efir.application.auth.login_history import list_logins
from efir.application.auth.second_factors import get_second_factor
from efir.domain.access.permissions import Permission
from efir.domain.access.roles import InvalidGrant
from efir.domain.kernel.errors import DomainError, FieldError
from efir.domain.kernel.ids import UserId
from efir.domain.users import UserStatus
from efir.drivers.web.kernel.forms import FORM, Form, typed
from efir.drivers.web.kernel.page import Page
from efir.ports.access.roles import RoleView

ALL = 100


@get(
    "/admin", opt=requires(Permission.USERS_READ, Permission.ROLES_READ, Permission.AUDIT_READ), include_in_schema=False
)
async def admin(page: NamedDependency[Page]) -> Response[str]:
    """Go to the first area the reader may see."""
    for permission, place in (
        (Permission.USERS_READ, "users"),
        (Permission.ROLES_READ, "roles"),
        (Permission.AUDIT_READ, "audit"),
    ):
        if page.call.may(permission):
            return page.redirect(f"/admin/{place}")
    page.call.actor(Permission.USERS_READ)
    return page.redirect("/")


@get("/admin/users", opt=requires(Permission.USERS_READ), include_in_schema=False)
async def users(
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
        next=_following("/admin/users", filters, found.next),
    )  # fmt: skip


@get("/admin/users/{user_id:uuid}", opt=requires(Permission.USERS_READ), include_in_schema=False)
async def user(user_id: FromPath[UUID], page: NamedDependency[Page]) -> Response[str]:
    """Show an account with its roles and its last sign-ins."""
    page.call.actor(Permission.USERS_READ)
    return page.render("admin/user.html", form=Form(), **await account_facts(page, user_id))


@post(
    "/admin/users/{user_id:uuid}/roles",
    include_in_schema=False,
    status_code=200,
    opt=requires(Permission.ROLES_GRANT) | FORM,
)
async def grant(request: Request[Any, Any, Any], user_id: FromPath[UUID], page: NamedDependency[Page]) -> Response[str]:
    """Let somebody hold a role, or take it away."""
    values = await typed(request)
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
                expires_at=_ending(values.get("expires_at", "")), reason=values.get("grant_reason", ""), now=call.now,
            )  # fmt: skip
    except DomainError as error:
        return page.refuse("admin/user.html", values, error, **await account_facts(page, user_id))
    return page.redirect(f"/admin/users/{user_id}?notice=saved")


@post(
    "/admin/users/{user_id:uuid}/ban",
    include_in_schema=False,
    status_code=200,
    opt=requires(Permission.USERS_BAN) | FORM,
)
async def ban(request: Request[Any, Any, Any], user_id: FromPath[UUID], page: NamedDependency[Page]) -> Response[str]:
    """Ban somebody, or lift the ban."""
    values = await typed(request)
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


@get("/admin/roles", opt=requires(Permission.ROLES_READ), include_in_schema=False)
async def roles(page: NamedDependency[Page], cursor: FromQuery[str | None] = None) -> Response[str]:
    """List roles."""
    page.call.actor(Permission.ROLES_READ)
    found = await list_roles(page.call.ports, limit=None, cursor=cursor)
    return page.render("admin/roles.html", items=found.items, next=_following("/admin/roles", {}, found.next))


@get("/admin/new-role", opt=requires(Permission.ROLES_MANAGE), include_in_schema=False)
async def new_role(page: NamedDependency[Page]) -> Response[str]:
    """Ask for a new role."""
    page.call.actor(Permission.ROLES_MANAGE)
    return page.render("admin/role.html", form=Form(), role=None, chosen=[], permissions=every_permission())


@get("/admin/roles/{name:str}", opt=requires(Permission.ROLES_READ), include_in_schema=False)
async def role(name: FromPath[str], page: NamedDependency[Page]) -> Response[str]:
    """Show a role."""
    page.call.actor(Permission.ROLES_READ)
    found = await get_role(page.call.ports, name=name)
    values = {"name": found.name, "description": found.description, "foreign": ", ".join(_foreign(found.permissions))}
    return page.render(
        "admin/role.html", form=Form(values), role=found, chosen=found.permissions, permissions=every_permission()
    )


@post("/admin/roles", include_in_schema=False, status_code=200, opt=requires(Permission.ROLES_MANAGE) | FORM)
async def make_role(request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
    """Make a role."""
    values, chosen = await _role_form(request)
    call = page.call
    actor = call.actor(Permission.ROLES_MANAGE)
    try:
        page.check(values)
        await create_role(
            call.ports, actor, name=values.get("name", ""), description=values.get("description", ""),
            permissions=_wanted(values, chosen), now=call.now,
        )  # fmt: skip
    except DomainError as error:
        return page.refuse("admin/role.html", values, error, role=None, chosen=chosen, permissions=every_permission())
    return page.redirect("/admin/roles?notice=saved")


@post("/admin/roles/{name:str}", include_in_schema=False, status_code=200, opt=requires(Permission.ROLES_MANAGE) | FORM)
async def save_role(request: Request[Any, Any, Any], name: FromPath[str], page: NamedDependency[Page]) -> Response[str]:
    """Change or delete a role."""
    values, chosen = await _role_form(request)
    call = page.call
    actor = call.actor(Permission.ROLES_MANAGE)
    found = await get_role(call.ports, name=name)
    try:
        page.check(values)
        if values.get("act") == "delete":
            await delete_role(call.ports, actor, name=name, now=call.now)
        else:
            await update_role(
                call.ports, actor, name=name, new_name=values.get("name", name),
                description=values.get("description", ""), permissions=_wanted(values, chosen), now=call.now,
            )  # fmt: skip
    except DomainError as error:
        return page.refuse("admin/role.html", values, error, role=found, chosen=chosen, permissions=every_permission())
    return page.redirect("/admin/roles?notice=saved")


@get("/admin/audit", opt=requires(Permission.AUDIT_READ), include_in_schema=False)
async def audit(
    page: NamedDependency[Page],
    action: FromQuery[str] = "",
    target: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """Show what was done with permissions."""
    page.call.actor(Permission.AUDIT_READ)
    filters = {"action": action[:100], "target": target[:100]}
    found = await list_audit(page.call.ports, **filters, limit=None, cursor=cursor)
    return page.render(
        "admin/audit.html", items=found.items, filters=filters, next=_following("/admin/audit", filters, found.next)
    )


@get("/setup", opt=PUBLIC, include_in_schema=False)
async def setup_page(page: NamedDependency[Page], code: FromQuery[str] = "") -> Response[str]:
    """Show what a set-up link does."""
    check_setup_code(page.call.ports, code=code, now=page.call.now)
    return page.render("admin/setup.html", form=Form(), code=code, back=page.here)


@post("/setup", include_in_schema=False, status_code=200, opt=SIGNED_IN | FORM)
async def setup(request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
    """Become the first administrator."""
    values = await typed(request)
    code = values.get("code", "")
    user_id = page.call.user()
    try:
        page.check(values)
        await claim_administration(page.call.ports, user_id=user_id, code=code, now=page.call.now)
    except DomainError as error:
        return page.refuse("admin/setup.html", values, error, code=code, back="/")
    return page.redirect("/admin")


async def account_facts(page: Page, user_id: UUID) -> dict[str, Any]:
    """The facts of the page of one account. Raises UserNotFound."""
    call, known = page.call, UserId(user_id)
    own = call.known().user_id == user_id
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


async def _role_form(request: Request[Any, Any, Any]) -> tuple[dict[str, str], list[str]]:
    """Read the form of a role: single fields, and the ticked permissions."""
    form = await request.form()
    values = {key: value for key, value in form.items() if isinstance(value, str)}
    return values, [value for value in form.getall("permissions", []) if isinstance(value, str)]


def _wanted(values: dict[str, str], chosen: list[str]) -> list[str]:
    return chosen + [part.strip() for part in values.get("foreign", "").split(",") if part.strip()]


def _foreign(permissions: list[str]) -> list[str]:
    return [code for code in permissions if ":" in code]


def _ending(text: str, *, pointer: str = "/expires_at") -> datetime | None:
    """Read a date as the start of that day in UTC; nothing means never. Raises InvalidGrant."""
    if not text.strip():
        return None
    try:
        return datetime.combine(date.fromisoformat(text.strip()), time(), UTC)
    except ValueError as error:
        detail = "Write a date like 2027-01-31."
        raise InvalidGrant(detail, errors=(FieldError(pointer, "format", detail),)) from error


def _following(path: str, filters: dict[str, str], cursor: str | None) -> str | None:
    if cursor is None:
        return None
    return f"{path}?{urlencode({name: value for name, value in filters.items() if value} | {'cursor': cursor})}"


HANDLERS: list[Any] = [
    admin, users, user, grant, ban, roles, new_role, role, make_role, save_role, audit, setup_page, setup,
]  # fmt: skip
