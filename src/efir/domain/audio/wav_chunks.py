"""Iteration over the chunks of a WAV file, as far as the start of the next chunk is known.

Sources: the RIFF and WAVE documents of IBM and Microsoft (1991, 1994), EBU Tech 3306 (RF64), ITU-R BS.2088 (BW64).
"""

import struct
from collections.abc import Callable, Iterator

from efir.domain.audio.records import WavMalformed

Read = Callable[[int, int], bytes]
"""Takes an offset and a length, and returns that many bytes of the file, fewer only at its end."""

Chunk = tuple[bytes, int, int]
"""Name of a chunk, offset of its content, and the content's length within the file."""

MAX_CHUNKS = 256
HEAD, NUMBER = 8, 4  # bytes of a chunk header (name and size), and of a number
UNKNOWN_SIZES = frozenset({0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x80000000})  # written by programs that cannot seek
KNOWN = frozenset({
    b"fmt ", b"data", b"LIST", b"fact", b"bext", b"JUNK", b"junk", b"PAD ", b"FLLR", b"cue ", b"smpl", b"inst", b"iXML",
    b"axml", b"chna", b"CSET", b"PEAK", b"slnt", b"ds64", b"id3 ", b"ID3 ", b"_PMX", b"cart", b"levl", b"DISP", b"plst",
})  # fmt: skip
STRAY = 64  # bytes to search for the next chunk where none begins
TAGS_AFTER = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN")  # tags that MP3 programs append to a file
SAMPLE = 4096  # bytes of an unreadable remainder to inspect


class Walk:
    """Walks from chunk to chunk; supports the 64-bit sizes of RF64 and files with missing padding.

    After the walk, `warnings` names the faults, and `broken` is the offset where it ended before the end of the file.
    """

    def __init__(self, read: Read, size: int, order: str, *, large: bool) -> None:
        self.read, self.size, self.order, self.large = read, size, order, large
        self.warnings: set[str] = set()
        self.broken: int | None = None
        self.sounds = 0
        self._data_size: int | None = None

    def chunks(self, position: int) -> Iterator[Chunk]:
        """Yield each chunk; a wave list (`LIST wavl`) is replaced by the chunks inside it. Raises WavMalformed."""
        for _ in range(MAX_CHUNKS):
            head = self.read(position, HEAD + NUMBER)
            if len(head) < HEAD or not _is_printable(head[:4]):
                self.broken = position if position < self.size else None
                return
            name, told = head[:4], struct.unpack(self.order + "I", head[4:HEAD])[0]
            if name == b"LIST" and head[HEAD:] == b"wavl":
                position += HEAD + NUMBER
                continue
            length = self._length(name, position + HEAD, told)
            if length is None:
                return
            yield name, position + HEAD, length
            position = self._find_next(position + HEAD + length, length)
        raise WavMalformed(f"The file has more than {MAX_CHUNKS} chunks. Save it again with another program.")

    def _find_next(self, end: int, length: int) -> int:
        """Return where the next chunk begins: after the padding, without it, or near if bytes are extra or missing."""
        around = self.read(end - HEAD, HEAD + STRAY + HEAD)
        near = range(-min(HEAD, length), min(STRAY, len(around) - 2 * HEAD + 1))
        names = {place: around[place + HEAD :][:HEAD] for place in near}
        places = [place for place in names if place in {0, length % 2}][::-1]
        for place in places:
            if names[place][:4] in KNOWN:
                return end + place
        for place in places:
            if _is_printable(names[place][:4]) and self._fits(end + place, names[place]):
                return end + place
        for place, name in names.items():
            if name[:4] in KNOWN and self._fits(end + place, name):
                self.warnings.add("stray_bytes")
                return end + place
        return end + length % 2

    def _fits(self, position: int, head: bytes) -> bool:
        told = struct.unpack(self.order + "I", head[4:HEAD])[0]
        return head[:4] == b"data" or position + HEAD + told <= self.size

    def _length(self, name: bytes, offset: int, told: int) -> int | None:
        """Return the length of a chunk within the file; None when nothing relevant can follow."""
        rest = self.size - offset
        if name == b"ds64" and self.large and self._data_size is None:
            sizes = self.read(offset + 8, 8)
            self._data_size = struct.unpack("<Q", sizes)[0] if len(sizes) == HEAD else None
        if name == b"data":
            self.sounds += 1
            return self._sound(offset, told, rest)
        if told > rest:
            if not self.sounds:
                raise WavMalformed("A chunk is said to be larger than the file. Was the file cut? Send it again.")
            self.broken = offset - HEAD
            return None
        return int(told)

    def _sound(self, offset: int, told: int, rest: int) -> int:
        first = self.sounds == 1
        if first and self.large and told in UNKNOWN_SIZES and self._data_size:
            told = self._data_size
        elif first and told in UNKNOWN_SIZES and (told > rest or (told == 0 and not self._only_chunks(offset))):
            self.warnings.add("size_unknown")
            return rest
        if told > rest:
            self.warnings.add("truncated")
        return min(told, rest)

    def _only_chunks(self, position: int) -> bool:
        """Return whether only complete chunks follow, so that an audio size of zero is intended."""
        for _ in range(MAX_CHUNKS):
            if position >= self.size:
                return True
            head = self.read(position, HEAD)
            if len(head) < HEAD or not _is_printable(head[:4]):
                return False
            length = struct.unpack(self.order + "I", head[4:])[0]
            position += HEAD + length + length % 2
            if position > self.size + 1:
                return False
        return False

    def has_unread_bytes(self) -> bool:
        """Return whether the last chunk is followed by bytes that are neither padding nor a tag: perhaps audio."""
        if self.broken is None:
            return False
        rest = self.read(self.broken, SAMPLE)
        return bool(rest.strip(b"\0")) and not rest.lstrip(b"\0").startswith(TAGS_AFTER)


def _is_printable(name: bytes) -> bool:
    return len(name) == NUMBER and all(0x20 <= byte < 0x7F for byte in name)  # noqa: PLR2004  # ASCII
