"""Pictures through the real children: every format, whole and cut short, upside down, hostile."""

import asyncio
import contextlib
import functools
import json
import os
import signal
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pyvips
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from efir.adapters.media.confinement.sandbox import Sandbox
from efir.adapters.media.pictures import picture_worker
from efir.adapters.media.pictures.converter import VipsPictures, vips_pictures
from efir.adapters.media.pictures.picture_process import REFUSALS
from efir.adapters.media.pictures.thumbhash import thumbhash
from efir.domain.kernel.limits import Limits
from efir.domain.pictures import picture
from efir.domain.pictures.crops import CropBox
from efir.domain.pictures.picture import (
    PictureBroken,
    PictureInterrupted,
    PictureKind,
    PictureMissing,
    PictureRefused,
    PicturesBusy,
    PictureTooHeavy,
    PictureTooLarge,
    PictureTooManyPixels,
    PictureTooSmall,
    PictureTypeRefused,
)
from efir.ports.pictures import MadeFile, MadePictures, PictureOrder
from kit import npm

pytestmark = pytest.mark.sampled(every=5)

AVATAR = PictureOrder(PictureKind.AVATAR)
SAVERS: dict[str, tuple[str, dict[str, Any]]] = {
    "jpeg": (".jpg", {"Q": 85}),
    "progressive jpeg": (".jpg", {"Q": 85, "interlace": True}),
    "png": (".png", {}),
    "gif": (".gif", {}),
    "webp": (".webp", {"Q": 80}),
    "lossless webp": (".webp", {"lossless": True, "effort": 0}),
    "avif": (".avif", {"Q": 50, "effort": 0, "compression": "av1"}),
}
_made: dict[str, bytes] = {}
pyvips.block_untrusted_set(True)  # both as in the children
pyvips.cache_set_max(0)


@functools.cache
def scene(width: int = 640, height: int = 480) -> Any:
    """A picture with a different colour in each corner and a little grain."""
    across = pyvips.Image.identity(ushort=True, size=width).linear(255 / width, 0)
    red = across.embed(0, 0, width, height, extend="copy")
    down = pyvips.Image.identity(ushort=True, size=height).linear(255 / height, 0).rot90()
    green = down.embed(0, 0, width, height, extend="copy")
    grain = pyvips.Image.gaussnoise(width, height, sigma=12, mean=90, seed=1)
    return red.bandjoin([green, grain]).cast("uchar").copy(interpretation="srgb").copy_memory()


def file_of(name: str) -> bytes:
    """A sound file of a format."""
    if name not in _made:
        ending, options = SAVERS[name]
        _made[name] = scene().write_to_buffer(ending, **options)
    return _made[name]


async def body_of(content: bytes, piece: int = 30_000) -> AsyncIterator[bytes]:
    """Bytes as they arrive."""
    for start in range(0, len(content), piece):
        yield content[start : start + piece]


def read(file: MadeFile) -> Any:
    """The pixels of a made picture."""
    return pyvips.Image.new_from_buffer(file.content, "")


def difference(one: Any, other: Any) -> float:
    """Mean difference of two pictures of one size, of 255."""
    return float((one[:3] - other[:3]).abs().avg() if one.bands >= 3 else (one - other).abs().avg())


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
async def pictures(box: Sandbox, room: Path) -> AsyncIterator[VipsPictures]:
    async with vips_pictures(box, Limits(), room=room) as converter:
        yield converter


def shaped(folder: Path, content: bytes, order: PictureOrder = AVATAR, *, working: bool = False) -> MadePictures:
    """What a child does, done here: many cases without many children. Raises what became of a refusal."""
    with contextlib.chdir(folder):
        Path("source").write_bytes(content)
        crop = order.crop
        wanted = {"kind": order.kind, "working": working, "crop": crop and [crop.x, crop.y, crop.size]}
        told = list(picture_worker.answers(wanted))
        if "refused" in told[0]:
            raise REFUSALS[told[0]["refused"]](told[0].get("detail", ""))
        files = [MadeFile(**file, content=Path(f"{file['width']}.webp").read_bytes()) for file in told[0]["files"]]
        files += [MadeFile(**file, content=Path("working.webp").read_bytes()) for file in told[1:]]
    return MadePictures(told[0]["width"], told[0]["height"], files, bytes.fromhex(told[0]["thumbhash"]))


async def made(pictures: VipsPictures, content: bytes, order: PictureOrder = AVATAR) -> MadePictures:
    return await pictures.make(body_of(content), order)


@pytest.mark.parametrize("name", SAVERS)
async def test_every_format_becomes_four_square_webps_without_metadata(pictures: VipsPictures, name: str) -> None:
    found = await made(pictures, file_of(name))
    assert [(file.width, file.height) for file in found.files] == [(side, side) for side in (512, 256, 128, 64)]
    assert (found.width, found.height) == (640, 480)
    assert 5 <= len(found.thumbhash) <= 28
    for file in found.files:
        image = read(file)
        assert (image.get("vips-loader"), image.width, image.height) == ("webpload_buffer", file.width, file.height)
        assert [mark for mark in (b"EXIF", b"XMP ", b"ICCP") if mark in file.content] == []


@pytest.mark.parametrize("part", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("name", SAVERS)
def test_a_file_cut_short_is_refused(room: Path, name: str, part: float) -> None:
    content = file_of(name)
    with pytest.raises(PictureRefused) as refused:
        shaped(room, content[: int(len(content) * part)])
    assert refused.value.code == "image-broken"


@pytest.mark.parametrize("size", [(320, 200), (200, 320)], ids=["landscape", "portrait"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright_as_its_camera_says(room: Path, orientation: int, size: tuple[int, int]) -> None:
    upright = scene(*size)
    lying = {
        1: upright, 2: upright.fliphor(), 3: upright.rot180(), 4: upright.flipver(), 5: upright.rot90().fliphor(),
        6: upright.rot270(), 7: upright.rot270().fliphor(), 8: upright.rot90(),
    }[orientation]  # fmt: skip
    tagged = lying.copy()
    tagged.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    content = tagged.jpegsave_buffer(Q=95)
    assert pyvips.Image.new_from_buffer(content, "").get("orientation") == orientation
    found = shaped(room, content, PictureOrder(PictureKind.AVATAR, CropBox(0.1, 0.1, 0.8)))
    plain = shaped(room, upright.jpegsave_buffer(Q=95), PictureOrder(PictureKind.AVATAR, CropBox(0.1, 0.1, 0.8)))
    assert (found.width, found.height) == size
    assert difference(read(found.files[0]), read(plain.files[0])) < 3


def test_names_places_and_profiles_do_not_survive(room: Path) -> None:
    tagged = scene().copy()
    tagged.set_type(pyvips.GValue.gstr_type, "exif-ifd3-GPSLatitude", "52/1 22/1 0/1")
    tagged.set_type(pyvips.GValue.gstr_type, "exif-ifd0-Artist", "Secret Name")
    tagged.set_type(pyvips.GValue.blob_type, "xmp-data", b"<x:xmpmeta>Secret Place</x:xmpmeta>")
    content = tagged.jpegsave_buffer(Q=90, profile="srgb")
    assert b"Secret" in content
    for file in shaped(room, content, working=True).files:
        assert [mark for mark in (b"EXIF", b"XMP ", b"ICCP", b"Secret", b"GPS") if mark in file.content] == []


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # a background task of the converter
            await asyncio.sleep(0.02)


async def test_a_working_copy_follows_the_sizes(pictures: VipsPictures) -> None:
    told: list[MadeFile] = []

    async def later(working: MadeFile) -> None:
        told.append(working)

    await pictures.make(body_of(scene(3000, 2000).jpegsave_buffer()), AVATAR, later)
    await until(lambda: told)
    assert (told[0].width, told[0].height) == (1024, 683)
    assert (read(told[0]).width, read(told[0]).height) == (1024, 683)


def test_all_sizes_show_the_same_part(room: Path) -> None:
    found = shaped(room, scene(900, 500).jpegsave_buffer(Q=95))
    largest = read(found.files[0])
    for file in found.files[1:]:
        assert difference(largest.resize(file.width / 512, kernel="linear"), read(file)) < 6


@pytest.mark.parametrize(("kind", "sizes"), [
    (PictureKind.THUMBNAIL, [(1280, 720), (640, 360), (320, 180)]),
    (PictureKind.BANNER, [(2048, 512), (1024, 256)]),
])  # fmt: skip
def test_thumbnails_and_banners_have_their_own_shapes(
    room: Path, kind: PictureKind, sizes: list[tuple[int, int]]
) -> None:
    content = scene(2200, 1400).jpegsave_buffer()
    for crop in (None, CropBox(0.2, 0.3, 0.7)):
        found = shaped(room, content, PictureOrder(kind, crop))
        assert [(file.width, file.height) for file in found.files] == sizes


def test_nothing_is_enlarged_more_than_twice(room: Path) -> None:
    for side, widths in ((64, [128, 64]), (127, [128, 64]), (128, [256, 128, 64]), (256, [512, 256, 128, 64])):
        found = shaped(room, scene(side, side).pngsave_buffer())
        assert [file.width for file in found.files] == widths, side


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.integers(64, 900), st.integers(64, 900), st.floats(0, 0.999), st.floats(0, 0.999), st.floats(0.001, 1),
)  # fmt: skip
def test_any_box_gives_exact_sizes(room: Path, width: int, height: int, x: float, y: float, size: float) -> None:
    found = shaped(
        room, scene(width, height).webpsave_buffer(effort=0), PictureOrder(PictureKind.AVATAR, CropBox(x, y, size))
    )
    for file in found.files:
        assert (read(file).width, read(file).height) == (file.width, file.height)
        assert file.width == file.height


def test_a_box_cuts_what_it_says(room: Path) -> None:
    whole = scene(1200, 800)
    found = shaped(room, whole.pngsave_buffer(), PictureOrder(PictureKind.AVATAR, CropBox(0.5, 0.25, 0.5)))
    wanted = whole.extract_area(600, 200, 400, 400).resize(512 / 400)
    assert difference(read(found.files[0]), wanted.crop(0, 0, 512, 512)) < 5


@pytest.mark.parametrize("name", ["cmyk", "grey", "grey with alpha", "16 bit", "alpha", "transparent"])
def test_unusual_colours_become_eight_bits_of_srgb(room: Path, name: str) -> None:
    grey = scene().colourspace("b-w")
    sources = {
        "cmyk": lambda: scene().icc_transform("cmyk", input_profile="srgb").jpegsave_buffer(keep="none"),
        "grey": grey.jpegsave_buffer,
        "grey with alpha": lambda: grey.bandjoin(128).pngsave_buffer(),
        "16 bit": lambda: scene().colourspace("rgb16").pngsave_buffer(bitdepth=16),
        "alpha": lambda: scene().bandjoin(100).pngsave_buffer(),
        "transparent": lambda: scene().bandjoin(0).pngsave_buffer(),
    }
    found = shaped(room, sources[name]())
    image = read(found.files[0])
    assert (image.interpretation, image.format) == ("srgb", "uchar")
    assert image.hasalpha() == ("alpha" in name or name == "transparent")
    if name in {"cmyk", "16 bit"}:
        plain = shaped(room, scene().pngsave_buffer())
        assert difference(image, read(plain.files[0])) < 25


def bomb(width: int, height: int, mode: int = 0) -> bytes:
    """A PNG that declares many pixels in few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, mode, 0, 0, 0)
    data = zlib.compress(bytes(1 << 20), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (20_000, 14_000), (16_384, 64), (1, 50_000)])
def test_a_bomb_is_refused_by_its_header(room: Path, width: int, height: int) -> None:
    with pytest.raises((PictureTooManyPixels, PictureBroken)):
        shaped(room, bomb(width, height))


async def test_a_bomb_within_the_limits_costs_one_answer(pictures: VipsPictures) -> None:
    with pytest.raises((PictureBroken, PictureTooHeavy)):
        await made(pictures, bomb(7_000, 7_000))
    assert (await made(pictures, file_of("jpeg"))).files


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", PictureMissing),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>" * 9, PictureTypeRefused),
        (b"<!doctype html><script>alert(1)</script>" * 9, PictureTypeRefused),
        (b"%PDF-1.7" + bytes(200), PictureTypeRefused),
        (b"II*\0" + bytes(200), PictureTypeRefused),
        (b"GIF89a<svg onload=alert(1)>" + bytes(400), PictureRefused),
        (b"\xff\xd8\xff\xe0<html><script>alert(1)</script>" + bytes(400), PictureBroken),
        (b"\x89PNG\r\n\x1a\n<svg/>" + bytes(400), PictureBroken),
        (b"RIFF\x10\0\0\0WEBP<script>" + bytes(400), PictureBroken),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1avif" + b"<script>" * 99, PictureBroken),
        (b"\xff\xd8\xff", PictureBroken),
    ],
)
async def test_what_is_no_picture_is_refused(pictures: VipsPictures, content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        await made(pictures, content)


@pytest.mark.parametrize("name", ["jpeg", "png", "gif", "webp"])
def test_a_page_hidden_behind_a_picture_is_not_in_the_result(room: Path, name: str) -> None:
    found = shaped(room, file_of(name) + b"<script>alert('stolen')</script>")
    assert not any(b"script" in file.content for file in found.files)


async def test_the_first_byte_too_many_ends_it(box: Sandbox, room: Path) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield file_of("jpeg")[:100]
        while True:
            taken += 1000
            yield bytes(1000)

    async with vips_pictures(box, Limits(picture_bytes=50_000), room=room) as converter:
        with pytest.raises(PictureTooLarge):
            await converter.make(endless(), AVATAR)
    assert taken <= 51_000


async def test_bytes_that_stop_coming_are_given_up(box: Sandbox, room: Path) -> None:
    async def stalled() -> AsyncIterator[bytes]:
        yield file_of("jpeg")[:1000]
        await asyncio.sleep(60)

    async with vips_pictures(box, Limits(picture_wait_seconds=0), room=room) as converter:
        with pytest.raises(PictureInterrupted):
            await converter.make(stalled(), AVATAR)


def test_a_small_picture_is_refused_with_the_rule(room: Path) -> None:
    with pytest.raises(PictureTooSmall, match="64"):
        shaped(room, scene(63, 300).pngsave_buffer())


def test_an_animation_gives_its_first_frame_and_too_long_a_one_is_refused(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "MAX_FRAMES", 4)

    def animation(frames: int, side: int) -> bytes:
        strip = pyvips.Image.arrayjoin(
            [scene(side, side).linear(1, n % 99).cast("uchar") for n in range(frames)], across=1
        )
        strip = strip.copy()
        strip.set_type(pyvips.GValue.gint_type, "page-height", side)
        return bytes(strip.gifsave_buffer(effort=1))

    found = shaped(room, animation(3, 128))
    assert (found.width, found.height) == (128, 128)
    with pytest.raises(PictureTooHeavy):
        shaped(room, animation(5, 64))


def workers_of(room: Path) -> dict[int, list[bytes]]:
    """Processes of children that work in a room of the converter, with their command lines."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words, surroundings = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
        except OSError:
            continue
        if b"picture_worker" in words and str(room).encode() in words + surroundings:
            found[int(entry.name)] = words.split(b"\0")
    return found


def innermost(room: Path) -> list[int]:
    """Those of them that have become the program that decodes: its walls stand, and it starts no others."""
    return [pid for pid, words in workers_of(room).items() if b"--" not in words]


async def none_left(room: Path) -> None:
    """The kernel takes the walls of a killed child down a moment after its end was told."""
    async with asyncio.timeout(20):
        await until(lambda: not workers_of(room))


async def stopped(converter: VipsPictures, room: Path) -> list[int]:
    """Have a child ready that does not move; answers its processes."""
    converter.expect()
    await until(lambda: innermost(room))
    found = list(workers_of(room))
    for pid in found:
        os.kill(pid, signal.SIGSTOP)
    return found


async def test_a_child_killed_at_work_costs_one_answer(box: Sandbox, tmp_path: Path) -> None:
    async with vips_pictures(box, Limits(), room=tmp_path) as converter:
        processes = await stopped(converter, tmp_path)
        work = asyncio.ensure_future(made(converter, file_of("jpeg")))
        await asyncio.sleep(0.1)
        for pid in processes:
            with contextlib.suppress(ProcessLookupError):  # the end of one ends the next
                os.kill(pid, signal.SIGKILL)
        with pytest.raises(PictureBroken):
            await work
        assert len((await made(converter, file_of("jpeg"))).files) == 4


async def test_a_child_that_takes_too_long_is_ended(box: Sandbox, tmp_path: Path) -> None:
    async with vips_pictures(box, Limits(picture_seconds=1), room=tmp_path) as converter:
        await stopped(converter, tmp_path)
        with pytest.raises(PictureTooHeavy):
            await made(converter, file_of("jpeg"))
    await none_left(tmp_path)


async def test_waiting_children_end_with_the_converter_and_leave_nothing(box: Sandbox, tmp_path: Path) -> None:
    async with vips_pictures(box, Limits(), room=tmp_path) as converter:
        converter.expect()
        await until(lambda: workers_of(tmp_path))
        await made(converter, file_of("jpeg"))
    await none_left(tmp_path)
    assert os.listdir(tmp_path) == []  # noqa: PTH208  # in a coroutine


async def test_too_many_at_once_are_told_to_come_back(box: Sandbox, tmp_path: Path) -> None:
    async with vips_pictures(box, Limits(pictures_queued=2), room=tmp_path) as converter:
        tasks = [asyncio.ensure_future(made(converter, file_of("jpeg"))) for _ in range(6)]
        results = await asyncio.gather(*tasks, return_exceptions=True)
    busy = [result for result in results if isinstance(result, PicturesBusy)]
    assert len(busy) == 4
    assert all(error.retry_after for error in busy)


async def test_without_walls_no_picture_is_decoded(tmp_path: Path) -> None:
    async with vips_pictures(Sandbox(name="none", reason="nothing works"), Limits(), room=tmp_path) as converter:
        with pytest.raises(PicturesBusy):
            await made(converter, file_of("jpeg"))


async def test_a_cancelled_request_leaves_no_child_at_work(box: Sandbox, tmp_path: Path) -> None:
    async with vips_pictures(box, Limits(), room=tmp_path) as converter:
        work = asyncio.ensure_future(made(converter, file_of("jpeg")))
        await until(lambda: workers_of(tmp_path))
        first = set(workers_of(tmp_path))
        work.cancel()
        await asyncio.wait({work})
        assert (await made(converter, file_of("png"))).files
        assert not first & set(workers_of(tmp_path))


def test_a_thumbhash_is_read_by_the_reference_implementation() -> None:
    for width, height, alpha in ((32, 32, 255), (32, 20, 255), (20, 32, 120)):
        rgba = bytes(
            value for y in range(height) for x in range(width) for value in (8 * x % 256, 40 + 4 * y, 120, alpha)
        )
        told = npm.run(
            """import {thumbHashToAverageRGBA, thumbHashToApproximateAspectRatio} from "thumbhash";
               const hash = Uint8Array.from(Buffer.from(process.argv[2], "hex"));
               console.log(JSON.stringify([thumbHashToAverageRGBA(hash), thumbHashToApproximateAspectRatio(hash)]));""",
            thumbhash(width, height, rgba).hex(),
        )
        (mean, ratio) = json.loads(told)
        assert abs(ratio - width / height) < 0.5
        wanted = [sum(rgba[channel::4]) / (width * height * 255) for channel in range(4)]
        assert all(abs(mean[key] - value) < 0.06 for key, value in zip("rgba", wanted, strict=True)), (mean, wanted)
