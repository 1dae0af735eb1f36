"""Signing up in steps by forms that need no script; scripts check while one types and send the picture at once."""

from collections.abc import AsyncIterator
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, UploadFile
from litestar.di import NamedDependency
from litestar.params import FromQuery

from efir.application.drafts import crop_draft_avatar, put_draft_avatar
from efir.application.needs import PUBLIC
from efir.application.registrations import (
    RegistrationChange,
    finish_registration,
    get_registration,
    start_registration,
    ticket_hash,
    update_registration,
)
from efir.domain.crops import InvalidCrop, largest_box, parse_crop
from efir.domain.errors import DomainError
from efir.domain.pictures import PictureKind, PictureMissing, PictureTooLarge
from efir.domain.registrations import (
    RegistrationFinished,
    RegistrationNotFound,
    RegistrationUnfinished,
    Step,
    reachable,
    step_after,
)
from efir.drivers.web import explanations
from efir.drivers.web.forms import FORM, Form, typed
from efir.drivers.web.page import Page
from efir.drivers.web.signing_in import entered
from efir.ports.registrations import RegistrationView

FORM_EXTRA = 64 * 1024
PIECE = 256 * 1024
TYPES = "image/jpeg,image/png,image/webp,image/gif,image/avif"
TYPED = (Step.NAME, Step.EMAIL, Step.PASSWORD)
BACK = {Step.EMAIL: "name", Step.PASSWORD: "email", Step.PICTURE: "password", Step.CHECK: "picture?another=1"}
Asked = Request[Any, Any, Any]


@get("/register", opt=PUBLIC, include_in_schema=False)
async def register_page(page: NamedDependency[Page]) -> Response[str]:
    """Ask the first question, or go on where somebody stopped."""
    if page.viewer is not None:
        return page.redirect("/")
    draft = await _draft(page)
    return _shown(page, Step.NAME, draft) if _untouched(draft) else page.redirect(_path(draft))


@get([f"/register/{step}" for step in Step], opt=PUBLIC, include_in_schema=False)
async def step_page(
    page: NamedDependency[Page], change: FromQuery[str] = "", another: FromQuery[str] = ""
) -> Response[str]:
    """Ask one question; one that cannot be asked yet leads to the first unanswered."""
    if page.viewer is not None:
        return page.redirect("/")
    draft, wanted = await _draft(page), _step(page)
    if draft is None:
        return _shown(page, wanted, None) if wanted is Step.NAME else page.redirect("/register")
    found = reachable(wanted, tuple(draft.missing))
    if found is Step.PICTURE and draft.avatar is not None and not another:
        found = Step.CHECK
    return _shown(page, found, draft, change=change) if found is wanted else page.redirect(f"/register/{found}")


@get(["/register/crop", "/register/finish"], opt=PUBLIC, include_in_schema=False)
async def crop_page(page: NamedDependency[Page]) -> Response[str]:
    """Ask for the part of the picture that is shown."""
    draft = None if page.viewer is not None else await _draft(page)
    if draft is None or draft.avatar is None or not page.request.url.path.endswith("/crop"):
        return page.redirect(_path(draft))
    page.call.ports.pictures.expect()
    box = largest_box(draft.avatar.width, draft.avatar.height, PictureKind.AVATAR)
    middle = {"x": 100 * box.left / draft.avatar.width, "y": 100 * box.top / draft.avatar.height, "size": 100.0}
    form = Form({name: f"{value:g}" for name, value in middle.items()})
    return page.render("register/crop.html", form=form, draft=draft)


@post([f"/register/{step}" for step in TYPED], include_in_schema=False, status_code=200, opt=PUBLIC | FORM)
async def step_sent(request: Asked, page: NamedDependency[Page]) -> Response[str]:
    """Take one answer and ask the next question."""
    wanted = _step(page)
    values = await typed(request)
    ticket, cookies = _ticket(page), list[Cookie]()
    try:
        page.check(values)
        draft = await _draft(page)
        if draft is None:
            draft = await start_registration(page.call.ports, visitor=page.call.visitor, now=page.call.now)
            ticket = draft.ticket or ""
            cookies.append(page.shared.ticket_cookie(page.call, ticket))
        change = _change(page, wanted, values, draft)
        draft = await update_registration(page.call.ports, ticket=ticket, change=change, now=page.call.now)
    except RegistrationNotFound:
        return page.redirect("/register", cookies=cookies)
    except DomainError as error:
        return page.refuse(
            _template(wanted), values, error, cookies=cookies, **_facts(page, wanted, await _draft(page))
        )
    if values.get("change") and not draft.missing:
        return page.redirect("/register/check", cookies=cookies)
    return page.redirect(_path(draft), cookies=cookies)


@post("/register/picture", include_in_schema=False, status_code=200, opt=PUBLIC | FORM, request_max_body_size=None)
async def picture_sent(request: Asked, page: NamedDependency[Page]) -> Response[str]:
    """Take a picture from a form and show what became of it."""
    draft = await _draft(page)
    if draft is None or draft.missing:
        return page.redirect(_path(draft))
    try:
        limits = page.call.ports.limits
        if int(request.headers.get("content-length", "0") or 0) > limits.picture_bytes + FORM_EXTRA:
            raise PictureTooLarge
        form = await request.form()
        page.check({name: value for name, value in form.items() if isinstance(value, str)})
        part = form.get("image")
        if not isinstance(part, UploadFile) or not part.filename:
            raise PictureMissing
        await put_draft_avatar(
            page.call.ports, ticket=ticket_hash(_ticket(page)), registration_id=None, body=_pieces(part), crop=None,
            visitor=page.call.visitor, now=page.call.now,
        )  # fmt: skip
    except DomainError as error:
        return page.refuse("register/picture.html", {}, error, **_facts(page, Step.PICTURE, draft))
    return page.redirect("/register/check")


@post("/register/crop", include_in_schema=False, status_code=200, opt=PUBLIC | FORM)
async def crop_sent(request: Asked, page: NamedDependency[Page]) -> Response[str]:
    """Cut the picture as the numbers say and show what became of it."""
    draft = await _draft(page)
    if draft is None or draft.avatar is None:
        return page.redirect(_path(draft))
    values = await typed(request)
    try:
        page.check(values)
        x, y, size = (_part(values.get(name, "")) for name in ("x", "y", "size"))
        crop = parse_crop(min(x, 0.9999), min(y, 0.9999), size)
        await crop_draft_avatar(
            page.call.ports, ticket=ticket_hash(_ticket(page)), registration_id=None, crop=crop, now=page.call.now
        )
    except DomainError as error:
        return page.refuse("register/crop.html", values, error, draft=draft)
    return page.redirect("/register/check")


@post("/register/finish", include_in_schema=False, status_code=200, opt=PUBLIC | FORM)
async def finish_sent(request: Asked, page: NamedDependency[Page]) -> Response[str]:
    """Make the account and sign in; pressing twice makes one account."""
    call = page.call
    if page.viewer is not None:
        return page.redirect("/")
    draft = await _draft(page)
    try:
        page.check(await typed(request))
        signed = await finish_registration(call.ports, ticket=_ticket(page), visitor=call.visitor, now=call.now)
    except (RegistrationNotFound, RegistrationUnfinished):
        return page.redirect(_path(draft))
    except DomainError as error:
        return page.refuse("register/picture.html", {}, error, **_facts(page, Step.CHECK, draft))
    cookies = [*entered(page, signed), page.shared.ticket_cookie(call, "", max_age=0)]
    return page.redirect("/?notice=welcome", cookies=cookies)


def _shown(page: Page, step: Step, draft: RegistrationView | None, *, change: str = "") -> Response[str]:
    if step is Step.PICTURE:
        page.call.ports.pictures.expect()
    told = {"nickname": draft.nickname, "display_name": draft.display_name, "email": draft.email} if draft else {}
    form = Form({name: value for name, value in told.items() if value} | {"change": change})
    return page.render(_template(step), form=form, **_facts(page, step, draft))


def _facts(page: Page, step: Step, draft: RegistrationView | None) -> dict[str, Any]:
    """What every page of the wizard shows besides its form."""
    _ = page.words.gettext
    return {
        "step": step.value,
        "number": list(Step).index(step) + 1,
        "draft": draft,
        "back": f"/register/{BACK[step]}" if step in BACK else "",
        "types": TYPES,
        "picture_most": page.call.ports.limits.picture_bytes,
        "complaints": {code: _(text) for code, text in explanations.PICTURES.items()},
        "reasons": {
            kind: {code: _(text) for (field, code), text in explanations.FIELDS.items() if field == kind}
            | {"taken": _(explanations.TAKEN[kind])}
            for kind in ("nickname", "email")
        },
    }


def _template(step: Step) -> str:
    return f"register/{Step.PICTURE if step is Step.CHECK else step}.html"


def _step(page: Page) -> Step:
    return Step(page.request.url.path.rpartition("/")[2])


def _untouched(draft: RegistrationView | None) -> bool:
    return draft is None or draft.nickname is None


def _path(draft: RegistrationView | None) -> str:
    """Where to go on."""
    if draft is None:
        return "/register"
    return f"/register/{step_after(tuple(draft.missing), pictured=draft.avatar is not None)}"


def _ticket(page: Page) -> str:
    return page.request.cookies.get(page.shared.ticket_cookie(page.call, "").key, "")


async def _draft(page: Page) -> RegistrationView | None:
    """The registration of this browser, if it lives."""
    ticket = _ticket(page)
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
        case Step.PASSWORD if values.get("password") or not draft.password_set:
            return RegistrationChange(password=values.get("password", ""))
        case _:
            return RegistrationChange()


def _part(text: str) -> float:
    try:
        return float(text.replace(",", ".")) / 100
    except ValueError as error:
        raise InvalidCrop from error


async def _pieces(part: UploadFile) -> AsyncIterator[bytes]:
    while piece := await part.read(PIECE):
        yield piece


HANDLERS: list[Any] = [register_page, step_page, crop_page, step_sent, picture_sent, crop_sent, finish_sent]
