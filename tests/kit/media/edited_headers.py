"""Files with something in their headers that no program here writes."""

from collections.abc import Container, Iterator
from itertools import pairwise

FORM = {b"avc1": 78, b"hvc1": 78, b"hev1": 78, b"stsd": 8}
PATH = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
SEGMENT, TRACKS, ENTRY, VIDEO = 0x18538067, 0x1654AE6B, 0xAE, 0xE0
SEEK, CUES = 0x114D9B74, 0x1C53BB6B


def with_box(data: bytes, box: bytes, *, entry: bytes = b"avc1") -> bytes:
    """Put a box at the end of the first sample entry of that kind; the index has to stand behind the media."""
    places, start, end = [], 0, len(data)
    for name in (*PATH, entry):
        at = data.index(name, start, end) - 4
        places.append(at)
        start, end = at + 8 + FORM.get(name, 0), at + int.from_bytes(data[at : at + 4], "big")
    changed = bytearray(data[:end] + box + data[end:])
    for at in places:
        size = int.from_bytes(data[at : at + 4], "big") + len(box)
        changed[at : at + 4] = size.to_bytes(4, "big")
    return bytes(changed)


def box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def element(number: int, content: bytes) -> bytes:
    """An element of Matroska with a size of eight bytes."""
    return (
        number.to_bytes((number.bit_length() + 7) // 8, "big") + (len(content) | 1 << 56).to_bytes(8, "big") + content
    )


def elements(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Number, start, start of the content and end of each element."""
    at = start
    while at < end:
        wide = 9 - data[at].bit_length()
        number = int.from_bytes(data[at : at + wide], "big")
        size_at, length = at + wide, 9 - data[at + wide].bit_length()
        size = int.from_bytes(data[size_at : size_at + length], "big") & ((1 << 7 * length) - 1)
        content = size_at + length
        stop = end if size == (1 << 7 * length) - 1 else content + size
        yield number, at, content, stop
        at = stop


def with_element(data: bytes, more: bytes, *, inside: int, only: Container[int] = range(99)) -> bytes:
    """Put elements at the end of every element of that number, or of `only` some; indexes of places are left out."""
    return _edited(data, (0, len(data)), more, inside, [place in only for place in range(99)])


def _edited(data: bytes, span: tuple[int, int], more: bytes, inside: int, wanted: list[bool]) -> bytes:
    made = b""
    for number, at, content, stop in elements(data, *span):
        if number == inside:
            made += element(number, data[content:stop] + (more if wanted.pop(0) else b""))
        elif number in {SEGMENT, TRACKS, ENTRY}:
            made += element(number, _edited(data, (content, stop), more, inside, wanted))
        elif number not in {SEEK, CUES}:
            made += data[at:stop]
    return made


def scrambled_disc(data: bytes) -> bytes:
    """A program stream whose packets say that they are under the lock of a disc."""
    changed = bytearray(data)
    marks = [at for at in range(len(data) - 6) if data[at : at + 3] == b"\0\0\1" and 0xC0 <= data[at + 3] <= 0xEF]
    for at, _ in pairwise([*marks, len(data)]):
        if data[at + 6] & 0xC0 == 0x80:
            changed[at + 6] |= 0x10
    return bytes(changed)
