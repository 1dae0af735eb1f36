"""Pictures of sixty-four plain patches, in the ways files can hold them; none of them comes from elsewhere."""

import io
import random
import struct
import tempfile
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyvips
from PIL import Image, ImageCms

from efir.adapters.media.pictures.avif_sequences import box
from efir.adapters.media.pictures.png import SIGNATURE, chunk
from kit.media.sources import ffmpeg

PATCHES, SIDE = 8, 16  # patches in a row, pixels of one
WHOLE = PATCHES * SIDE
Colour = tuple[int, ...]
Chunk = tuple[bytes, bytes]
P3_POINTS = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
SRGB: Chunk = (b"sRGB", b"\0")


@cache
def colours(bands: int = 3, top: int = 255) -> tuple[Colour, ...]:
    """Colours of the patches: steps of grey in the first row, anything in the others; the last band may be alpha."""
    chance = random.Random(7)  # noqa: S311  # the same every time is the purpose
    steps = [(round(top * n / (PATCHES - 1)),) * bands for n in range(PATCHES)]
    return (*steps, *(tuple(chance.randint(0, top) for _ in range(bands)) for _ in range(PATCHES * (PATCHES - 1))))


def rows(values: Sequence[Colour]) -> list[list[Colour]]:
    """Pixels of a chart of 64 patches."""
    lines = [values[at : at + PATCHES] for at in range(0, len(values), PATCHES)]
    return [[colour for colour in line for _ in range(SIDE)] for line in lines for _ in range(SIDE)]


def gamma(value: float) -> Chunk:
    return b"gAMA", struct.pack(">I", round(value * 100_000))


def points(*values: float) -> Chunk:
    return b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in values))


def code_points(primaries: int, transfer: int, matrix: int = 0, full: int = 1) -> Chunk:
    return b"cICP", bytes([primaries, transfer, matrix, full])


def profile_chunk(profile: bytes) -> Chunk:
    return b"iCCP", b"x\0\0" + zlib.compress(profile)


def png(
    pixels: Sequence[Sequence[Colour]],
    *chunks: Chunk,
    kind: int = 2,
    depth: int = 8,
    palette: Sequence[Chunk] = (),
    ending: Sequence[Chunk] = (),
) -> bytes:
    """A PNG of these pixels with these chunks before them."""
    head = struct.pack(">IIBBBBB", len(pixels[0]), len(pixels), depth, kind, 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, *palette, (b"IDAT", packed(pixels, depth)), *ending, (b"IEND", b"")]
    return SIGNATURE + b"".join(chunk(*part) for part in parts)


def packed(pixels: Sequence[Sequence[Colour]], depth: int = 8) -> bytes:
    lines = []
    for line in pixels:
        values = [value for colour in line for value in colour]
        if depth >= 8:
            lines.append(b"".join(value.to_bytes(depth // 8, "big") for value in values))
        else:
            bits = "".join(f"{value:0{depth}b}" for value in values)
            lines.append(int(bits, 2).to_bytes(len(bits) // 8, "big"))
    return zlib.compress(b"".join(b"\0" + line for line in lines))


def apng(pixels: Sequence[Sequence[Colour]], left: int = 0, top: int = 0, *chunks: Chunk) -> bytes:
    """An animation that begins with these pixels after a red still that is no part of it."""
    red = [[(255, 0, 0)] * WHOLE] * WHOLE
    first, place = packed(pixels), (len(pixels[0]), len(pixels), left, top)
    control = [
        struct.pack(">IIIIIHHBB", number, *area, 1, 1, 0, 0) for number, area in ((0, place), (3, (WHOLE, WHOLE, 0, 0)))
    ]
    ending = [
        (b"fcTL", control[0]),
        (b"fdAT", struct.pack(">I", 1) + first[:40]), (b"fdAT", struct.pack(">I", 2) + first[40:]),
        (b"fcTL", control[1]), (b"fdAT", struct.pack(">I", 4) + packed(red)),
    ]  # fmt: skip
    return png(red, (b"acTL", struct.pack(">II", 2, 0)), *chunks, ending=ending)


def image(mode: str = "RGB", values: Sequence[Colour] | None = None) -> Image.Image:
    """A chart as Pillow holds it."""
    bands = len(Image.new(mode, (1, 1)).getbands())
    pixels = rows(values or colours(bands))
    found = Image.new(mode, (len(pixels[0]), len(pixels)))
    found.putdata([colour if bands > 1 else colour[0] for line in pixels for colour in line])
    return found


def saved(picture: Image.Image, form: str, **options: Any) -> bytes:
    held = io.BytesIO()
    picture.save(held, form, **options)
    return held.getvalue()


def avif(*, mode: str = "RGB", frames: int = 1, values: Sequence[Colour] | None = None, **options: Any) -> bytes:
    """An AVIF of a chart; further frames are red. Its values are of limited range unless said otherwise."""
    options = {"quality": 100, "subsampling": "4:4:4", "range": "limited", "speed": 8} | options
    if frames > 1:
        red = Image.new(mode, (WHOLE, WHOLE), "red")
        options |= {"save_all": True, "append_images": [red] * (frames - 1), "duration": 9_999}
    return saved(image(mode, values), "AVIF", **options)


def renamed(content: bytes, primaries: int, transfer: int) -> bytes:
    """The same AVIF with other code points, wherever it has some."""
    head, *others = content.split(b"colrnclx")
    return b"colrnclx".join([head, *(struct.pack(">HH", primaries, transfer) + other[4:] for other in others)])


def gif(pixels: Image.Image, left: int = 0, top: int = 0) -> bytes:
    """An opaque GIF whose first frame lies somewhere on a canvas of a chart's size."""
    content = saved(pixels.quantize(64), "GIF")
    at = content.index(b"\x2c", 13 + (3 << (content[10] & 7) + 1))
    head = content[:6] + struct.pack("<HH", WHOLE, WHOLE) + content[10:at]
    return head + b"\x2c" + struct.pack("<HH", left, top) + content[at + 5 :]


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def profile(exponent: float, space: bytes = b"RGB ", named: tuple[int, int] | None = None) -> bytes:
    """A profile with the primaries of sRGB and a plain exponent; with code points if some are named."""
    columns = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))  # of D50 (ICC.1 annex E)
    curve = b"curv" + struct.pack(">IIHH", 0, 1, round(exponent * 256), 0)
    tags = {name + b"TRC": curve for name in (b"r", b"g", b"b")} | {b"kTRC": curve}
    tags |= {name + b"XYZ": _xyz(*column) for name, column in zip((b"r", b"g", b"b"), columns, strict=True)}
    tags |= {b"wtpt": _xyz(0.9642, 1, 0.8249), b"desc": b"desc" + struct.pack(">II", 0, 2) + b"x\0" + bytes(82)}
    tags |= {b"cprt": b"text\0\0\0\0x\0\0\0"} | (
        {} if named is None else {b"cicp": b"cicp" + bytes([0, 0, 0, 0, *named, 0, 1])}
    )
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for name, tag in tags.items():
        table += name + struct.pack(">II", start + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    head = bytearray(128)
    head[8:24] = b"\4\x20\0\0mntr" + space + b"XYZ "
    head[36:40] = b"acsp"
    head[68:80] = _xyz(0.9642, 1, 0.8249)[8:]
    content = bytes(head) + struct.pack(">I", len(tags)) + table + body
    return struct.pack(">I", len(content)) + content[4:]


def _xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65_536) for value in values))


def samples(picture: Any) -> list[Colour]:
    """The mean colour of the middle of each patch of a made picture, with alpha."""
    step = picture.width // PATCHES
    across = picture if picture.hasalpha() else picture.addalpha()
    quarters = across.shrink(step / 4, step / 4)
    middles = quarters.embed(-1, -1, quarters.width, quarters.height, extend="copy").shrink(2, 2).subsample(2, 2)
    found = bytes(middles.cast("uchar").write_to_memory())
    return list(zip(*([iter(found)] * 4), strict=True))


def opened(content: bytes) -> Any:
    return pyvips.Image.new_from_buffer(content, "")


def framed(content: bytes, name: bytes, new: bytes) -> bytes:
    """The same ISO media file with one of its outermost boxes under another name."""
    out, at = b"", 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        out += box(new if kind == name else kind, content[at + 8 : at + size])
        at += size
    return out


def coded_avif(primaries: str, transfer: str, *, still: bool = True) -> bytes:
    """A chart of ten bits whose stream and whose box say the same."""
    shape = f"color_primaries={primaries}:color_trc={transfer}:colorspace=bt2020nc:range=tv"
    graph = f"scale=in_range=pc:out_range=tv:out_color_matrix=bt2020,format=yuv444p10le,setparams={shape}"
    kind = ["-still-picture", "1"] if still else []
    with tempfile.TemporaryDirectory(prefix="efir-chart-") as folder:
        source, target = Path(folder, "chart.png"), Path(folder, "chart.avif")
        source.write_bytes(png(rows(colours())))
        coding = ["-frames:v", "1", "-c:v", "libaom-av1", *kind, "-crf", "2", "-cpu-used", "8"]
        ffmpeg("-i", source, "-vf", graph, *coding, target)
        return target.read_bytes()


def grid_avif(primaries: int, transfer: int, *, on_tiles: bool = True, on_grid: bool = True) -> bytes:
    """A chart of four tiles, each a picture of its own; code points are said by the tiles, their grid, or both."""
    half = WHOLE // 2
    corners = [(0, 0), (half, 0), (0, half), (half, half)]
    tiles = [avif_stream(image().crop((x, y, x + half, y + half))) for x, y in corners]
    named = b"nclx" + struct.pack(">HHHB", primaries, transfer, 6, 0)
    boxes = [(b"ispe", struct.pack(">III", 0, half, half)), (b"av1C", tiles[0][0]), (b"colr", named)]
    boxes += [(b"ispe", struct.pack(">III", 0, WHOLE, WHOLE)), (b"pixi", bytes([0, 0, 0, 0, 3, 8, 8, 8]))]
    of_tile, of_grid = [1, 0x82, *([3] if on_tiles else [])], [4, 5, *([3] if on_grid else [])]
    links = [
        struct.pack(">HB", number, len(places)) + bytes(places)
        for number, places in enumerate([of_tile] * 4 + [of_grid], 1)
    ]
    data = [*(stream for _, stream in tiles), bytes([0, 0, 1, 1]) + struct.pack(">HH", WHOLE, WHOLE)]
    kinds = [b"av01"] * 4 + [b"grid"]
    infos = [box(b"infe", b"\2\0\0\0", struct.pack(">HH", n, 0), kind, b"\0") for n, kind in enumerate(kinds, 1)]

    def meta(where: int) -> bytes:
        places = b""
        for number, part in enumerate(data, 1):
            places += struct.pack(">HHHII", number, 0, 1, where, len(part))
            where += len(part)
        return box(
            b"meta", bytes(4), box(b"hdlr", bytes(8), b"pict", bytes(13)), box(b"pitm", bytes(4), b"\0\5"),
            box(b"iloc", bytes(4), b"\x44\0\0\5", places), box(b"iinf", bytes(4), b"\0\5", *infos),
            box(b"iref", bytes(4), box(b"dimg", struct.pack(">6H", 5, 4, 1, 2, 3, 4))),
            box(b"iprp", box(b"ipco", *(box(*each) for each in boxes)), box(b"ipma", bytes(4), b"\0\0\0\5", *links)),
        )  # fmt: skip

    brand = box(b"ftyp", b"avif" + bytes(4) + b"avifmif1miaf")
    return brand + meta(len(brand) + len(meta(0)) + 8) + box(b"mdat", *data)


def avif_stream(picture: Image.Image) -> tuple[bytes, bytes]:
    """How a decoder has to be set up for a picture, and the picture's AV1."""
    content = saved(picture, "AVIF", quality=100, subsampling="4:4:4", range="limited", speed=8)
    at = content.index(b"av1C")
    size = int.from_bytes(content[at - 4 : at], "big")
    return content[at + 4 : at - 4 + size], content[content.index(b"mdat") + 4 :]
