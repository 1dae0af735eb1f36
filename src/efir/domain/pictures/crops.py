"""Cropping of pictures: crop boxes that always fit, and sizes that do not enlarge a picture too much."""

import math
from dataclasses import dataclass

from efir.domain.kernel.errors import FieldError, Invalid
from efir.domain.pictures.picture import SHAPES, PictureKind, Size

MAX_ENLARGED = 2
WORKING_LONG, WORKING_SHORT = 1_024, 512  # sides of the working copy from which a draft is cropped again


class InvalidCrop(Invalid):
    """The crop box lies outside the picture, or is not a valid box."""

    code = "invalid-crop"
    title = "The crop box is invalid"


@dataclass(frozen=True, slots=True)
class CropBox:
    """A crop box: left and top edge as fractions of the upright picture, `size` as a fraction of the largest box."""

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
    """Validate a requested crop box. Raises InvalidCrop naming each invalid number."""
    fits = {"x": 0 <= x < 1, "y": 0 <= y < 1, "size": 0 < size <= 1}
    given = {"x": x, "y": y, "size": size}
    wrong = [name for name, good in fits.items() if not good or not math.isfinite(given[name])]
    if wrong:
        detail = "A part of the picture is given by numbers from 0 to 1."
        raise InvalidCrop(detail, errors=tuple(FieldError(f"/{name}", "range", detail) for name in wrong))
    return CropBox(x, y, size)


def pixel_box(crop: CropBox, width: int, height: int, kind: PictureKind) -> Box:
    """Return a crop box in pixels in the shape of the kind: always inside the picture, never below the minimum side."""
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
    """Return the largest box in the shape of the kind, centred in the picture."""
    whole = pixel_box(CropBox(0, 0, 1), width, height, kind)
    return Box((width - whole.width) // 2, (height - whole.height) // 2, whole.width, whole.height)


def fitting(box_width: int, kind: PictureKind) -> tuple[Size, ...]:
    """Return the sizes that enlarge the crop box at most twice, and in any case the smallest."""
    sizes = SHAPES[kind].sizes
    return tuple(size for size in sizes if size[0] <= MAX_ENLARGED * box_width) or sizes[-1:]


def working_size(width: int, height: int) -> Size:
    """Return the size of a draft's working copy: small, but no side too short for cropping; never enlarged."""
    scale = min(1.0, max(WORKING_LONG / max(width, height), WORKING_SHORT / min(width, height)))
    return max(1, round(width * scale)), max(1, round(height * scale))
