"""What PNG chunks say before a decoder reads them: what colours mean, and where an animation begins (PNG 3rd ed.)."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from efir.adapters.media.pictures.icc_profiles import space
from efir.domain.pictures.colours import USUAL_PEAK, Colours, Primaries, from_cicp, from_gamma
from efir.domain.pictures.picture import PictureBroken

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = struct.Struct(">II5s")
FRAME = struct.Struct(">IIIII")  # sequence number, width, height, left, top
CHROMATICITIES = struct.Struct(">8I")  # x and y of white, red, green, blue
NITS = 10_000  # luminances are counted in so many parts of a cd/m²
CODE_POINTS = 4
GREY = (b"\0", b"\4")  # colour types
MAX_PROFILE = 4 << 20  # bytes


@dataclass(frozen=True, slots=True)
class PngColours:
    """What to make of the values: convert from `colours`, else from an ICC `profile` unless that is empty."""

    colours: Colours | None
    profile: bytes = b""


@dataclass(frozen=True, slots=True)
class FirstFrame:
    """The first frame of an animation that hides its still, as a PNG.

    `place` is left, top, width and height on a `canvas` of width and height, all in pixels.
    """

    content: bytes
    place: tuple[int, int, int, int]
    canvas: tuple[int, int]


def read_colours(data: bytes) -> PngColours:
    """Read what says most: `cICP`, then a usable `iCCP`, then `sRGB`, then `gAMA` with `cHRM` (§4.3)."""
    said: dict[bytes, bytes] = {}
    for kind, body in chunks(data):
        if kind == b"IDAT":
            break
        said.setdefault(kind, body)
    named = said.get(b"cICP", b"")
    if len(named) == CODE_POINTS and named[2:] == b"\0\1":  # RGB, full range: all that a PNG can be
        found = from_cicp(named[0], named[1], _peak(said))
        if found is not None:
            return PngColours(found)
    profile = _profile(said.get(b"iCCP", b""), grey=said.get(b"IHDR", b"")[9:10] in GREY)
    if profile:
        return PngColours(None, profile)
    if b"sRGB" in said or len(said.get(b"gAMA", b"")) != 4:  # noqa: PLR2004  # one number
        return PngColours(None)
    return PngColours(from_gamma(int.from_bytes(said[b"gAMA"], "big") / 100_000, _primaries(said)))


def first_frame(data: bytes) -> FirstFrame | None:
    """Make a PNG of the first frame where the still is no part of the animation (§11.3.6); None where it is.

    Raises PictureBroken when the animation is cut short.
    """
    if b"acTL" not in data:
        return None
    said = list(chunks(data))
    kinds = [kind for kind, _ in said]
    if b"acTL" not in kinds or b"fcTL" not in kinds or b"IDAT" not in kinds:
        return None
    still, control = kinds.index(b"IDAT"), kinds.index(b"fcTL")
    if kinds.index(b"acTL") > still or control < still:
        return None
    if kinds[-1] != b"IEND":
        raise PictureBroken
    _, width, height, left, top = FRAME.unpack_from(said[control][1].ljust(FRAME.size, b"\0"))
    across, down, form = HEADER.unpack_from(said[0][1].ljust(HEADER.size, b"\0"))
    if not (width and height and left + width <= across and top + height <= down):
        return None
    parts = takewhile(lambda chunk: chunk[0] != b"fcTL", said[control + 1 :])
    packed = b"".join(body[4:] for kind, body in parts if kind == b"fdAT")
    before = [(kind, body) for kind, body in said[1:still] if kind != b"acTL"]
    made = [(b"IHDR", HEADER.pack(width, height, form)), *before, (b"IDAT", packed), (b"IEND", b"")]
    content = SIGNATURE + b"".join(chunk(*each) for each in made)
    return FirstFrame(content, (left, top, width, height), (across, down))


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield (kind, body) of the chunks whose check sum is right, up to where the file ends or makes no sense."""
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + size
        if end + 4 > len(data):
            return
        if zlib.crc32(data[at + 4 : end]) == int.from_bytes(data[end : end + 4], "big"):
            yield kind, data[at + 8 : end]
        at = end + 4


def chunk(kind: bytes, body: bytes) -> bytes:
    """Make a chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _peak(said: dict[bytes, bytes]) -> float:
    """Brightest light in cd/m²: of the picture, else of the display it was made on (§11.3.2.7, §11.3.2.8)."""
    of_picture, of_display = said.get(b"cLLI", b"")[:4], said.get(b"mDCV", b"")[16:20]
    return (int.from_bytes(of_picture, "big") or int.from_bytes(of_display, "big")) / NITS or USUAL_PEAK


def _primaries(said: dict[bytes, bytes]) -> Primaries | None:
    body = said.get(b"cHRM", b"")
    if len(body) != CHROMATICITIES.size:
        return None
    xs = [value / 100_000 for value in CHROMATICITIES.unpack(body)]
    white, red, green, blue = zip(xs[::2], xs[1::2], strict=True)
    return Primaries(red, green, blue, white)


def _profile(body: bytes, *, grey: bool) -> bytes:
    """Unpack what an `iCCP` chunk holds; nothing unless it is for such a picture, as far as its header tells."""
    _, _, packed = body.partition(b"\0")
    try:
        profile = zlib.decompressobj().decompress(packed[1:], MAX_PROFILE)
    except zlib.error:
        return b""
    return profile if space(profile) in ((b"RGB ", b"GRAY") if grey else (b"RGB ",)) else b""
