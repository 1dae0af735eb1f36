"""What the values of a picture mean: the chunks, boxes and profiles that say so, each with the pixels that follow."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pyvips

from efir.adapters.media.pictures.png import chunk
from efir.domain.pictures.colours import TRANSFERS, srgb_value
from kit.media import charts
from kit.media.charts import Chunk, Colour, code_points, gamma, png, points, profile, profile_chunk
from pictures.test_conversion import read, shaped

pytestmark = pytest.mark.sampled(every=5)

NEAR = 4  # levels of 255 that WebP may cost in the middle of a patch
PLAIN = charts.rows(charts.colours())


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("colours")


def made(room: Path, content: bytes) -> list[Colour]:
    """Middles of the patches of what becomes of a chart."""
    found = shaped(room, content)
    return charts.samples(read(found.files[0]))


def furthest(found: list[Colour], wanted: list[Colour]) -> float:
    return max(abs(a - b) for one, other in zip(found, wanted, strict=True) for a, b in zip(one, other, strict=False))


def through(curve: Callable[[float], float], values: Any = None, top: int = 255) -> list[Colour]:
    """Colours of the patches, each value through a curve to light."""
    values = values or charts.colours()
    return [tuple(round(255 * srgb_value(curve(value / top))) for value in colour) for colour in values]


def test_a_png_of_plain_light_is_shown_as_light(room: Path) -> None:
    (colour, *_) = made(room, png(charts.rows([(55, 55, 55)] * 64), gamma(1.0)))
    assert all(abs(value - 128) <= 1 for value in colour[:3])


@pytest.mark.parametrize("value", [1.0, 0.3, 0.55, 0.6, 2.0, 0.05])
def test_the_gamma_of_a_png_is_heeded(room: Path, value: float) -> None:
    wanted = through(lambda part: part ** (1 / value))
    assert furthest(made(room, png(PLAIN, gamma(value))), wanted) <= NEAR


@pytest.mark.parametrize(
    "chunks",
    [
        (), (gamma(0.45455),), (gamma(1.0), charts.SRGB), (charts.SRGB, gamma(1.0)), (points(*charts.P3_POINTS),),
        (gamma(0),), (gamma(1.0), points(*[0.0] * 8)), (profile_chunk(charts.srgb_profile()), gamma(1.0)),
        (code_points(1, 13), gamma(1.0)),
        (code_points(2, 2),), (code_points(12, 2),), (code_points(1, 9),), (code_points(12, 13, full=0),),
        ((b"gAMA", b"\1"),), ((b"cICP", bytes([12, 13, 0, 1, 0])),),
        (code_points(1, 13), profile_chunk(profile(1.0))), (profile_chunk(b"rubbish" * 40), charts.SRGB, gamma(1.0)),
    ],
)  # fmt: skip
def test_a_png_that_means_srgb_is_left_alone(room: Path, chunks: tuple[Chunk, ...]) -> None:
    assert furthest(made(room, png(PLAIN, *chunks)), list(charts.colours())) <= NEAR


@pytest.mark.parametrize(
    "chunks",
    [
        (profile_chunk(profile(1.0)), gamma(0.45455)), (profile_chunk(profile(1.0)), charts.SRGB),
        (code_points(1, 8), charts.SRGB), (code_points(1, 8), profile_chunk(charts.srgb_profile())),
        (profile_chunk(b"rubbish" * 40), gamma(1.0)), (profile_chunk(profile(2.0, b"GRAY")), gamma(1.0)),
        (code_points(2, 13), gamma(1.0)), (gamma(1.0), gamma(0.45455)),
        (profile_chunk(profile(2.0, named=(1, 8))),),
    ],
)  # fmt: skip
def test_what_says_most_about_colours_wins(room: Path, chunks: tuple[Chunk, ...]) -> None:
    assert furthest(made(room, png(PLAIN, *chunks)), through(lambda part: part)) <= NEAR


def test_a_chunk_with_a_wrong_check_sum_says_nothing(room: Path) -> None:
    content = bytearray(png(PLAIN, gamma(1.0)))
    content[content.index(b"gAMA") + 9] ^= 0xFF
    assert furthest(made(room, bytes(content)), list(charts.colours())) <= NEAR


def test_primaries_of_a_png_are_heeded(room: Path) -> None:
    wide = made(room, png(PLAIN, gamma(0.45455), points(*charts.P3_POINTS)))
    same = made(room, png(PLAIN, code_points(12, 4)))
    assert furthest(wide, same) <= 2
    assert furthest(wide, list(charts.colours())) > 50
    assert furthest(wide[:8], through(lambda part: part**2.2)[:8]) <= NEAR  # grey stays grey


DEEP = charts.colours(top=65_535)
GREY, GREY_DEEP = charts.colours(1), charts.colours(1, 65_535)
CLEAR = charts.colours(4)
TINTED = [tuple(range(n, n + 3)) for n in range(0, 240, 15)]
INDEXED = [(n % 16,) for n in range(64)]
PALETTE = [(b"PLTE", bytes(value for colour in TINTED for value in colour))]
KINDS: dict[str, tuple[Any, dict[str, Any], Any, int]] = {
    "16 bits": (DEEP, {"depth": 16}, DEEP, 65_535),
    "grey": (GREY, {"kind": 0}, [colour * 3 for colour in GREY], 255),
    "16 bits of grey": (GREY_DEEP, {"kind": 0, "depth": 16}, [colour * 3 for colour in GREY_DEEP], 65_535),
    "4 bits of grey": (INDEXED, {"kind": 0, "depth": 4}, [colour * 3 for colour in INDEXED], 15),
    "palette": (INDEXED, {"kind": 3, "depth": 4, "palette": PALETTE}, [TINTED[n] for (n,) in INDEXED], 255),
}


@pytest.mark.parametrize("name", KINDS)
def test_colours_are_converted_in_every_kind_of_png(room: Path, name: str) -> None:
    values, options, wanted, top = KINDS[name]
    assert (
        furthest(made(room, png(charts.rows(values), gamma(1.0), **options)), through(lambda part: part, wanted, top))
        <= NEAR
    )


def test_alpha_is_no_colour(room: Path) -> None:
    found = made(room, png(charts.rows(CLEAR), gamma(1.0), kind=6))
    wanted = through(lambda part: part, CLEAR)
    for colour, light, (*_, alpha) in zip(found, wanted, CLEAR, strict=True):
        assert abs(colour[3] - alpha) <= 1
        assert max(abs(a - b) * alpha / 255 for a, b in zip(colour[:3], light[:3], strict=True)) <= NEAR


def test_sixteen_bits_of_alpha_are_eight_afterwards(room: Path) -> None:
    clear = charts.colours(4, 65_535)
    found = made(room, png(charts.rows(clear), gamma(1.0), kind=6, depth=16))
    assert max(abs(colour[3] - alpha // 256) for colour, (*_, alpha) in zip(found, clear, strict=True)) <= 1


def test_a_transparent_entry_of_a_palette_stays_transparent(room: Path) -> None:
    palette = [*PALETTE, (b"tRNS", bytes([0, 128]))]
    found = made(room, png(charts.rows(INDEXED), gamma(1.0), kind=3, depth=4, palette=palette))
    assert [colour[3] for colour in found[:3]] == [0, 128, 255]


@pytest.mark.parametrize(("transfer", "white"), [(16, 0.5807), (18, 0.75)], ids=["pq", "hlg"])
def test_hdr_is_toned_down_in_order_and_not_cut(room: Path, transfer: int, white: float) -> None:
    steps = [(value, value, value) for value in range(0, 65_536, 1024)]
    content = png(charts.rows(steps), code_points(9, transfer), depth=16)
    found = [colour[0] for colour in made(room, content)]
    assert found == sorted(found)
    assert found[0] == 0
    paper = found[round(white * 64)]
    assert 175 <= paper <= 195, "paper white is dimmed to half its light, 188"
    assert found[round(white * 64) + 4] > paper + 15, "what is brighter than paper is still told apart"
    assert found[-1] >= 250 or transfer == 18


@pytest.mark.parametrize("orientation", [1, 6])
def test_large_hdr_pictures_are_made_of_fewer_values_and_look_the_same(room: Path, orientation: int) -> None:
    small = charts.opened(png(PLAIN))
    large = small.resize(24, kernel="nearest").copy()
    large.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    content = large.pngsave_buffer(compression=1)
    at = content.index(b"IDAT") - 4
    found = made(room, content[:at] + chunk(*code_points(9, 16)) + content[at:])
    wanted = made(room, png(PLAIN, code_points(9, 16)))
    turned = [wanted[8 * (7 - column) + row] for row in range(8) for column in range(8)]
    assert furthest(found, wanted if orientation == 1 else turned) <= 2 * NEAR


def test_the_peak_of_a_picture_decides_how_much_is_dimmed(room: Path) -> None:
    steps = [(148, 148, 148)] * 64  # 203 cd/m² in PQ
    peaks = (100, 203, 400, 1_000, 4_000)
    chunks = [(b"cLLI", struct.pack(">II", peak * 10_000, 1)) for peak in peaks]
    found = [made(room, png(charts.rows(steps), code_points(9, 16), peak))[0][0] for peak in chunks]
    assert found == sorted(found, reverse=True)
    assert found[0] >= 253
    assert abs(found[3] - 188) <= 2
    assert found[4] == found[3] == made(room, png(charts.rows(steps), code_points(9, 16)))[0][0]
    dim = [(130, 130, 130)] * 64  # 100 cd/m²
    for peak, half in ((chunks[0], False), (chunks[3], True)):
        light = TRANSFERS[16](130 / 255) / (2 if half else 1)
        assert abs(made(room, png(charts.rows(dim), code_points(9, 16), peak))[0][0] - 255 * srgb_value(light)) <= 2
    display = (b"mDCV", struct.pack(">8H2I", *[1] * 8, 400 * 10_000, 1))
    assert made(room, png(charts.rows(steps), code_points(9, 16), display))[0][0] == found[2]


def test_the_code_points_of_an_avif_are_heeded(room: Path) -> None:
    content = charts.avif(range="full")
    assert furthest(made(room, charts.renamed(content, 1, 8)), through(lambda part: part)) <= NEAR + 2
    for primaries, transfer, count in ((12, 13, 64), (9, 16, 8), (9, 18, 8)):  # PQ makes more of what AV1 has lost
        wanted = made(room, png(PLAIN, code_points(primaries, transfer)))
        assert furthest(made(room, charts.renamed(content, primaries, transfer))[:count], wanted[:count]) <= NEAR + 2
    for same in ((1, 1), (2, 2), (1, 6)):
        assert furthest(made(room, charts.renamed(content, *same)), list(charts.colours())) <= NEAR


def test_an_avif_without_code_points_means_those_of_its_stream(room: Path) -> None:
    """Libaom writes sequence headers of two kinds: one for stills and a full one."""
    for still in (True, False):
        content = charts.coded_avif("bt2020", "smpte2084", still=still)
        assert b"colrnclx" in content
        told = made(room, content)
        assert furthest(made(room, content.replace(b"colrnclx", b"freenclx")), told) <= 1
        assert furthest(made(room, charts.renamed(content, 1, 13)), told) > 50


@pytest.mark.parametrize(("on_tiles", "on_grid"), [(True, True), (False, True), (True, False)])
def test_the_code_points_of_a_grid_are_its_own_or_those_of_its_tiles(
    room: Path, *, on_tiles: bool, on_grid: bool
) -> None:
    content = charts.grid_avif(1, 8, on_tiles=on_tiles, on_grid=on_grid)
    assert furthest(made(room, content), through(lambda part: part)) <= NEAR + 3


def test_the_profile_of_an_avif_counts_more_than_its_code_points(room: Path) -> None:
    content = charts.renamed(charts.avif(icc_profile=profile(1.0)), 12, 16)
    assert furthest(made(room, content), through(lambda part: part)) <= NEAR + 2


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_a_profile_that_names_hdr_is_taken_at_its_word(room: Path, form: str) -> None:
    content = charts.saved(charts.image(), form, quality=98, icc_profile=profile(2.2, named=(9, 16)))
    wanted = made(room, png(PLAIN, code_points(9, 16)))
    assert furthest(made(room, content)[:8], wanted[:8]) <= NEAR + 3


def test_the_colours_of_a_profile_count_for_grey_too(room: Path) -> None:
    content = charts.saved(charts.image("L"), "JPEG", quality=98, icc_profile=profile(1.0))
    assert furthest(made(room, content), through(lambda part: part, [colour * 3 for colour in GREY])) <= NEAR


def ink(*, adobe: bool, options: dict[str, Any]) -> bytes:
    content = charts.saved(charts.image("CMYK"), "JPEG", quality=98, subsampling=0, **options)
    at = content.index(b"\xff\xee")
    return content if adobe else content[:at] + content[at + 2 + int.from_bytes(content[at + 2 : at + 4], "big") :]


@pytest.mark.parametrize("adobe", [True, False])
@pytest.mark.parametrize("options", [{}, {"icc_profile": profile(1.0)}], ids=["", "profile of another kind"])
def test_ink_without_a_profile_takes_its_share_of_light(room: Path, *, adobe: bool, options: dict[str, Any]) -> None:
    wanted = [tuple((255 - part) * (255 - black) / 255 for part in inks) for *inks, black in charts.colours(4)]
    assert furthest(made(room, ink(adobe=adobe, options=options)), wanted) <= NEAR


def test_ink_with_a_profile_is_seen_through_it(room: Path) -> None:
    sound = pyvips.Image.new_from_buffer(png(PLAIN), "").icc_transform("cmyk", input_profile="srgb")
    content = sound.jpegsave_buffer(Q=98, keep="icc", subsample_mode="off")
    grey = [colour[:3] for colour in made(room, content)[:8]]
    assert all(max(colour) - min(colour) < 12 for colour in grey)
    assert [colour[0] for colour in grey] == sorted(colour[0] for colour in grey)
