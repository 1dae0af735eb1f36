"""Cutting pictures: boxes that always fit, sizes that need no pixels that are not there."""

import math
from dataclasses import dataclass

from efir.domain.kernel.errors import FieldError, Invalid
from efir.domain.pictures.picture import SHAPES, PictureKind, Size

MAX_ENLARGED = 2
WORKING_LONG, WORKING_SHORT = 1_024, 512  # sides of the copy a draft is cut from again


class InvalidCrop(Invalid):
    """The box lies outside the picture, or is not a box."""

    code = "invalid-crop"
    title = "The picture cannot be cropped like this"


@dataclass(frozen=True, slots=True)
class CropBox:
    """Left and top edge in fractions of the upright picture; `size` in fractions of the largest box that fits."""

    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels."""

    left: int
    top: int
    width: int
    height: int


def parse_crop(x: float, y: float, size: float) -> CropBox:
    """Check a wanted box. Raises InvalidCrop naming each wrong number."""
    fits = {"x": 0 <= x < 1, "y": 0 <= y < 1, "size": 0 < size <= 1}
    given = {"x": x, "y": y, "size": size}
    wrong = [name for name, good in fits.items() if not good or not math.isfinite(given[name])]
    if wrong:
        detail = "A part of the picture is given by numbers from 0 to 1."
        raise InvalidCrop(detail, errors=tuple(FieldError(f"/{name}", "range", detail) for name in wrong))
    return CropBox(x, y, size)


def pixel_box(crop: CropBox, width: int, height: int, kind: PictureKind) -> Box:
    """Place a box of the kind's shape on a picture: always inside it, never smaller than what may be sent."""
    across, down = SHAPES[kind].sizes[0]
    whole_width = min(width, height * across / down)
    whole_height = whole_width * down / across
    part = min(1.0, max(crop.size, SHAPES[kind].least / max(1.0, min(whole_width, whole_height))))
    box_width = min(width, max(1, round(whole_width * part)))
    box_height = min(height, max(1, round(whole_height * part)))
    left = min(round(crop.x * width), width - box_width)
    top = min(round(crop.y * height), height - box_height)
    return Box(left, top, box_width, box_height)


def largest_box(width: int, height: int, kind: PictureKind) -> Box:
    """Place the largest box in the middle."""
    whole = pixel_box(CropBox(0, 0, 1), width, height, kind)
    return Box((width - whole.width) // 2, (height - whole.height) // 2, whole.width, whole.height)


def fitting(box_width: int, kind: PictureKind) -> tuple[Size, ...]:
    """Return the sizes that need no more than twice the pixels there are; the smallest always."""
    sizes = SHAPES[kind].sizes
    return tuple(size for size in sizes if size[0] <= MAX_ENLARGED * box_width) or sizes[-1:]


def working_size(width: int, height: int) -> Size:
    """Return the size of the copy a draft keeps: small, but no side too short to be cut from; never enlarged."""
    scale = min(1.0, max(WORKING_LONG / max(width, height), WORKING_SHORT / min(width, height)))
    return max(1, round(width * scale)), max(1, round(height * scale))
