"""The way in to the administration, becoming the first administrator, and the audit log."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from efir.application.access.audit import list_audit
from efir.application.access.requirements import PUBLIC, SIGNED_IN, requires
from efir.application.accounts.administration import check_setup_code, claim_administration
from efir.domain.access.permissions import Permission
from efir.domain.kernel.errors import DomainError
from efir.drivers.web.kernel.forms import FORM, Form, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.paging import next_address


class AdministrationPages(Controller):
    """The way in to the administration."""

    path = "/admin"
    opt = requires(Permission.USERS_READ, Permission.ROLES_READ, Permission.AUDIT_READ)

    @get()
    async def admin(self, page: NamedDependency[Page]) -> Response[str]:
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


class AuditPages(Controller):
    """The audit log."""

    path = "/admin/audit"
    opt = requires(Permission.AUDIT_READ)

    @get()
    async def audit(
        self,
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
            "admin/audit.html",
            items=found.items,
            filters=filters,
            next=next_address("/admin/audit", found.next, filters),
        )


class SetupPages(Controller):
    """Becoming the first administrator."""

    path = "/setup"
    opt = PUBLIC

    @get()
    async def setup_page(self, page: NamedDependency[Page], code: FromQuery[str] = "") -> Response[str]:
        """Show what a set-up link does."""
        check_setup_code(page.call.ports, code=code, now=page.call.now)
        return page.render("admin/setup.html", form=Form(), code=code, back=page.here)

    @post(opt=SIGNED_IN | FORM)
    async def setup(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Become the first administrator."""
        values = await read_typed(request)
        code = values.get("code", "")
        user_id = page.call.user()
        try:
            page.check(values)
            await claim_administration(page.call.ports, user_id=user_id, code=code, now=page.call.now)
        except DomainError as error:
            return page.refuse("admin/setup.html", values, error, code=code, back="/")
        return page.redirect("/admin")
