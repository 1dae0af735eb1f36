"""Settings: the picture others see, by forms that need no script; scripts send it as soon as it is dropped."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from efir.application.access.requirements import SIGNED_IN
from efir.application.accounts.avatars import crop_avatar, get_avatar, put_avatar, remove_avatar
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import UserId
from efir.domain.pictures.picture import PictureNotCuttable
from efir.drivers.web.accounts.picture_forms import crop_form, parse_posted_crop, picture_facts, read_posted_picture
from efir.drivers.web.kernel.forms import FORM, Form, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.settings_sections import refuse, show

HERE = "/settings/avatar"
TEMPLATE, CROP = "settings/avatar.html", "settings/crop.html"
Asked = Request[Any, Any, Any]


class AvatarPages(Controller):
    """The settings of the picture others see."""

    path = HERE
    opt = SIGNED_IN

    @get()
    async def avatar_page(self, page: NamedDependency[Page]) -> Response[str]:
        """Show the picture, and ask for another one."""
        facts = await _facts(page)
        page.call.ports.pictures.converter.expect()
        return show(page, TEMPLATE, form=Form(), **facts)

    @post(opt=FORM, request_max_body_size=None)
    async def post_avatar(self, request: Asked, page: NamedDependency[Page]) -> Response[str]:
        """Take a picture from a form."""
        user_id = _owner(page)
        try:
            body = await read_posted_picture(request, page)
            await put_avatar(page.call.ports, user_id=user_id, body=body, crop=None, now=page.call.now)
        except DomainError as error:
            return refuse(page, TEMPLATE, {}, error, **await _facts(page))
        return page.redirect(f"{HERE}?notice=saved")

    @get("/crop")
    async def crop_page(self, page: NamedDependency[Page]) -> Response[str]:
        """Ask for the part of the picture that is shown."""
        facts = await _facts(page)
        if facts["worn"] is None:
            return page.redirect(HERE)
        if not facts["worn"].cuttable:
            return refuse(page, TEMPLATE, {}, PictureNotCuttable(), **facts)
        page.call.ports.pictures.converter.expect()
        return show(page, CROP, form=crop_form(facts["worn"].view), **facts)

    @post("/crop", opt=FORM)
    async def post_crop(self, request: Asked, page: NamedDependency[Page]) -> Response[str]:
        """Cut the picture as the numbers say."""
        user_id, values = _owner(page), await read_typed(request)
        try:
            page.check(values)
            await crop_avatar(page.call.ports, user_id=user_id, crop=parse_posted_crop(values), now=page.call.now)
        except PictureNotCuttable as error:
            return refuse(page, TEMPLATE, {}, error, **await _facts(page))
        except DomainError as error:
            facts = await _facts(page)
            return refuse(page, TEMPLATE if facts["worn"] is None else CROP, values, error, **facts)
        return page.redirect(f"{HERE}?notice=saved")

    @post("/remove", opt=FORM)
    async def post_avatar_removal(self, request: Asked, page: NamedDependency[Page]) -> Response[str]:
        """Go without a picture."""
        user_id, values = _owner(page), await read_typed(request)
        try:
            page.check(values)
            await remove_avatar(page.call.ports, user_id=user_id)
        except DomainError as error:
            return refuse(page, TEMPLATE, {}, error, **await _facts(page))
        return page.redirect(f"{HERE}?notice=saved")


def _owner(page: Page) -> UserId:
    return UserId(page.call.session().user_id)


async def _facts(page: Page) -> dict[str, Any]:
    return picture_facts(page) | {"worn": await get_avatar(page.call.ports, user_id=_owner(page))}
