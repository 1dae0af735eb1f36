"""The one picture of many that is shown: first frames of animations, and files that hold more than a picture."""

import contextlib
import struct
from pathlib import Path

import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from efir.adapters.media.inspection.formats import av1
from efir.adapters.media.pictures import avif, avif_sequences, gif, icc_profiles, png
from efir.adapters.media.video.boxes import BoxesBroken
from efir.domain.pictures import picture
from efir.domain.pictures.crops import CropBox
from efir.domain.pictures.picture import PictureBroken, PictureKind, PictureRefused, PictureTooHeavy, PictureTypeRefused
from efir.ports.pictures import PictureOrder
from kit.media import charts
from kit.media.charts import Colour
from pictures.test_colours_of_files import NEAR, PLAIN, furthest, made
from pictures.test_conversion import made as converted
from pictures.test_conversion import pictures, read, shaped  # noqa: F401  # a fixture

pytestmark = pytest.mark.sampled(every=5)

WANTED = list(charts.colours())
CORNER = [line[:64] for line in PLAIN[:64]]  # sixteen patches
LEFT, TOP = 32, 16
"""Where it lies on the canvas: at patches of an even number."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("frames")


def in_corner(found: list[Colour]) -> tuple[list[Colour], set[int]]:
    """Colours where the corner was put, and the alphas of all the rest."""
    inside = [8 * row + column for row in range(1, 5) for column in range(2, 6)]
    return [found[n] for n in inside], {colour[3] for n, colour in enumerate(found) if n not in inside}


CORNER_COLOURS = [WANTED[8 * row + column] for row in range(4) for column in range(4)]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("brand", [b"avis", b"avif", b"msf1", b"mif1"])
def test_the_first_frame_of_an_avif_sequence_is_taken(room: Path, brand: bytes, mode: str) -> None:
    content = charts.avif(mode=mode, frames=3)
    assert content[8:12] == b"avis"
    found = made(room, content[:8] + brand + content[12:])
    wanted = charts.colours(len(mode))
    for one, other in zip(found, wanted, strict=True):
        assert abs(one[3] - (*other, 255)[3]) <= 2
        assert furthest([one[:3]], [other[:3]]) * (*other, 255)[3] / 255 <= NEAR + 2


async def test_a_confined_child_reads_a_sequence(pictures) -> None:  # noqa: ANN001, F811  # the fixture
    found = await converted(pictures, charts.avif(frames=2))
    assert furthest(charts.samples(read(found.files[0])), WANTED) <= NEAR + 2


def test_a_sequence_without_a_still_is_read(room: Path) -> None:
    content = charts.framed(charts.avif(frames=2), b"meta", b"free")
    assert furthest(made(room, content), WANTED) <= NEAR + 2


def test_a_sequence_counts_more_than_the_still_beside_it_only_where_the_file_says_so(room: Path) -> None:
    content, other = charts.avif(frames=2), charts.avif(values=WANTED[::-1])
    still = other[other.index(b"mdat") + 4 :]
    place = content.index(b"iloc") + 18  # offset and size of the item that is the still
    changed = content[:place] + struct.pack(">II", len(content) + 8, len(still)) + content[place + 8 :]
    changed += charts.box(b"free", still)
    assert furthest(made(room, changed), WANTED) <= NEAR + 2
    assert furthest(made(room, changed[:8] + b"avif" + changed[12:]), WANTED[::-1]) <= NEAR + 2


@pytest.mark.parametrize("part", [0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_a_sequence_cut_short_is_refused(room: Path, part: float, frames: int) -> None:
    content = charts.avif(frames=frames)
    with pytest.raises(PictureRefused) as refused:
        made(room, content[: int(len(content) * part)])
    assert refused.value.code == "image-broken"


def test_a_sequence_of_too_many_frames_is_refused_with_their_number(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "MAX_FRAMES", 4)
    with pytest.raises(PictureTooHeavy, match="has 5 frames; it may have 4"):
        made(room, charts.avif(frames=5))
    assert made(room, charts.avif(frames=4))


def test_turns_of_a_sequence_are_kept(room: Path) -> None:
    content = charts.avif(frames=2)
    at = content.index(b"ccst")  # a box of the first track as large as it needs to be
    content = content[:at] + b"irot\1" + bytes(7) + content[at + 12 :]
    upright = charts.image().transpose(Image.Transpose.ROTATE_90)
    assert furthest(made(room, content), charts.samples(charts.opened(charts.saved(upright, "PNG")))) <= NEAR + 2


@pytest.mark.parametrize("brand", [b"MA1A", b"miaf", b"avio"])
def test_an_avif_is_known_by_any_of_its_brands(room: Path, brand: bytes) -> None:
    content = charts.avif()
    assert furthest(made(room, content[:8] + brand + content[12:]), WANTED) <= NEAR + 2


def test_a_still_that_is_no_part_of_its_animation_is_not_shown(room: Path) -> None:
    assert furthest(made(room, charts.apng(PLAIN)), WANTED) <= NEAR
    inside, outside = in_corner(made(room, charts.apng(CORNER, LEFT, TOP)))
    assert furthest(inside, CORNER_COLOURS) <= NEAR
    assert outside == {0}


def test_the_colours_of_a_hidden_first_frame_are_converted(room: Path) -> None:
    plain = made(room, charts.png(PLAIN, charts.gamma(1.0)))
    assert furthest(made(room, charts.apng(PLAIN, 0, 0, charts.gamma(1.0))), plain) <= 1
    inside, outside = in_corner(made(room, charts.apng(CORNER, LEFT, TOP, charts.gamma(1.0))))
    assert furthest(inside, [plain[WANTED.index(colour)] for colour in CORNER_COLOURS]) <= NEAR
    assert outside == {0}


def test_a_still_that_is_the_first_frame_is_shown(room: Path) -> None:
    content = charts.saved(
        charts.image(), "PNG", save_all=True, append_images=[Image.new("RGB", (charts.WHOLE,) * 2, "red")], duration=99
    )
    assert b"acTL" in content
    assert furthest(made(room, content), WANTED) <= NEAR


def test_an_animation_cut_short_is_refused(room: Path) -> None:
    with pytest.raises(PictureBroken):
        made(room, charts.apng(PLAIN)[:-40])


@pytest.mark.parametrize(("left", "top"), [(100, 0), (0, 100), (2**31, 0)])
def test_a_first_frame_outside_of_its_canvas_leaves_the_still(room: Path, left: int, top: int) -> None:
    found = made(room, charts.apng(CORNER, left, top))
    assert furthest(found, [(255, 0, 0)] * 64) <= NEAR


def test_what_the_first_frame_of_a_gif_leaves_open_is_transparent(room: Path) -> None:
    inside, outside = in_corner(made(room, charts.gif(charts.image().crop((0, 0, 64, 64)), LEFT, TOP)))
    assert furthest(inside, CORNER_COLOURS) <= NEAR
    assert outside == {0}
    assert {colour[3] for colour in made(room, charts.gif(charts.image()))} == {255}


def test_a_gif_says_where_its_first_frame_lies_after_any_extensions() -> None:
    content = charts.gif(charts.image().crop((0, 0, 64, 64)), LEFT, TOP)
    at = content.index(b"\x2c" + struct.pack("<HH", LEFT, TOP))
    comment = b"\x21\xfe" + b"\x05hello" * 3 + b"\0" + b"\x21\xf9\x04\0\0\0\0\0"
    wanted = ((LEFT, TOP, 64, 64), (charts.WHOLE, charts.WHOLE))
    assert gif.first_frame(content) == gif.first_frame(content[:at] + comment + content[at:]) == wanted


def ultra_hdr() -> bytes:
    """A JPEG with a gain map after it, as phones take them."""
    light = charts.opened(charts.png(PLAIN)).colourspace("scrgb") * 2
    return bytes(light.copy(interpretation="scrgb").uhdrsave_buffer(Q=95))


def test_a_jpeg_with_a_gain_map_is_the_jpeg(room: Path) -> None:
    content = ultra_hdr()
    base = pyvips.Image.jpegload_buffer(content).icc_transform("srgb", embedded=True)
    assert furthest(made(room, content), charts.samples(base)) <= NEAR
    with pytest.raises(PictureBroken):
        made(room, content[: len(content) // 4])


@pytest.mark.parametrize("form", ["MPO", "JPEG"])
def test_pictures_behind_the_first_of_a_jpeg_are_left_alone(room: Path, form: str) -> None:
    red = Image.new("RGB", (charts.WHOLE, charts.WHOLE), "red")
    if form == "MPO":
        content = charts.saved(charts.image(), "MPO", save_all=True, append_images=[red], quality=98, subsampling=0)
    else:
        content = charts.saved(charts.image(), "JPEG", quality=98, subsampling=0) + charts.saved(red, "JPEG")
    assert furthest(made(room, content), WANTED) <= NEAR


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "JPEG", "AVIF", "WEBP"])
def test_pictures_lie_as_browsers_lay_them(room: Path, form: str, orientation: int) -> None:
    """Browsers heed EXIF in PNG and JPEG; Pillow says it in AVIF by the file's own means; in WebP it says nothing."""
    exif = Image.Exif()
    exif[0x112] = orientation
    options = {"lossless": True} if form == "WEBP" else {} if form == "PNG" else {"quality": 98}
    found = shaped(room, charts.saved(charts.image(), form, exif=exif.tobytes(), **options), working=True)
    turns = {
        1: None, 2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270",
        7: "TRANSVERSE", 8: "ROTATE_90",
    }  # fmt: skip
    turn = None if form == "WEBP" else turns[orientation]
    upright = charts.image() if turn is None else charts.image().transpose(Image.Transpose[turn])
    wanted = charts.samples(charts.opened(charts.saved(upright, "PNG")))
    assert len(found.files) == 4
    for file in found.files:
        assert furthest(charts.samples(read(file)), wanted) <= (12 if file.width > 64 else 40), file.width


def test_an_orientation_counts_for_converted_colours_too(room: Path) -> None:
    exif = Image.Exif()
    exif[0x112] = 6
    content = charts.saved(charts.image().crop((0, 0, 128, 80)), "PNG", exif=exif.tobytes())
    at = content.index(b"IDAT") - 4
    content = content[:at] + png.chunk(*charts.gamma(1.0)) + content[at:]
    whole = PictureOrder(PictureKind.AVATAR, CropBox(0, 0, 1))
    found = shaped(room, content, whole)
    assert (found.width, found.height) == (80, 128)
    turned = charts.image().crop((0, 0, 128, 80)).transpose(Image.Transpose.ROTATE_270)
    plain = charts.saved(turned, "PNG")
    at = plain.index(b"IDAT") - 4
    wanted = shaped(room, plain[:at] + png.chunk(*charts.gamma(1.0)) + plain[at:], whole)
    assert float((read(found.files[0]) - read(wanted.files[0])).abs().avg()) < 2


@pytest.mark.parametrize("width", [16_383, 4_000, 700])
@pytest.mark.parametrize("kind", PictureKind)
def test_a_panorama_within_the_limits_is_cut(room: Path, width: int, kind: PictureKind) -> None:
    strip = charts.opened(charts.png(PLAIN)).replicate(128, 2).crop(0, 0, width, 200)
    for crop in (None, CropBox(0.9, 0, 1), CropBox(0, 0, 1)):
        found = shaped(room, strip.jpegsave_buffer(), PictureOrder(kind, crop), working=True)
        assert (found.width, found.height) == (width, 200)
        assert all((read(file).width, read(file).height) == (file.width, file.height) for file in found.files)


@pytest.mark.parametrize(
    ("width", "height", "words"),
    [
        (20_000, 1_000, "20,000 pixels wide and 1,000 high; each side may have 16,383"),
        (16_384, 64, "16,384 pixels wide and 64 high; each side may have 16,383"),
        (64, 30_000, "64 pixels wide and 30,000 high; each side may have 16,383"),
        (10_000, 5_001, "50,010,000 pixels in all, of which it may have 50,000,000"),
        (300, 63, "300 pixels wide and 63 high; each side needs at least 64"),
    ],
)
def test_a_refusal_says_the_limit_that_is_passed(room: Path, width: int, height: int, words: str) -> None:
    flat = pyvips.Image.black(width, height)
    with pytest.raises(PictureRefused, match=words):
        shaped(room, flat.pngsave_buffer(compression=9))


PARSERS = [
    png.read_colours,
    png.first_frame,
    avif_sequences.first_frame,
    avif.read_colours,
    gif.first_frame,
    icc_profiles.read_colours,
    av1.code_points,
]
SEEDS = [
    charts.png(PLAIN, charts.gamma(1.0), charts.points(*charts.P3_POINTS), charts.code_points(9, 16)),
    charts.apng(CORNER, 8, 8),
    charts.png(PLAIN, charts.profile_chunk(charts.profile(2.2, named=(9, 16)))), charts.profile(2.2, named=(9, 16)),
    charts.gif(charts.image(), 0, 0),
]  # fmt: skip


@settings(deadline=None)
@given(st.data())
def test_no_bytes_break_a_reader(data: st.DataObject) -> None:
    seeds = [*SEEDS, charts.avif(), charts.avif(mode="RGBA", frames=2)]
    content = bytearray(data.draw(st.sampled_from(seeds)))
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), max_size=6)):
        content[place % len(content)] = value
    content = content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content
    for parser in PARSERS:
        with contextlib.suppress(BoxesBroken, PictureBroken):
            parser(bytes(content))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_rubbish_breaks_a_reader(content: bytes) -> None:
    for parser in PARSERS:
        with contextlib.suppress(BoxesBroken, PictureBroken):
            parser(content)


@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_a_changed_file_is_made_or_refused(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    content = bytearray(data.draw(st.sampled_from([*SEEDS[:3], SEEDS[4], charts.avif(mode="RGBA", frames=2)])))
    for place, value in data.draw(st.lists(st.tuples(st.integers(12, 1_500), st.integers(0, 255)), max_size=4)):
        content[place % len(content)] = value
    with contextlib.suppress(PictureRefused, PictureTypeRefused):
        shaped(tmp_path_factory.mktemp("changed"), bytes(content))
