"""AVIF before a decoder reads it: what the colours of its picture mean (AVIF 1.2, ISO/IEC 23008-12)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from efir.adapters.media.inspection.formats import av1
from efir.adapters.media.video.boxes import BoxesBroken, children, find
from efir.domain.pictures.colours import USUAL_PEAK, Colours, from_nclx

PROFILES = frozenset({b"prof", b"rICC"})


@dataclass(slots=True)
class Numbers:
    """Reads numbers of so many bytes one after another."""

    data: bytes
    at: int

    def take(self, size: int) -> int:
        """Read a number; of no bytes it is 0. Raises BoxesBroken past the end."""
        self.at += size
        if self.at > len(self.data):
            raise BoxesBroken("cut short")
        return int.from_bytes(self.data[self.at - size : self.at], "big")


def read_colours(data: bytes) -> Colours | None:
    """Read the colours of the shown picture, from its `nclx` or else its stream; None where it has a profile.

    None as well where there is nothing to convert. Raises BoxesBroken.
    """
    try:
        said, stream = _primary(data)
    except (struct.error, IndexError, KeyError) as error:
        raise BoxesBroken(str(error)) from error
    if PROFILES & said.keys():
        return None
    peak = int.from_bytes(said.get(b"clli", b"")[:2], "big") or USUAL_PEAK
    if b"nclx" not in said:
        points = av1.code_points(stream)
        return None if points is None else from_nclx(*points, peak)
    primaries, transfer = struct.unpack_from(">HH", said[b"nclx"].ljust(4, b"\0"))
    return from_nclx(primaries, transfer, peak)


def outer_boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield (kind, body start, body end) of the outermost boxes; the last may say that it fills the file."""
    at = 0
    while at < len(data):
        if data[at : at + 4] == bytes(4):
            yield data[at + 4 : at + 8], at + 8, len(data)
            return
        kind, start, end = next(children(data, at))
        yield kind, start, end
        at = end


def _primary(data: bytes) -> tuple[dict[bytes, bytes], bytes]:
    """Return the properties of the primary item and its data; of a grid that says no colours, those of its first tile.

    Properties of `colr` stand under the name of what they hold.
    """
    meta, end = next(((start, end) for kind, start, end in outer_boxes(data) if kind == b"meta"), (0, 0))
    if not end:
        return {}, b""
    meta += 4  # version and flags
    at, _ = find(data, "pitm", meta, end)
    item = struct.unpack_from(">I" if data[at] else ">H", data, at + 4)[0]
    said = _said(data, meta, end, item)
    tile = _tile(data, meta, end, item)
    if tile is not None and not (PROFILES | {b"nclx"}) & said.keys():
        said, item = _said(data, meta, end, tile) | said, tile
    return said, _item(data, find(data, "iloc", meta, end)[0], item)


def _said(data: bytes, meta: int, end: int, item: int) -> dict[bytes, bytes]:
    boxes = [(kind, data[start:stop]) for kind, start, stop in children(data, *find(data, "iprp/ipco", meta, end))]
    said: dict[bytes, bytes] = {}
    for place in _linked(data, find(data, "iprp/ipma", meta, end)[0], item):
        kind, body = boxes[place - 1]
        said.setdefault(body[:4] if kind == b"colr" else kind, body[4:] if kind == b"colr" else body)
    return said


def _tile(data: bytes, meta: int, end: int, item: int) -> int | None:
    """Find the first item that another is derived from (`dimg`, ISO/IEC 23008-12 §6.6)."""
    start, stop = next(((at, until) for kind, at, until in children(data, meta, end) if kind == b"iref"), (0, 0))
    wide = 4 if stop and data[start] else 2
    for kind, at, _ in children(data, start + 4, stop) if stop else ():
        number = Numbers(data, at)
        if kind == b"dimg" and number.take(wide) == item and number.take(2):
            return number.take(wide)
    return None


def _item(data: bytes, at: int, item: int) -> bytes:
    """Return the first extent of an item that lies in the file; nothing for others (ISO/IEC 14496-12 §8.11.3)."""
    version, offsets, bases = data[at], data[at + 4], data[at + 5]
    wide = 4 if version == 2 else 2  # noqa: PLR2004  # of the box
    number = Numbers(data, at + 6)
    for _ in range(number.take(wide)):
        found, method = number.take(wide), number.take(2) if version else 0
        number.take(2)
        base = number.take(bases >> 4)
        extents = []
        for _ in range(number.take(2)):
            number.take(bases & 15 if version else 0)
            extents.append((base + number.take(offsets >> 4), number.take(offsets & 15)))
        if found == item:
            where, size = extents[0] if extents and not method & 15 else (0, 0)
            return data[where : where + size]
    return b""


def _linked(data: bytes, at: int, item: int) -> list[int]:
    """Find the numbers of an item's properties, from 1 (ISO/IEC 23008-12 §9.3)."""
    version, wide = data[at], data[at + 3] & 1
    (entries,) = struct.unpack_from(">I", data, at + 4)
    at += 8
    for _ in range(min(entries, len(data))):
        number = struct.unpack_from(">I" if version else ">H", data, at)[0]
        at += 4 if version else 2
        count, at = data[at], at + 1
        form = f">{count}{'H' if wide else 'B'}"
        if number == item:
            return [place & (0x7FFF if wide else 0x7F) for place in struct.unpack_from(form, data, at) if place]
        at += struct.calcsize(form)
    return []
