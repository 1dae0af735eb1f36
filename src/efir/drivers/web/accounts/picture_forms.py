"""Pictures in forms: what the wizard and the settings read and show in the same way."""

from collections.abc import AsyncIterator
from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile

from efir.domain.pictures.crops import CropBox, InvalidCrop, largest_box, parse_crop
from efir.domain.pictures.picture import PictureKind, PictureMissing, PictureTooLarge
from efir.drivers.web.kernel import error_messages
from efir.drivers.web.kernel.forms import Form
from efir.drivers.web.kernel.page import Page
from efir.ports.pictures import AvatarView

FORM_EXTRA = 64 * 1024
PIECE = 256 * 1024
TYPES = "image/jpeg,image/png,image/webp,image/gif,image/avif"


async def read_posted_picture(request: Request[Any, Any, Any], page: Page) -> AsyncIterator[bytes]:
    """Read a form with a picture; its token is checked here. Raises PictureMissing, PictureTooLarge, CsrfFailed."""
    most = page.call.ports.limits.picture_bytes
    if int(request.headers.get("content-length", "0") or 0) > most + FORM_EXTRA:
        raise PictureTooLarge
    form = await request.form()
    page.check({name: value for name, value in form.items() if isinstance(value, str)})
    part = form.get("image")
    if not isinstance(part, UploadFile) or not part.filename:
        raise PictureMissing
    return _pieces(part)


def parse_posted_crop(values: dict[str, str]) -> CropBox:
    """Read three numbers in percent. Raises InvalidCrop."""
    x, y, size = (_part(values.get(name, "")) for name in ("x", "y", "size"))
    return parse_crop(min(x, 0.9999), min(y, 0.9999), size)


def crop_form(avatar: AvatarView) -> Form:
    """Return the form of the largest square in the middle of a picture, in percent."""
    box = largest_box(avatar.width, avatar.height, PictureKind.AVATAR)
    middle = {"x": 100 * box.left / avatar.width, "y": 100 * box.top / avatar.height, "size": 100.0}
    return Form({name: f"{value:g}" for name, value in middle.items()})


def picture_facts(page: Page) -> dict[str, Any]:
    """Return what a page shows that takes a picture."""
    _ = page.words.gettext
    return {
        "types": TYPES,
        "max_picture": page.call.ports.limits.picture_bytes,
        "complaints": {code: _(text) for code, text in error_messages.PICTURES.items()},
    }


def _part(text: str) -> float:
    try:
        return float(text.replace(",", ".")) / 100
    except ValueError as error:
        raise InvalidCrop from error


async def _pieces(part: UploadFile) -> AsyncIterator[bytes]:
    while piece := await part.read(PIECE):
        yield piece
