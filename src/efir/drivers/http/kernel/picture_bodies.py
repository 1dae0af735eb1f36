"""Pictures on their way in, raw or in a form, and stored ones as responses."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.openapi.spec import OpenAPIMediaType, Operation, Reference, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import QueryParameter

from efir.application.context import Call
from efir.application.pictures import PictureFile
from efir.domain.kernel.errors import DomainError, Malformed
from efir.domain.pictures.crops import CropBox, InvalidCrop, parse_crop
from efir.domain.pictures.picture import (
    PictureBroken,
    PictureGone,
    PictureInterrupted,
    PictureMissing,
    PictureNotFound,
    PicturesBusy,
    PictureTooHeavy,
    PictureTooLarge,
    PictureTooManyPixels,
    PictureTooSmall,
    PictureTypeRefused,
)
from efir.drivers._asgi.files import FileAnswer, FileHead, digest_tag
from efir.drivers._asgi.streamed_body import drain
from efir.ports.kernel.blobs import StorageFull

TAKING = (
    PictureMissing, PictureBroken, PictureTooSmall, PictureTooManyPixels, PictureTooHeavy, PictureTooLarge,
    PictureTypeRefused, PictureInterrupted, PictureGone, PicturesBusy, InvalidCrop, StorageFull,
)  # fmt: skip
"""What taking a picture may be refused for."""

STREAMED: Any = {"streams": True}
FIELD = "image"
FORM_EXTRA = 64 * 1024  # bytes of a form around its picture
PIECE = 256 * 1024
NAME = re.compile(r"([1-9][0-9]{1,3})\.webp")
RAW = re.compile(r"image/[\w.+-]+|application/octet-stream")
FENCED = {
    "content-security-policy": "sandbox; default-src 'none'",
    "content-disposition": "inline",
    "cross-origin-resource-policy": "cross-origin",
}
Asked = Request[Any, Any, Any]
CropQuery = Annotated[
    str | None,
    QueryParameter(
        description="Crop, `x,y,size`: left and top edge in fractions of the upright picture, side in "
        "fractions of the largest square that fits. The most telling part when absent.",
    ),
]


class WrongPictureType(PictureTypeRefused):
    """The body is declared as something other than a picture or a form."""

    code = "image-content-type"
    title = "Send the picture itself with its image type, or a multipart form with the field `image`"


BYTES = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
PICTURE_FORM = Schema(
    type=OpenAPIType.OBJECT,
    description="A form with a picture.",
    required=[FIELD],
    properties={
        FIELD: Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY, description="The picture."),
        "crop": Schema(type=OpenAPIType.STRING, description="Crop, `x,y,size`.", examples=["0.2,0.1,0.5"]),
    },
)


@dataclass
class Taking(Operation):
    """An operation whose body is a picture."""

    def __post_init__(self) -> None:
        """Describe the body: the framework sees only a request."""
        form = Reference(ref="#/components/schemas/PictureForm")
        types = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")
        content = {kind: OpenAPIMediaType(schema=BYTES) for kind in types}
        content["multipart/form-data"] = OpenAPIMediaType(schema=form)
        self.request_body = RequestBody(content=content, description="The picture, at most 10 MiB.", required=True)


@asynccontextmanager
async def sent_picture(request: Asked, call: Call, crop: str | None) -> AsyncIterator[tuple[Any, CropBox | None]]:
    """Give the bytes of a sent picture and the part wanted of it.

    What a refusal leaves unread is taken off a client that reads no answer before it has sent everything.
    Raises PictureMissing, PictureTooLarge, WrongPictureType, InvalidCrop.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    chunks = request.stream()
    try:
        if kind == "multipart/form-data":
            _check_length(request, call)
            form = await request.form()
            part, told = form.get(FIELD), form.get("crop", crop)
            if not isinstance(part, UploadFile):
                raise PictureMissing
            yield _pieces(part), _box(told if isinstance(told, str) else None)
        elif not kind or RAW.fullmatch(kind):
            yield chunks, _box(crop)
        else:
            raise WrongPictureType
    except DomainError:
        if kind != "multipart/form-data":
            await drain(chunks, announced=request.content_length)
        raise


def _check_length(request: Asked, call: Call) -> None:
    """Forms are spooled whole, so their length must be known before. Raises PictureTooLarge, Malformed."""
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise Malformed("A form with a picture says its length.")
    if int(length) > call.ports.limits.picture_bytes + FORM_EXTRA:
        raise PictureTooLarge.over(call.ports.limits.picture_bytes)


async def _pieces(part: UploadFile) -> AsyncIterator[bytes]:
    while piece := await part.read(PIECE):
        yield piece


def _box(text: str | None) -> CropBox | None:
    if not text:
        return None
    try:
        x, y, size = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InvalidCrop("A part of the picture is three numbers: x,y,size.") from error
    return parse_crop(x, y, size)


def side_of(name: str) -> int:
    """Read a file's name like `256.webp`. Raises PictureNotFound."""
    found = NAME.fullmatch(name)
    if found is None:
        raise PictureNotFound
    return int(found[1])


def picture_answer(call: Call, file: PictureFile, cache_control: str) -> FileAnswer:
    """Return a stored WebP, in a box that no script gets out of."""
    head = FileHead(media_type="image/webp", tag=digest_tag(file.sha256), cache_control=cache_control, headers=FENCED)
    return FileAnswer(partial(call.ports.blobs.open, file.key), head)
