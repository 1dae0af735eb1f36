"""Rules of pictures: formats by their bytes, gates, boxes that always fit."""

import math
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from efir.domain.pictures.crops import CropBox, InvalidCrop, fitting, largest_box, parse_crop, pixel_box, working_size
from efir.domain.pictures.picture import (
    SHAPES,
    PictureFormat,
    PictureKind,
    PictureNotFound,
    PictureRefused,
    PictureTooHeavy,
    PictureTooManyPixels,
    PictureTooSmall,
    PictureTypeRefused,
    admit,
    sniff,
    stored_width,
)

KINDS = st.sampled_from(PictureKind)
SIDES = st.integers(64, 16_383)
PARTS = st.floats(0, 1, exclude_max=True)
SIZES = st.floats(0, 1, exclude_min=True)


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b"\xff\xd8\xff\xe0", PictureFormat.JPEG),
        (b"\x89PNG\r\n\x1a\n....", PictureFormat.PNG),
        (b"GIF87a", PictureFormat.GIF),
        (b"GIF89a", PictureFormat.GIF),
        (b"RIFF....WEBPVP8 ", PictureFormat.WEBP),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1avif", PictureFormat.AVIF),
        (b"\0\0\0\x1cftypmif1\0\0\0\0miafavif", PictureFormat.AVIF),
    ],
)
def test_a_format_is_told_by_its_first_bytes(head: bytes, known: PictureFormat) -> None:
    assert sniff(head) is known


@pytest.mark.parametrize(
    "head",
    [
        b"", b"<svg xmlns='http://www.w3.org/2000/svg'>", b"<!doctype html>", b"%PDF-1.7", b"BM\0\0", b"II*\0",
        b"MM\0*", b"8BPS", b"\0\0\1\0", b"RIFF....WAVE", b"\x89PNG", b"GIF88a", b"\xff\xd8",
        b"\0\0\0\x18ftypisom\0\0\0\0mp42",
    ],
)  # fmt: skip
def test_anything_else_is_refused_before_a_decoder_sees_it(head: bytes) -> None:
    with pytest.raises(PictureTypeRefused):
        sniff(head)


def test_a_heic_picture_is_refused_by_name() -> None:
    with pytest.raises(PictureTypeRefused, match="HEIC"):
        sniff(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")


@given(st.binary(max_size=80))
def test_sniffing_never_breaks(head: bytes) -> None:
    with suppress(PictureTypeRefused):
        assert sniff(head) in PictureFormat


@pytest.mark.parametrize(
    ("width", "height", "frames", "error"),
    [
        (10_000, 5_001, 1, PictureTooManyPixels),
        (16_384, 64, 1, PictureTooManyPixels),
        (100_000, 100_000, 1, PictureTooManyPixels),
        (63, 500, 1, PictureTooSmall),
        (500, 63, 1, PictureTooSmall),
        (500, 500, 1_001, PictureTooHeavy),
    ],
)
def test_the_header_alone_is_enough_to_refuse(
    width: int, height: int, frames: int, error: type[PictureRefused]
) -> None:
    with pytest.raises(error):
        admit(width, height, frames=frames, kind=PictureKind.AVATAR)


def test_a_thumbnail_needs_more_pixels_than_an_avatar() -> None:
    admit(64, 64, frames=1, kind=PictureKind.AVATAR)
    with pytest.raises(PictureTooSmall, match="160"):
        admit(159, 200, frames=1, kind=PictureKind.THUMBNAIL)


@given(KINDS, SIDES, SIDES, PARTS, PARTS, SIZES)
def test_a_box_is_inside_the_picture_and_has_the_shape_of_its_kind(
    kind: PictureKind, width: int, height: int, x: float, y: float, size: float
) -> None:
    assume(min(width, height) >= SHAPES[kind].least)
    box = pixel_box(parse_crop(x, y, size), width, height, kind)
    assert 0 <= box.left <= width - box.width
    assert 0 <= box.top <= height - box.height
    assert min(box.width, box.height) >= 1
    across, down = SHAPES[kind].sizes[0]
    assert abs(box.width - box.height * across / down) <= across / down + 1
    assert box.width + 1 >= min(SHAPES[kind].least, largest_box(width, height, kind).width)


@given(KINDS, SIDES, SIDES)
def test_the_largest_box_touches_two_sides_and_is_in_the_middle(kind: PictureKind, width: int, height: int) -> None:
    box = largest_box(width, height, kind)
    assert box.width == width or box.height == height
    assert abs(2 * box.left + box.width - width) <= 1
    assert abs(2 * box.top + box.height - height) <= 1


@pytest.mark.parametrize("crop", [(-0.1, 0, 1), (0, 1, 1), (0, 0, 0), (0, 0, 1.1), (math.nan, 0, 1), (0, math.inf, 1)])
def test_a_box_outside_the_picture_is_refused(crop: tuple[float, float, float]) -> None:
    with pytest.raises(InvalidCrop) as refused:
        parse_crop(*crop)
    assert len(refused.value.errors) == 1


@given(KINDS, st.integers(1, 20_000))
def test_no_size_is_enlarged_more_than_twice_but_the_smallest(kind: PictureKind, width: int) -> None:
    sizes = fitting(width, kind)
    assert sizes
    assert all(across <= 2 * width for across, _ in sizes) or sizes == SHAPES[kind].sizes[-1:]
    assert list(sizes) == [size for size in SHAPES[kind].sizes if size in sizes]


@given(SIDES, SIDES)
def test_a_working_copy_is_small_and_can_be_cut_from(width: int, height: int) -> None:
    across, down = working_size(width, height)
    assert across <= width
    assert down <= height
    assert min(across, down) >= min(512, width, height) - 1
    assert max(across, down) <= max(1024, math.ceil(512 * max(width, height) / min(width, height)))
    assert abs(across / width - down / height) <= 1 / min(width, height)


def test_a_small_picture_answers_for_the_sizes_it_cannot_fill() -> None:
    assert stored_width(512, [128, 64], PictureKind.AVATAR) == 128
    assert stored_width(64, [128, 64], PictureKind.AVATAR) == 64
    for asked, stored in ((100, [64]), (512, [])):
        with pytest.raises(PictureNotFound):
            stored_width(asked, stored, PictureKind.AVATAR)


def test_a_box_smaller_than_what_may_be_sent_grows_to_that() -> None:
    assert pixel_box(CropBox(0.5, 0.5, 0.0001), 1000, 800, PictureKind.AVATAR).width == 64
