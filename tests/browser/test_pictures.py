"""Pictures of every kind, made by us and shown by Chromium in an `<img>` on an ordinary screen: the same within WebP.

Left out on purpose: alpha and full range in AVIF sequences, which this Chromium reads as if they were of limited range.
"""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, Page

from efir.domain.pictures.colours import PRIMARIES, TRANSFERS
from kit.media import charts
from kit.media.charts import Colour, code_points, gamma, png, points, profile, profile_chunk
from pictures.test_colours_of_files import CLEAR, GREY, INDEXED, PALETTE, PLAIN, furthest
from pictures.test_conversion import read, shaped

pytestmark = pytest.mark.browser

NEAR = 6  # levels of 255
LOSSY_NEAR = 12  # where the coding of the source is lossy and what it lost is enlarged by its curve
SHOW = """async (source) => {
  const picture = document.querySelector("img");
  picture.src = source;
  await picture.decode();
}"""


def kinds_of_png() -> Iterator[tuple[str, bytes]]:
    """PNG in all the ways its chunks give it colours, and in all its kinds of values."""
    for value in (1.0, 0.45455, 0.43, 0.47, 0.55, 0.3, 2.5):
        yield f"png gamma {value}", png(PLAIN, gamma(value))
        yield f"png gamma {value} p3", png(PLAIN, gamma(value), points(*charts.P3_POINTS))
    yield "png primaries alone", png(PLAIN, points(*charts.P3_POINTS))
    yield "png primaries of nothing", png(PLAIN, gamma(1.0), points(*[0.0] * 8))
    yield "png srgb wins", png(PLAIN, gamma(1.0), charts.SRGB)
    yield "png profile wins", png(PLAIN, gamma(1.0), charts.SRGB, profile_chunk(profile(1.8)))
    yield "png broken profile", png(PLAIN, gamma(1.0), profile_chunk(b"rubbish" * 40))
    yield "png code points win", png(PLAIN, code_points(12, 13), profile_chunk(profile(1.0)))
    yield "png profile with code points", png(PLAIN, profile_chunk(profile(2.2, named=(12, 16))))
    for primaries in sorted(PRIMARIES):
        yield f"png primaries {primaries}", png(PLAIN, code_points(primaries, 13))
    for transfer in (*sorted(TRANSFERS), 2, 9, 12, 19):
        yield f"png transfer {transfer}", png(PLAIN, code_points(9, transfer))
    for full in (0, 1):
        yield f"png range {full}", png(PLAIN, code_points(9, 16, full=full))
    for values, options, name in (
        (GREY, {"kind": 0}, "grey"), (INDEXED, {"kind": 0, "depth": 4}, "4 bits"),
        (INDEXED, {"kind": 3, "depth": 4, "palette": PALETTE}, "palette"),
        (INDEXED, {"kind": 3, "depth": 4, "palette": [*PALETTE, (b"tRNS", bytes(range(0, 256, 16)))]}, "clear palette"),
        (CLEAR, {"kind": 6}, "alpha"), (charts.colours(2), {"kind": 4}, "grey with alpha"),
        (charts.colours(3, 65_535), {"depth": 16}, "16 bits"),
    ):  # fmt: skip
        yield f"png {name}", png(charts.rows(values), **options)
        yield f"png {name} gamma", png(charts.rows(values), gamma(0.6), **options)
        yield f"png {name} profile", png(charts.rows(values), profile_chunk(profile(1.8)), **options)


def kinds_of_avif() -> Iterator[tuple[str, bytes]]:
    """AVIF with each meaning of its values, in both ranges, with and without turns."""
    for span in ("full", "limited"):
        content = charts.avif(range=span)
        for primaries, transfer in (
            (1, 13),
            (1, 1),
            (2, 2),
            (12, 13),
            (9, 14),
            (9, 16),
            (9, 18),
            (1, 8),
            (12, 2),
            (2, 4),
            (0, 16),
        ):
            yield f"lossy avif {span} {primaries} {transfer}", charts.renamed(content, primaries, transfer)
    for transfer in ("smpte2084", "arib-std-b67"):
        content = charts.coded_avif("bt2020", transfer)
        yield f"lossy avif 10 bits {transfer}", content
        yield f"lossy avif 10 bits {transfer} without a box", content.replace(b"colrnclx", b"freenclx")
    yield "lossy avif grey", charts.saved(charts.image("L"), "AVIF", quality=100, subsampling="4:0:0")
    yield "lossy avif profile", charts.avif(icc_profile=profile(1.8))
    for on_tiles, on_grid in ((True, True), (False, True), (True, False)):
        content = charts.grid_avif(12, 13, on_tiles=on_tiles, on_grid=on_grid)
        yield f"lossy avif grid {on_tiles} {on_grid}", content
    sequence = charts.avif(frames=2)
    for brand in (b"avis", b"avif", b"msf1", b"mif1"):
        yield f"lossy avif sequence {brand.decode()}", sequence[:8] + brand + sequence[12:]
    for primaries, transfer in ((12, 13), (9, 16)):
        yield f"lossy avif sequence {primaries} {transfer}", charts.renamed(sequence, primaries, transfer)


def kinds_of_others() -> Iterator[tuple[str, bytes]]:
    """Other formats: profiles, ink, animations, turns, pictures behind pictures."""
    sharp: dict[str, Any] = {"quality": 98, "subsampling": 0}
    red = Image.new("RGB", (charts.WHOLE, charts.WHOLE), "red")
    yield "jpeg", charts.saved(charts.image(), "JPEG", **sharp)
    yield "jpeg progressive", charts.saved(charts.image(), "JPEG", progressive=True, **sharp)
    yield "jpeg rgb", charts.saved(charts.image(), "JPEG", keep_rgb=True, **sharp)
    yield "jpeg ink", charts.saved(charts.image("CMYK"), "JPEG", **sharp)
    yield (
        "jpeg ink with a profile of light",
        charts.saved(charts.image("CMYK"), "JPEG", icc_profile=profile(1.0), **sharp),
    )
    for space in (b"RGB ", b"GRAY", b"CMYK"):
        for mode in ("RGB", "L"):
            options = {"quality": 98, "icc_profile": profile(1.8, space)} | (
                {"subsampling": 0} if mode == "RGB" else {}
            )
            if (space, mode) != (b"GRAY", "L"):  # Chromium takes no profiles of grey, we do
                yield f"jpeg {mode} profile {space.decode()}", charts.saved(charts.image(mode), "JPEG", **options)
    yield "mpo", charts.saved(charts.image(), "MPO", save_all=True, append_images=[red], **sharp)
    moving: dict[str, Any] = {"save_all": True, "append_images": [red], "duration": 9_999}
    yield "webp", charts.saved(charts.image(), "WEBP", lossless=True)
    yield "webp alpha", charts.saved(charts.image("RGBA"), "WEBP", lossless=True, exact=True)
    yield "webp profile", charts.saved(charts.image(), "WEBP", lossless=True, icc_profile=profile(1.8))
    yield "webp animation", charts.saved(charts.image(), "WEBP", lossless=True, **moving)
    yield "gif animation", charts.saved(charts.image().quantize(64), "GIF", **moving)
    yield "gif corner", charts.gif(charts.image().crop((0, 0, 64, 64)), 32, 16)
    yield "apng", charts.saved(charts.image(), "PNG", **moving)
    yield "apng hidden still", charts.apng(PLAIN)
    yield "apng hidden still gamma", charts.apng(PLAIN, 0, 0, gamma(1.0))
    yield "apng hidden still corner", charts.apng([line[:64] for line in PLAIN[:64]], 32, 16)
    for orientation in (2, 3, 6, 7):
        exif = Image.Exif()
        exif[0x112] = orientation
        fine = {"quality": 100, "subsampling": "4:4:4"}
        for form, options in (("JPEG", sharp), ("PNG", {}), ("WEBP", {"lossless": True}), ("AVIF", fine)):
            content = charts.saved(charts.image(), form, exif=exif.tobytes(), **options)
            yield f"{form.lower()} turned {orientation}", content


@pytest.fixture
async def page(browser: Browser) -> Any:
    context = await browser.new_context(viewport={"width": 300, "height": 300})
    yield await context.new_page()
    await context.close()


async def shown(page: Page, content: bytes, ground: int) -> list[Colour]:
    """Middles of the patches as the screen shows them on a ground of white or black."""
    await page.set_content(
        f"<body style='margin:0;background:rgb({ground} {ground} {ground})'><img style='display:block'>"
    )
    await page.evaluate(SHOW, "data:image/x;base64," + base64.b64encode(content).decode())
    side = charts.WHOLE
    screen = await page.screenshot(clip={"x": 0, "y": 0, "width": side, "height": side})
    return [colour[:3] for colour in charts.samples(charts.opened(screen))]


def laid(colours: list[Colour], ground: int) -> list[Colour]:
    """Colours with alpha, laid on a ground."""
    return [tuple((part * alpha + ground * (255 - alpha)) / 255 for part in parts) for *parts, alpha in colours]


@pytest.mark.parametrize("kinds", [kinds_of_png, kinds_of_avif, kinds_of_others])
async def test_pictures_look_as_in_a_browser(
    page: Page, tmp_path: Path, kinds: Callable[[], Iterator[tuple[str, bytes]]]
) -> None:
    apart, count = {}, 0
    for name, content in kinds():
        ours = charts.samples(read(shaped(tmp_path, content).files[0]))
        count += 1
        for ground in (255, 0):
            far = furthest(laid(ours, ground), await shown(page, content, ground))
            if far > (LOSSY_NEAR if name.startswith("lossy") else NEAR):
                apart[name, ground] = round(far, 1)
    assert apart == {}
    assert count > 20
