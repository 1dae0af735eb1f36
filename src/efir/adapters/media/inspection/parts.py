"""Recordings that lie one after the other in one file, as `cat` puts them: each is read as a file of its own.

Each has a header, and in ISO media counts the places of its packets from its own start (ISO 14496-12, tfhd and stco); a
demuxer knows the first header only, and looks for all packets in the first recording.
"""

import io
import os
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from av.packet import PacketSideData, packet_sidedata_type_from_literal

from efir.adapters.media.inspection.starts import starts_of

MAX_PARTS = 100
MAX_BOXES = 100_000
MIN_BOX = 8
SETUP = {"vorbis": (b"\x01vorbis", b"\x05vorbis"), "theora": (b"\x80theora", b"\x82theora")}
"""What the headers begin with that a decoder is set up by once (Vorbis I, 4.2; Theora, 6): the third is a comment."""
IDENTITY = 30  # bytes of the first of them
SideData: Any = PacketSideData  # the stubs lack what it is made of
NEW_EXTRADATA = packet_sidedata_type_from_literal("new_extradata")


class Part(NamedTuple):
    """A recording: its first byte, the one after its last, and where its fragments begin, -1 when it has none."""

    start: int
    end: int
    fragments: int


class PartsUnlikeError(Exception):
    """A later recording has other tracks or codecs than the first."""


def parts_of(descriptor: int, demuxer: str) -> list[Part]:
    """Return the recordings of a file, in the order of their bytes.

    A file with too many of them to be joined recordings (pieces that each repeat a header) is one.
    """
    if demuxer == "mov":
        return _iso_parts(descriptor)
    starts = starts_of(descriptor, demuxer)
    starts = starts if len(starts) <= MAX_PARTS else starts[:1]
    ends = [*starts[1:], os.fstat(descriptor).st_size]
    return [Part(start, end, -1) for start, end in zip(starts, ends, strict=True)]


def _iso_parts(descriptor: int) -> list[Part]:
    """Return the recordings of an ISO media file: those that begin with `ftyp` and have a `moov`."""
    size, starts, begin, headed = os.fstat(descriptor).st_size, [0], 0, False
    fragments: list[int] = []
    for kind, at in _boxes(descriptor, size):
        if kind == b"ftyp" and headed and begin <= starts[-1]:
            begin = at
        elif kind == b"moov":
            if begin > starts[-1]:
                starts.append(begin)
            headed = True
        elif kind == b"moof" and (not fragments or fragments[-1] < starts[-1]):
            fragments.append(at)
    starts = starts if len(starts) <= MAX_PARTS else starts[:1]
    ends = [*starts[1:], size]
    return [
        Part(start, end, next((at - start for at in fragments if start <= at < end), -1))
        for start, end in zip(starts, ends, strict=True)
    ]


class Window(io.RawIOBase):
    """A part of an open file as a file of its own."""

    def __init__(self, descriptor: int, part: Part) -> None:
        self._descriptor, self._start, self._end = descriptor, part.start, part.end
        self._at = 0

    def readable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def seekable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def read(self, size: int = -1) -> bytes:
        """See io.RawIOBase."""
        left = max(0, self._end - self._start - self._at)
        data = os.pread(self._descriptor, left if size < 0 else min(size, left), self._start + self._at)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """See io.RawIOBase."""
        before = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._end - self._start}[whence]
        self._at = max(0, before + offset)
        return self._at

    def tell(self) -> int:
        """See io.RawIOBase."""
        return self._at


class Joint:
    """Makes packets of a later recording's stream look like packets of the first one's."""

    def __init__(self, first: Any, later: Any, header: bytes) -> None:
        one, other = first.codec_context, later.codec_context
        if first.type != later.type or one is None or other is None or one.name != other.name:
            raise PartsUnlikeError
        if other.name in SETUP and _setup(one) != _setup(other):
            raise PartsUnlikeError
        self.base = Fraction(first.time_base)
        self._by = Fraction(later.time_base) / self.base
        self.header = other.extradata or b""
        self._header = self.header if self.header != header else b""
        self._always = first.type == "video"  # a decoder may begin at any key frame

    def fit(self, packet: Any) -> None:
        """Give the packet the first stream's clock, and tell a decoder of another header."""
        if self._by != 1:
            packet.pts, packet.dts = self._ticks(packet.pts), self._ticks(packet.dts)
            packet.duration = self._ticks(packet.duration)
            packet.time_base = self.base
        if self._header and packet.is_keyframe and packet.size:
            told = SideData(NEW_EXTRADATA, len(self._header))
            told.update(self._header)
            packet.set_sidedata(told)
            self._header = self._header if self._always else b""

    def _ticks(self, ticks: int | None) -> int | None:
        return None if ticks is None else round(ticks * self._by)


def joints(first: Sequence[Any], later: Sequence[Any], headers: dict[int, bytes]) -> dict[int, Joint]:
    """Return, by their numbers, how streams of a later recording go on with those of the first.

    `headers` has those that a decoder was told last, by the number of the stream, and takes the new ones.

    Raises PartsUnlikeError.
    """
    known = {stream.index: stream for stream in later}
    kinds = {stream.type for stream in later} - {stream.type for stream in first}
    if any(stream.index not in known for stream in first) or kinds & {"video", "audio"}:
        raise PartsUnlikeError
    fitting = {
        stream.index: Joint(stream, known[stream.index], headers.get(stream.index, _header(stream))) for stream in first
    }
    headers |= {index: joint.header for index, joint in fitting.items()}
    return fitting


def _header(stream: Any) -> bytes:
    return (stream.codec_context.extradata if stream.codec_context is not None else None) or b""


def _setup(context: Any) -> tuple[bytes, bytes]:
    """Return what a decoder is set up by, without comments."""
    header = context.extradata or b""
    identity, tables = (max(0, header.find(mark)) for mark in SETUP[context.name])
    return header[identity:][:IDENTITY], header[tables:]


def _boxes(descriptor: int, size: int) -> Iterator[tuple[bytes, int]]:
    """Give kind and place of the outermost boxes."""
    at = 0
    for _ in range(MAX_BOXES):
        head = os.pread(descriptor, 16, at)
        length = int.from_bytes(head[:4], "big")
        if length == 1 and len(head) == 16:  # noqa: PLR2004  # a 64-bit size follows
            length = int.from_bytes(head[8:], "big")
        if length < MIN_BOX or at + length > size:
            return
        yield head[4:8], at
        at += length
