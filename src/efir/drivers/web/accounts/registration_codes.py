"""The step of signing up that asks for the code mailed to the address."""

from typing import Any

from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency

from efir.application.access.requirements import PUBLIC
from efir.application.accounts.registration_codes import send_email_code, verify_email_code
from efir.domain.accounts.registrations import RegistrationNotFound, Step
from efir.domain.kernel.errors import DomainError
from efir.drivers.web.accounts.registration_drafts import draft_of, facts, path_of, ticket_of
from efir.drivers.web.kernel.forms import FORM, read_typed
from efir.drivers.web.kernel.page import Page


class RegistrationCodePages(Controller):
    """The step that asks for a mailed code."""

    path = "/register/code"
    opt = PUBLIC

    @post(opt=FORM)
    async def post_code(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Take the code that was mailed, or mail another one."""
        draft, values, call = await draft_of(page), await read_typed(request), page.call
        if draft is None or "email_code" not in draft.missing or draft.email is None:
            return page.redirect(path_of(draft))
        try:
            page.check(values)
            if values.get("send"):
                await send_email_code(call.ports, ticket=ticket_of(page), visitor=call.visitor, now=call.now)
                return page.redirect("/register/code?notice=mail-sent")
            draft = await verify_email_code(
                call.ports, ticket=ticket_of(page), code=values.get("code", ""), now=call.now
            )
        except RegistrationNotFound:
            return page.redirect("/register")
        except DomainError as error:
            return page.refuse("register/code.html", values, error, **facts(page, Step.CODE, draft))
        return page.redirect(path_of(draft))
