"""Tracks that go on in another codec: broadcasts and joined recordings use one number for both, and one name stays.

What a packet begins with tells its codec, where containers carry elementary streams as they are.
"""

from collections import Counter
from typing import Any

from av.packet import Packet

MARKED = frozenset({"mpegts", "mpeg"})
EVERY = 7  # packets, for to look at each costs time; tracks do not take turns by sevens
MAX_FOREIGN = 2  # looks; damage may give one
KINDS = {
    "h264": "h264", "hevc": "hevc", "mpeg1video": "mpeg", "mpeg2video": "mpeg",
    "aac": "aac", "aac_latm": "latm", "mp1": "mpa", "mp2": "mpa", "mp3": "mpa", "ac3": "ac3", "eac3": "ac3",
}  # fmt: skip
SYNCS = (
    ("ac3", 0xFFFF, 0x0B77),  # ATSC A/52 §5.4.1
    ("latm", 0xFFE0, 0x56E0),  # ISO 14496-3 §1.7.2
    ("aac", 0xFFF6, 0xFFF0),  # ADTS (ISO 14496-3 §1.A.2.2): the layer is 0
    ("mpa", 0xFFE0, 0xFFE0),  # ISO 11172-3 §2.4.1.3
)
FIRST_UNITS = {0x09: "h264", 0x46: "hevc", 0xB3: "mpeg", 0x00: "mpeg"}
"""Delimiters, which H.264 and H.265 need in such streams (ISO 13818-1 §2.14.1, §2.17.1); headers of MPEG-2."""


class CodecWatch:
    """Looks at some packets of one track."""

    def __init__(self, stream: Any) -> None:
        context = stream.codec_context
        self._kind = KINDS.get(context.codec.canonical_name) if context is not None else None
        self._read = _picture if stream.type == "video" else _sound
        self._foreign: Counter[str] = Counter()
        self._own = False

    def look(self, packet: "Packet[Any]") -> None:
        """Read what a packet begins with."""
        kind = self._read(bytes(memoryview(packet)[:6])) if self._kind else None
        if kind == self._kind:
            self._own = True
        elif kind and self._own:  # a track without marks of its own may begin with anything
            self._foreign[kind] += 1

    @property
    def changes(self) -> bool:
        """Tell a track with stretches of another codec."""
        return any(seen > MAX_FOREIGN for seen in self._foreign.values())


def _picture(data: bytes) -> str | None:
    unit = data.partition(b"\0\0\1")[2]
    return FIRST_UNITS.get(unit[0]) if unit else None


def _sound(data: bytes) -> str | None:
    word = int.from_bytes(data[:2], "big")
    return next((kind for kind, mask, sync in SYNCS if word & mask == sync), None)
