"""Administration of roles."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from efir.application.access.requirements import requires
from efir.application.access.roles import (
    create_role,
    delete_role,
    every_permission,
    get_role,
    list_roles,
    update_role,
)
from efir.domain.access.permissions import Permission
from efir.domain.kernel.errors import DomainError
from efir.drivers.web.kernel.forms import FORM, Form
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.paging import next_address


class RolePages(Controller):
    """Roles."""

    path = "/admin"
    opt = requires(Permission.ROLES_READ)

    @get("/roles")
    async def roles(self, page: NamedDependency[Page], cursor: FromQuery[str | None] = None) -> Response[str]:
        """List roles."""
        page.call.actor(Permission.ROLES_READ)
        found = await list_roles(page.call.ports, limit=None, cursor=cursor)
        return page.render("admin/roles.html", items=found.items, next=next_address("/admin/roles", found.next))

    @get("/new-role", opt=requires(Permission.ROLES_MANAGE))
    async def new_role(self, page: NamedDependency[Page]) -> Response[str]:
        """Ask for a new role."""
        page.call.actor(Permission.ROLES_MANAGE)
        return page.render("admin/role.html", form=Form(), role=None, chosen=[], permissions=every_permission())

    @get("/roles/{name:str}")
    async def role(self, name: FromPath[str], page: NamedDependency[Page]) -> Response[str]:
        """Show a role."""
        page.call.actor(Permission.ROLES_READ)
        found = await get_role(page.call.ports, name=name)
        values = {
            "name": found.name,
            "description": found.description,
            "foreign": ", ".join(_foreign(found.permissions)),
        }
        return page.render(
            "admin/role.html", form=Form(values), role=found, chosen=found.permissions, permissions=every_permission()
        )

    @post("/roles", opt=requires(Permission.ROLES_MANAGE) | FORM)
    async def make_role(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
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
            return page.refuse(
                "admin/role.html", values, error, role=None, chosen=chosen, permissions=every_permission()
            )
        return page.redirect("/admin/roles?notice=saved")

    @post("/roles/{name:str}", opt=requires(Permission.ROLES_MANAGE) | FORM)
    async def save_role(
        self, request: Request[Any, Any, Any], name: FromPath[str], page: NamedDependency[Page]
    ) -> Response[str]:
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
            return page.refuse(
                "admin/role.html", values, error, role=found, chosen=chosen, permissions=every_permission()
            )
        return page.redirect("/admin/roles?notice=saved")


async def _role_form(request: Request[Any, Any, Any]) -> tuple[dict[str, str], list[str]]:
    """Read the form of a role: single fields, and the ticked permissions."""
    form = await request.form()
    values = {key: value for key, value in form.items() if isinstance(value, str)}
    return values, [value for value in form.getall("permissions", []) if isinstance(value, str)]


def _wanted(values: dict[str, str], chosen: list[str]) -> list[str]:
    return chosen + [part.strip() for part in values.get("foreign", "").split(",") if part.strip()]


def _foreign(permissions: list[str]) -> list[str]:
    return [code for code in permissions if ":" in code]
