"""Pages of passwords: changing one, and setting a forgotten one by a mailed link."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from efir.application.access.requirements import PUBLIC, SIGNED_IN
from efir.application.accounts.passwords import ask_reset, change_password, check_reset, has_password, reset_password
from efir.domain.accounts.email_verification import ProofGone
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import UserId
from efir.drivers.web.kernel.forms import FORM, Form, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.settings_sections import refuse, show


class PasswordPages(Controller):
    """The settings of the password."""

    path = "/settings/security/password"
    opt = SIGNED_IN

    @get()
    async def password_page(self, page: NamedDependency[Page]) -> Response[str]:
        """Ask for the present and a new password."""
        return show(page, "settings/password.html", form=Form(), **await _describe(page))

    @post(opt=FORM)
    async def password(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Change it; other login sessions end."""
        credential, values = page.call.session(), await read_typed(request)
        await _describe(page)
        try:
            page.check(values)
            await change_password(
                page.call.ports, credential=credential, present=values.get("current_password"),
                wanted=values.get("new_password", ""), now=page.call.now,
            )  # fmt: skip
        except DomainError as error:
            return refuse(page, "settings/password.html", {}, error, **await _describe(page))
        return page.redirect("/settings/security?notice=password-changed")


async def _describe(page: Page) -> dict[str, Any]:
    """Whether there is a password to ask for; without one the login has to be fresh."""
    found = await has_password(page.call.ports, user_id=UserId(page.call.session().user_id))
    if not found:
        page.call.require_fresh()
    return {"has_password": found}


class ForgottenPasswordPages(Controller):
    """Setting a forgotten password by a mailed link."""

    opt = PUBLIC

    @get("/forgot")
    async def forgot_page(self, page: NamedDependency[Page]) -> Response[str]:
        """Ask whose password is forgotten."""
        return page.render("accounts/forgot.html", form=Form())

    @post("/forgot", opt=FORM)
    async def post_forgot(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Return the same for every address."""
        values = await read_typed(request)
        try:
            page.check(values)
            await ask_reset(
                page.call.ports, email=values.get("email", ""), visitor=page.call.visitor, now=page.call.now
            )
        except DomainError as error:
            return page.refuse("accounts/forgot.html", values, error)
        return page.redirect("/forgot?notice=reset-asked")

    @get("/reset")
    async def reset_page(self, page: NamedDependency[Page], token: FromQuery[str] = "") -> Response[str]:
        """Ask for a new password."""
        try:
            await check_reset(page.call.ports, token=token, now=page.call.now)
        except ProofGone:
            return page.render("accounts/proof-gone.html", status=410, reset=True)
        return page.render("accounts/reset.html", form=Form(), token=token)

    @post("/reset", opt=FORM)
    async def reset(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Set it."""
        values = await read_typed(request)
        token = values.get("token", "")
        try:
            page.check(values)
            await reset_password(page.call.ports, token=token, wanted=values.get("new_password", ""), now=page.call.now)
        except ProofGone:
            return page.render("accounts/proof-gone.html", status=410, reset=True)
        except DomainError as error:
            return page.refuse("accounts/reset.html", {}, error, token=token)
        return page.redirect("/login?notice=password-set")
