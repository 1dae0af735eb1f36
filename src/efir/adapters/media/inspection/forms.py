"""What a key packet says of the form of the pictures from there on: size, shape of pixels, profile, colours.

A form is the bytes of parameter sets and headers as they stand: one that was seen before needs no decoder to be known.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from av.packet import Packet

from efir.adapters.media.inspection.formats.av1 import sequence_header

HEAD = 4096  # bytes of a packet: headers stand in front
MAX_FORMS = 8
MARK = b"\0\0\1"
LENGTHS = {"h264": 4, "hevc": 21}
"""Where the header of a file says how long the lengths of units are (ISO 14496-15)."""


@dataclass(frozen=True, slots=True)
class Units:
    """How headers stand among the units of a packet, told by a unit's first bytes; `kept` are the bytes that count."""

    is_header: Callable[[bytes], bool]
    is_picture: Callable[[bytes], bool]
    kept: int | None = None


UNITS = {
    # sequence parameter sets and slices (ITU-T H.264 §7.4.1, H.265 §7.4.2.2)
    "h264": Units(lambda unit: unit[0] & 0x1F == 7, lambda unit: 1 <= unit[0] & 0x1F <= 5),  # noqa: PLR2004  # as named
    "hevc": Units(lambda unit: unit[0] >> 1 & 0x3F == 33, lambda unit: unit[0] >> 1 & 0x3F < 32),  # noqa: PLR2004  # as named
    # sequence header, sequence extension and its display extension (ITU-T H.262 §6.2.2); bit rates come behind
    "mpeg2video": Units(
        lambda unit: unit[0] == 0xB3 or (unit[0] == 0xB5 and unit[1:2] < b"\x30"),  # noqa: PLR2004  # as named
        lambda unit: unit[0] == 0,
        kept=5,
    ),
    # video object layer and video object plane (ISO 14496-2 §6.2.1)
    "mpeg4": Units(lambda unit: unit[0] & 0xF0 == 0x20, lambda unit: unit[0] == 0xB6),  # noqa: PLR2004  # as named
}
UNITS["mpeg1video"] = UNITS["mpeg2video"]
HEADS: dict[str, Callable[[bytes], bytes]] = {
    "vp8": lambda data: data[3:10],  # start code and size (RFC 6386 §9.1)
    "vp9": lambda data: data[:9],  # profile, colours and size (VP9 bitstream specification §6.2)
    "av1": sequence_header,
}


class FormReader:
    """Reads the forms of one picture track's key packets, and knows those that it has seen."""

    def __init__(self, context: Any) -> None:
        self._codec = context.codec.canonical_name
        header, place = context.extradata or b"", LENGTHS.get(self._codec, 0)
        self._length = (header[place] & 3) + 1 if place and len(header) > place and header[0] == 1 else 0
        self._seen: set[bytes] = set()

    @property
    def too_many(self) -> bool:
        """Tell a track with more forms than anybody looks at."""
        return len(self._seen) > MAX_FORMS

    def read(self, packet: "Packet[Any]") -> bytes | None:
        """Return what a key packet says: nothing where the header of the file says all, None where nobody can tell."""
        told = bytes(packet.get_sidedata("new_extradata")) if packet.has_sidedata("new_extradata") else b""
        data = bytes(memoryview(packet)[:HEAD])
        if self._codec in HEADS:
            return told + HEADS[self._codec](data)
        units = UNITS.get(self._codec)
        return told + _headers(data, units, self._length) if units else told or None

    def is_new(self, form: bytes | None) -> bool:
        """Tell a form that was not seen before, and remember it."""
        if not form or form in self._seen or self.too_many:
            return False
        self._seen.add(form)
        return not self.too_many


def _headers(data: bytes, units: Units, length: int) -> bytes:
    found = b""
    for unit in _split_by_lengths(data, length) if length else _split_by_marks(data):
        if units.is_picture(unit):
            break
        if units.is_header(unit):
            found += unit[: units.kept]
    return found


def _split_by_lengths(data: bytes, length: int) -> Iterator[bytes]:
    at = 0
    while at + length < len(data):
        start, at = at + length, at + length + int.from_bytes(data[at : at + length], "big")
        if at > start:
            yield data[start:at]


def _split_by_marks(data: bytes) -> Iterator[bytes]:
    at = data.find(MARK)
    while 0 <= at < len(data) - len(MARK):
        start, at = at + len(MARK), data.find(MARK, at + len(MARK))
        unit = data[start:at] if at >= 0 else data[start:]
        yield unit.rstrip(b"\0") or b"\0"  # zeros may stand before the next mark
