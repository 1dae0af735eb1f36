"""Makes the sizes of one picture with libvips, inside the sandbox; what was made is listed on standard output.

Runs as `python -m efir.adapters.media.pictures.picture_worker ORDER` in a folder of its own: it loads everything,
waits for one line in the pipe ORDER, does that one piece of work on the file `source`, and ends. Crops made for each
size would differ, so one is made and shrunk.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyvips

from efir.adapters.media.pictures.opening import Source, open_picture
from efir.adapters.media.pictures.thumbhash import thumbhash
from efir.domain.pictures.crops import Box, CropBox, fitting, largest_box, pixel_box, working_size
from efir.domain.pictures.picture import SHAPES, PictureBroken, PictureKind, PictureRefused, PictureTypeRefused, Size

SOURCE = "source"
QUALITY, EFFORT = 80, 4
WORKING_QUALITY, WORKING_EFFORT = 90, 0
SUBSAMPLED_SMARTLY = 128  # pixels; up to this the halved colours show
HASHED = 32


def main() -> None:
    """Wait for an order, do it, tell what was made or why not."""
    pyvips.cache_set_max(0)
    _warm()
    with Path(sys.argv[1]).open(encoding="utf-8") as orders:
        line = orders.readline()
    if not line:
        return
    for told in answers(json.loads(line)):
        print(json.dumps(told), flush=True)  # noqa: T201  # the parent reads it


def answers(order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Do an order on the file `source`: what was made, then the working copy; or why nothing was."""
    try:
        kind = PictureKind(order["kind"])
        source = open_picture(SOURCE)
        upright = source.check_header(kind)
        yield shape(source, upright, kind, order["crop"])
        if order["working"]:
            yield _working_copy(source, upright)
    except (PictureRefused, PictureTypeRefused) as error:
        yield {"refused": error.code, "detail": error.detail}
    except pyvips.Error:  # its text may name the person's data
        yield {"refused": PictureBroken.code}


def shape(source: Source, upright: Size, kind: PictureKind, crop: list[float] | None) -> dict[str, Any]:
    """Decode once, cut once, derive every size from that cut."""
    width, height = upright
    if crop is None:
        across, down = fitting(largest_box(width, height, kind).width, kind)[0]
        cut = source.shrink(across, down, crop="attention" if SHAPES[kind].attention else "centre")
    else:
        cut = _cut(source, pixel_box(CropBox(*crop), width, height, kind), (width, height), kind)
    cut = cut.copy_memory()
    files = [_save(_resize(cut, size)) for size in SHAPES[kind].sizes if size[0] <= cut.width]
    return {"width": width, "height": height, "files": files, "thumbhash": _hash(cut)}


def _warm() -> None:
    """Load the codecs before anybody waits for them."""
    small = pyvips.Image.black(8, 8, bands=3).copy(interpretation="srgb")
    small.thumbnail_image(4).webpsave_buffer(Q=QUALITY, effort=0)


def _cut(source: Source, box: Box, upright: Size, kind: PictureKind) -> Any:
    """Cut a box to the largest size that its pixels fill, decoding no more of them than that needs."""
    size = fitting(box.width, kind)[0]
    scale = min(1.0, max(size[0] / box.width, size[1] / box.height))
    wide, high = (max(1, round(side * scale)) for side in upright)
    whole = source.shrink(wide, high, size="force")
    across, down = min(whole.width, round(box.width * scale)), min(whole.height, round(box.height * scale))
    left, top = (round(edge * scale) for edge in (box.left, box.top))
    part = whole.extract_area(min(left, whole.width - across), min(top, whole.height - down), across, down)
    return _resize(part, size)


def _resize(image: Any, size: Size) -> Any:
    if (image.width, image.height) == size:
        return image
    return image.thumbnail_image(size[0], height=size[1], size="force")


def _save(image: Any) -> dict[str, Any]:
    smart = image.width <= SUBSAMPLED_SMARTLY
    image.webpsave(f"{image.width}.webp", Q=QUALITY, effort=EFFORT, smart_subsample=smart, keep="none")
    return {"width": image.width, "height": image.height}


def _working_copy(source: Source, upright: Size) -> dict[str, Any]:
    """Keep the whole picture, small and upright, for as long as its draft may be cut again."""
    image = source.shrink(*working_size(*upright), size="down")
    image.webpsave("working.webp", Q=WORKING_QUALITY, effort=WORKING_EFFORT, keep="none")
    return {"width": image.width, "height": image.height}


def _hash(image: Any) -> str:
    small = image.thumbnail_image(HASHED, height=HASHED, size="down")
    if not small.hasalpha():
        small = small.addalpha()
    return thumbhash(small.width, small.height, bytes(small.cast("uchar").write_to_memory())).hex()


if __name__ == "__main__":
    main()
