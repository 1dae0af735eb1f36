"""The step of signing up that takes a picture, by forms that need no script."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from efir.application.access.requirements import PUBLIC
from efir.application.accounts.registration_pictures import crop_draft_avatar, put_draft_avatar
from efir.application.accounts.registrations import ticket_hash
from efir.domain.accounts.registrations import Step
from efir.domain.kernel.errors import DomainError
from efir.drivers.web.accounts.picture_forms import crop_form, parse_posted_crop, read_posted_picture
from efir.drivers.web.accounts.registration_drafts import draft_of, facts, path_of, ticket_of
from efir.drivers.web.kernel.forms import FORM, read_typed
from efir.drivers.web.kernel.page import Page

Asked = Request[Any, Any, Any]


class RegistrationPicturePages(Controller):
    """The picture of a registration."""

    path = "/register"
    opt = PUBLIC

    @get(["/crop", "/finish"])
    async def crop_page(self, page: NamedDependency[Page]) -> Response[str]:
        """Ask for the part of the picture that is shown."""
        draft = None if page.viewer is not None else await draft_of(page)
        if draft is None or draft.avatar is None or not page.request.url.path.endswith("/crop"):
            return page.redirect(path_of(draft))
        page.call.ports.pictures.converter.expect()
        return page.render("register/crop.html", form=crop_form(draft.avatar), **facts(page, Step.CHECK, draft))

    @post("/picture", opt=FORM, request_max_body_size=None)
    async def post_picture(self, request: Asked, page: NamedDependency[Page]) -> Response[str]:
        """Take a picture from a form and show what became of it."""
        draft = await draft_of(page)
        if draft is None or draft.missing:
            return page.redirect(path_of(draft))
        try:
            body = await read_posted_picture(request, page)
            await put_draft_avatar(
                page.call.ports, ticket=ticket_hash(ticket_of(page)), registration_id=None, body=body, crop=None,
                visitor=page.call.visitor, now=page.call.now,
            )  # fmt: skip
        except DomainError as error:
            return page.refuse("register/picture.html", {}, error, **facts(page, Step.PICTURE, draft))
        return page.redirect("/register/check")

    @post("/crop", opt=FORM)
    async def post_crop(self, request: Asked, page: NamedDependency[Page]) -> Response[str]:
        """Cut the picture as the numbers say and show what became of it."""
        draft = await draft_of(page)
        if draft is None or draft.avatar is None:
            return page.redirect(path_of(draft))
        values = await read_typed(request)
        try:
            page.check(values)
            crop = parse_posted_crop(values)
            await crop_draft_avatar(
                page.call.ports, ticket=ticket_hash(ticket_of(page)), registration_id=None, crop=crop, now=page.call.now
            )
        except DomainError as error:
            return page.refuse("register/crop.html", values, error, **facts(page, Step.CHECK, draft))
        return page.redirect("/register/check")
