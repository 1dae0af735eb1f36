"""Pages of addresses: confirming one by what was mailed to it, changing it. Opening a link changes nothing."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from efir.application.access.requirements import PUBLIC, SIGNED_IN
from efir.application.accounts.email_verification import (
    change_email,
    confirm_email,
    pending_address,
    resend_confirmation,
)
from efir.application.accounts.signup import get_me
from efir.application.auth.reauthentication import is_fresh
from efir.domain.accounts.email_verification import ProofGone, parse_code
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import UserId
from efir.drivers.web.kernel.forms import FORM, Form, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.settings_sections import refuse, show


class ConfirmationPages(Controller):
    """Confirming an address."""

    path = "/confirm"
    opt = PUBLIC

    @get()
    async def confirm_page(self, page: NamedDependency[Page], token: FromQuery[str] = "") -> Response[str]:
        """Ask for a press of a button, or for the code where nobody is signed in: no machine has either."""
        try:
            return page.render("accounts/confirm.html", form=Form(), **await _describe_request(page, token))
        except ProofGone:
            return page.render("accounts/proof-gone.html", status=410, reset=False)

    @post(opt=FORM)
    async def confirm(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Confirm the address."""
        values = await read_typed(request)
        token = values.get("token") or None
        try:
            asked = await _describe_request(page, token or "")
        except ProofGone:
            return page.render("accounts/proof-gone.html", status=410, reset=False)
        try:
            page.check(values)
            code = parse_code(values.get("code", "")) if asked["needs_code"] else None
            await confirm_email(page.call.ports, person=_person(page), token=token, code=code, now=page.call.now)
        except ProofGone:
            return page.render("accounts/proof-gone.html", status=410, reset=False)
        except DomainError as error:
            return page.refuse("accounts/confirm.html", values, error, **asked)
        place = "/login" if page.viewer is None else "/settings/security"
        return page.redirect(f"{place}?notice=email-confirmed")

    @post("/resend", opt=SIGNED_IN | FORM)
    async def resend(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Mail a fresh code."""
        user_id, values = UserId(page.call.session().user_id), await read_typed(request)
        try:
            page.check(values)
            await resend_confirmation(page.call.ports, user_id=user_id, now=page.call.now)
        except DomainError as error:
            return page.refuse("accounts/confirm.html", {}, error, **await _describe_request(page, ""))
        return page.redirect("/confirm?notice=mail-sent")


class EmailPages(Controller):
    """The settings of the email address."""

    path = "/settings/security/email"
    opt = SIGNED_IN

    @get()
    async def email_page(self, page: NamedDependency[Page]) -> Response[str]:
        """Ask for a new address."""
        return show(page, "settings/email.html", form=Form(), fresh=_is_fresh(page))

    @post(opt=FORM)
    async def email(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Mail a code to the new address and ask for it."""
        credential, values = page.call.session(), await read_typed(request)
        try:
            page.check(values)
            await change_email(
                page.call.ports, credential=credential, email=values.get("email", ""),
                password=values.get("current_password"), now=page.call.now,
            )  # fmt: skip
        except DomainError as error:
            return refuse(page, "settings/email.html", values, error, fresh=_is_fresh(page))
        me = await get_me(page.call.ports, user_id=UserId(credential.user_id))
        return page.redirect("/confirm" if me.pending_email else "/settings/security?notice=saved")


async def _describe_request(page: Page, token: str) -> dict[str, Any]:
    """What the page of a confirmation shows. Raises ProofGone, NoSession without a link."""
    person = _person(page)
    if token:
        owner, email = await pending_address(page.call.ports, token=token, now=page.call.now)
        return {"token": token, "email": email, "needs_code": owner != person, "resendable": owner == person}
    me = await get_me(page.call.ports, user_id=UserId(page.call.session().user_id))
    waiting = me.pending_email or (None if me.email_verified else me.email)
    if waiting is None:
        raise ProofGone
    return {"token": "", "email": waiting, "needs_code": True, "resendable": True}


def _person(page: Page) -> UserId | None:
    found = page.call.credential
    return None if found is None or found.session_id is None else UserId(found.user_id)


def _is_fresh(page: Page) -> bool:
    return is_fresh(page.call.ports, page.call.session(), now=page.call.now)
