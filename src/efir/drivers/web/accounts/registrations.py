"""Signing up in steps by forms that need no script; scripts check while one types and send the picture at once."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromQuery

from efir.application.access.requirements import PUBLIC
from efir.application.accounts.registration_codes import send_email_code
from efir.application.accounts.registration_pictures import crop_draft_avatar, put_draft_avatar
from efir.application.accounts.registrations import (
    RegistrationChange,
    finish_registration,
    get_registration,
    start_registration,
    ticket_hash,
    update_registration,
)
from efir.application.auth.oidc import list_providers
from efir.domain.accounts.registrations import (
    RegistrationFinished,
    RegistrationNotFound,
    RegistrationUnfinished,
    Step,
    reachable,
    step_after,
    steps_of,
)
from efir.domain.kernel.errors import DomainError
from efir.drivers.web.accounts.picture_forms import crop_form, picture_facts, posted_crop, posted_picture
from efir.drivers.web.kernel import error_messages
from efir.drivers.web.kernel.forms import FORM, Form, typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.redirects import MAIN, with_notice
from efir.drivers.web.kernel.sign_in_cookies import entered, remember, remembered
from efir.ports.accounts.registrations import RegistrationView

TYPED = (Step.NAME, Step.EMAIL, Step.PASSWORD)
Asked = Request[Any, Any, Any]


@get("/register", opt=PUBLIC, include_in_schema=False)
async def register_page(page: NamedDependency[Page], back: FromQuery[str] = "") -> Response[str]:
    """Ask the first question, or go on where somebody stopped; `back` is the page they want in the end."""
    if page.viewer is not None:
        return page.redirect(remembered(page))
    draft, cookies = await draft_of(page), [remember(page, back)] if back else []
    if _untouched(draft):
        return _shown(page, Step.NAME, draft, cookies=cookies)
    return page.redirect(path_of(draft), cookies=cookies)


@get([f"/register/{step}" for step in Step], opt=PUBLIC, include_in_schema=False)
async def step_page(
    page: NamedDependency[Page], change: FromQuery[str] = "", another: FromQuery[str] = ""
) -> Response[str]:
    """Ask one question; one that cannot be asked yet leads to the first unanswered."""
    if page.viewer is not None:
        return page.redirect("/")
    draft, wanted = await draft_of(page), _step(page)
    if draft is None:
        return _shown(page, wanted, None) if wanted is Step.NAME else page.redirect("/register")
    found = reachable(wanted, tuple(draft.missing))
    if found is Step.CODE and "email_code" not in draft.missing:
        return page.redirect(path_of(draft))
    if found is Step.PICTURE and draft.avatar is not None and not another:
        found = Step.CHECK
    return _shown(page, found, draft, change=change) if found is wanted else page.redirect(f"/register/{found}")


@get(["/register/crop", "/register/finish"], opt=PUBLIC, include_in_schema=False)
async def crop_page(page: NamedDependency[Page]) -> Response[str]:
    """Ask for the part of the picture that is shown."""
    draft = None if page.viewer is not None else await draft_of(page)
    if draft is None or draft.avatar is None or not page.request.url.path.endswith("/crop"):
        return page.redirect(path_of(draft))
    page.call.ports.pictures.converter.expect()
    return page.render("register/crop.html", form=crop_form(draft.avatar), **facts(page, Step.CHECK, draft))


@post([f"/register/{step}" for step in TYPED], include_in_schema=False, status_code=200, opt=PUBLIC | FORM)
async def step_sent(request: Asked, page: NamedDependency[Page]) -> Response[str]:
    """Take one answer and ask the next question."""
    wanted = _step(page)
    values = await typed(request)
    ticket, cookies, draft = ticket_of(page), list[Cookie](), await draft_of(page)
    try:
        page.check(values)
        if draft is None:
            draft = await start_registration(page.call.ports, visitor=page.call.visitor, now=page.call.now)
            ticket = draft.ticket or ""
            cookies.append(page.shared.ticket_cookie(page.call, ticket))
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


@post("/register/picture", include_in_schema=False, status_code=200, opt=PUBLIC | FORM, request_max_body_size=None)
async def picture_sent(request: Asked, page: NamedDependency[Page]) -> Response[str]:
    """Take a picture from a form and show what became of it."""
    draft = await draft_of(page)
    if draft is None or draft.missing:
        return page.redirect(path_of(draft))
    try:
        body = await posted_picture(request, page)
        await put_draft_avatar(
            page.call.ports, ticket=ticket_hash(ticket_of(page)), registration_id=None, body=body, crop=None,
            visitor=page.call.visitor, now=page.call.now,
        )  # fmt: skip
    except DomainError as error:
        return page.refuse("register/picture.html", {}, error, **facts(page, Step.PICTURE, draft))
    return page.redirect("/register/check")


@post("/register/crop", include_in_schema=False, status_code=200, opt=PUBLIC | FORM)
async def crop_sent(request: Asked, page: NamedDependency[Page]) -> Response[str]:
    """Cut the picture as the numbers say and show what became of it."""
    draft = await draft_of(page)
    if draft is None or draft.avatar is None:
        return page.redirect(path_of(draft))
    values = await typed(request)
    try:
        page.check(values)
        crop = posted_crop(values)
        await crop_draft_avatar(
            page.call.ports, ticket=ticket_hash(ticket_of(page)), registration_id=None, crop=crop, now=page.call.now
        )
    except DomainError as error:
        return page.refuse("register/crop.html", values, error, **facts(page, Step.CHECK, draft))
    return page.redirect("/register/check")


@post("/register/finish", include_in_schema=False, status_code=200, opt=PUBLIC | FORM)
async def finish_sent(request: Asked, page: NamedDependency[Page]) -> Response[str]:
    """Make the account and sign in; pressing twice makes one account."""
    call = page.call
    if page.viewer is not None:
        return page.redirect("/")
    draft = await draft_of(page)
    try:
        page.check(await typed(request))
        signed = await finish_registration(call.ports, ticket=ticket_of(page), visitor=call.visitor, now=call.now)
    except (RegistrationNotFound, RegistrationUnfinished):
        return page.redirect(path_of(draft))
    except DomainError as error:
        return page.refuse("register/picture.html", {}, error, **facts(page, Step.CHECK, draft))
    cookies = [*entered(page, signed), page.shared.ticket_cookie(call, "", max_age=0), remember(page, MAIN)]
    return page.redirect(with_notice(remembered(page), "welcome"), cookies=cookies)


def _shown(
    page: Page, step: Step, draft: RegistrationView | None, *, change: str = "", cookies: Sequence[Cookie] = ()
) -> Response[str]:
    if step is Step.PICTURE:
        page.call.ports.pictures.converter.expect()
    told = {"nickname": draft.nickname, "display_name": draft.display_name, "email": draft.email} if draft else {}
    form = Form({name: value for name, value in told.items() if value} | {"change": change})
    return page.render(_template(step), form=form, cookies=cookies, **facts(page, step, draft))


def facts(page: Page, step: Step, draft: RegistrationView | None) -> dict[str, Any]:
    """What every page of the wizard shows besides its form."""
    _, arrived = page.words.gettext, draft is not None and draft.provider is not None
    asked = steps_of(require_email=page.call.ports.accounts.require_email, arrived=arrived)
    return {
        "step": step.value,
        "number": asked.index(step) + 1 if step in asked else len(asked),
        "count": len(asked),
        "draft": draft,
        "back": _back(step, asked),
        "goal": remembered(page),
        "provider": _provider(page, draft),
        "providers": list_providers(page.call.ports),
        **picture_facts(page),
        "reasons": {
            kind: {code: _(text) for (field, code), text in error_messages.FIELDS.items() if field == kind}
            | {"taken": _(error_messages.TAKEN[kind])}
            for kind in ("nickname", "email")
        },
    }


def _back(step: Step, asked: tuple[Step, ...]) -> str:
    """Where the page before is; nothing on the first."""
    if step is Step.CHECK:
        return "/register/picture?another=1"
    if step not in asked:
        return "/register/check"
    return f"/register/{asked[asked.index(step) - 1]}" if step is not asked[0] else ""


def _provider(page: Page, draft: RegistrationView | None) -> str:
    """What people call the provider somebody came from; nothing for who came by themselves."""
    if draft is None or draft.provider is None:
        return ""
    labels = {provider.name: provider.label for provider in list_providers(page.call.ports)}
    return labels.get(draft.provider, draft.provider)


def _template(step: Step) -> str:
    return f"register/{Step.PICTURE if step is Step.CHECK else step}.html"


def _step(page: Page) -> Step:
    return Step(page.request.url.path.rpartition("/")[2])


def _untouched(draft: RegistrationView | None) -> bool:
    return draft is None or draft.nickname is None


def path_of(draft: RegistrationView | None) -> str:
    """Where to go on."""
    if draft is None:
        return "/register"
    return f"/register/{step_after(tuple(draft.missing), pictured=draft.avatar is not None)}"


def ticket_of(page: Page) -> str:
    """Read the ticket of this browser's registration; empty without one."""
    return page.request.cookies.get(page.shared.ticket_cookie(page.call, "").key, "")


async def draft_of(page: Page) -> RegistrationView | None:
    """The registration of this browser, if it lives."""
    ticket = ticket_of(page)
    if not ticket:
        return None
    try:
        return await get_registration(page.call.ports, ticket=ticket, now=page.call.now)
    except (RegistrationNotFound, RegistrationFinished):
        return None


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


HANDLERS: list[Any] = [register_page, step_page, crop_page, step_sent, picture_sent, crop_sent, finish_sent]
