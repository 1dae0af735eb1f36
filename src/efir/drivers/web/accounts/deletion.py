"""Pages to delete the own account, and to keep it after all."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from efir.application.access.requirements import PUBLIC, SIGNED_IN
from efir.application.accounts.deletion import delete_me, restore_user
from efir.application.auth.reauthentication import is_fresh
from efir.domain.kernel.errors import DomainError
from efir.drivers._asgi.cookies import session_cookie
from efir.drivers.web.kernel.forms import FORM, Form, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.settings_sections import refuse, show

DAY = 86_400


class DeletionPages(Controller):
    """The settings where an account is deleted."""

    path = "/settings/data/delete"
    opt = SIGNED_IN

    @get()
    async def delete_page(self, page: NamedDependency[Page]) -> Response[str]:
        """Say what deleting means, and ask."""
        return show(page, "settings/delete.html", form=Form(), **_describe_deletion(page))

    @post(opt=FORM)
    async def delete(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Close the account."""
        credential, values = page.call.session(), await read_typed(request)
        try:
            page.check(values)
            password = values.get("current_password")
            await delete_me(page.call.ports, credential=credential, password=password, now=page.call.now)
        except DomainError as error:
            return refuse(page, "settings/delete.html", {}, error, **_describe_deletion(page))
        gone = session_cookie(page.call, "", max_age=0)
        return page.redirect("/?notice=account-closed", cookies=[gone])


class RestorationPages(Controller):
    """Keeping an account after all."""

    path = "/restore"
    opt = PUBLIC

    @get()
    async def restore_page(self, page: NamedDependency[Page]) -> Response[str]:
        """Ask who wants to keep an account."""
        return page.render("accounts/restore.html", form=Form())

    @post(opt=FORM)
    async def restore(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Keep it."""
        values = await read_typed(request)
        try:
            page.check(values)
            await restore_user(
                page.call.ports,
                login=values.get("login", ""),
                password=values.get("password", ""),
                visitor=page.call.visitor,
                now=page.call.now,
            )
        except DomainError as error:
            return page.refuse("accounts/restore.html", values, error)
        return page.redirect("/login?notice=account-kept")


def _describe_deletion(page: Page) -> dict[str, Any]:
    call = page.call
    days = call.ports.limits.deletion_grace_seconds // DAY
    return {"days": days, "fresh": is_fresh(call.ports, call.session(), now=call.now)}
