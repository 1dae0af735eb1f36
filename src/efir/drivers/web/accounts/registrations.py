"""Signing up in steps by forms that need no script; scripts check while one types and send the picture at once."""

from collections.abc import Sequence
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromQuery

from efir.application.access.requirements import PUBLIC
from efir.application.accounts.registration_codes import send_email_code
from efir.application.accounts.registrations import (
    RegistrationChange,
    finish_registration,
    start_registration,
    update_registration,
)
from efir.domain.accounts.registrations import (
    RegistrationNotFound,
    RegistrationUnfinished,
    Step,
    find_reachable_step,
)
from efir.domain.kernel.errors import DomainError
from efir.drivers._asgi.cookies import ticket_cookie
from efir.drivers.web.accounts.registration_drafts import draft_of, facts, path_of, ticket_of
from efir.drivers.web.kernel.forms import FORM, Form, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.redirects import MAIN, add_notice
from efir.drivers.web.kernel.sign_in_cookies import find_destination, make_sign_in_cookies, remember
from efir.ports.accounts.registrations import RegistrationView

TYPED = (Step.NAME, Step.EMAIL, Step.PASSWORD)
Asked = Request[Any, Any, Any]


class RegistrationPages(Controller):
    """The steps of signing up."""

    path = "/register"
    opt = PUBLIC

    @get()
    async def register_page(self, page: NamedDependency[Page], back: FromQuery[str] = "") -> Response[str]:
        """Ask the first question, or go on where somebody stopped; `back` is the page they want in the end."""
        if page.viewer is not None:
            return page.redirect(find_destination(page))
        draft, cookies = await draft_of(page), [remember(page, back)] if back else []
        if _is_untouched(draft):
            return _render_step(page, Step.NAME, draft, cookies=cookies)
        return page.redirect(path_of(draft), cookies=cookies)

    @get([f"/{step}" for step in Step])
    async def step_page(
        self, page: NamedDependency[Page], change: FromQuery[str] = "", another: FromQuery[str] = ""
    ) -> Response[str]:
        """Ask one question; one that cannot be asked yet leads to the first unanswered."""
        if page.viewer is not None:
            return page.redirect("/")
        draft, wanted = await draft_of(page), _step(page)
        if draft is None:
            return _render_step(page, wanted, None) if wanted is Step.NAME else page.redirect("/register")
        found = find_reachable_step(wanted, tuple(draft.missing))
        if found is Step.CODE and "email_code" not in draft.missing:
            return page.redirect(path_of(draft))
        if found is Step.PICTURE and draft.avatar is not None and not another:
            found = Step.CHECK
        return (
            _render_step(page, found, draft, change=change) if found is wanted else page.redirect(f"/register/{found}")
        )

    @post([f"/{step}" for step in TYPED], opt=FORM)
    async def post_step(self, request: Asked, page: NamedDependency[Page]) -> Response[str]:
        """Take one answer and ask the next question."""
        wanted = _step(page)
        values = await read_typed(request)
        ticket, cookies, draft = ticket_of(page), list[Cookie](), await draft_of(page)
        try:
            page.check(values)
            if draft is None:
                draft = await start_registration(page.call.ports, visitor=page.call.visitor, now=page.call.now)
                ticket = draft.ticket or ""
                cookies.append(ticket_cookie(page.call, ticket))
            change = _change(page, wanted, values, draft)
            draft = await update_registration(page.call.ports, ticket=ticket, change=change, now=page.call.now)
            if wanted is Step.EMAIL and "email_code" in draft.missing and not draft.email_code_sent:
                await send_email_code(page.call.ports, ticket=ticket, visitor=page.call.visitor, now=page.call.now)
        except RegistrationNotFound:
            return page.redirect("/register", cookies=cookies)
        except DomainError as error:
            return page.refuse(_template(wanted), values, error, cookies=cookies, **facts(page, wanted, draft))
        if values.get("change") and not draft.missing:
            return page.redirect("/register/check", cookies=cookies)
        return page.redirect(path_of(draft), cookies=cookies)

    @post("/finish", opt=FORM)
    async def post_finish(self, request: Asked, page: NamedDependency[Page]) -> Response[str]:
        """Make the account and sign in; pressing twice makes one account."""
        call = page.call
        if page.viewer is not None:
            return page.redirect("/")
        draft = await draft_of(page)
        try:
            page.check(await read_typed(request))
            signed = await finish_registration(call.ports, ticket=ticket_of(page), visitor=call.visitor, now=call.now)
        except (RegistrationNotFound, RegistrationUnfinished):
            return page.redirect(path_of(draft))
        except DomainError as error:
            return page.refuse("register/picture.html", {}, error, **facts(page, Step.CHECK, draft))
        cookies = [
            *make_sign_in_cookies(page, signed),
            ticket_cookie(call, "", max_age=0),
            remember(page, MAIN),
        ]
        return page.redirect(add_notice(find_destination(page), "welcome"), cookies=cookies)


def _render_step(
    page: Page, step: Step, draft: RegistrationView | None, *, change: str = "", cookies: Sequence[Cookie] = ()
) -> Response[str]:
    if step is Step.PICTURE:
        page.call.ports.pictures.converter.expect()
    told = {"nickname": draft.nickname, "display_name": draft.display_name, "email": draft.email} if draft else {}
    form = Form({name: value for name, value in told.items() if value} | {"change": change})
    return page.render(_template(step), form=form, cookies=cookies, **facts(page, step, draft))


def _template(step: Step) -> str:
    return f"register/{Step.PICTURE if step is Step.CHECK else step}.html"


def _step(page: Page) -> Step:
    return Step(page.request.url.path.rpartition("/")[2])


def _is_untouched(draft: RegistrationView | None) -> bool:
    return draft is None or draft.nickname is None


def _change(page: Page, step: Step, values: dict[str, str], draft: RegistrationView) -> RegistrationChange:
    match step:
        case Step.NAME:
            shown = values.get("display_name", "").strip() or None
            return RegistrationChange(nickname=values.get("nickname", ""), display_name=shown, locale=page.lang)
        case Step.EMAIL:
            return RegistrationChange(email=values.get("email", ""))
        case Step.PASSWORD if values.get("password") or not (draft.password_set or draft.provider):
            return RegistrationChange(password=values.get("password", ""))
        case _:
            return RegistrationChange()
