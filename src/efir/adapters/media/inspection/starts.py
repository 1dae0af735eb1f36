"""Where recordings begin in a file of several, joined as `cat` does it: each has the mark of its container's header.

A demuxer of FLV or ASF stops at the second header as if the file ended there, one of Ogg at other codecs or tables.
"""

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

BLOCK, OVERLAP = 1 << 20, 64
PAGE_HEAD = 27  # bytes of an Ogg page before its table of segments


class Mark(NamedTuple):
    """Bytes that a header begins with, and what tells that they are one, given the bytes from there on."""

    head: bytes
    holds: Callable[[bytes], bool]


MARKS = {
    # Adobe Flash Video File Format 10.1, annex E.2: flags for sound and picture, 9 bytes of header, no tag before
    "flv": Mark(b"FLV\x01", lambda near: near[4] in {1, 4, 5} and near[5:13] == b"\0\0\0\x09\0\0\0\0"),
    # Advanced Systems Format 1.20, 3.1: the Header Object, its two reserved bytes behind size and count
    "asf": Mark(bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), lambda near: near[28:30] == b"\x01\x02"),
    # RFC 8794, 11.2.1 and 11.2.4: the EBML header, which names its type of document
    "matroska": Mark(b"\x1a\x45\xdf\xa3", lambda near: b"\x42\x82\x88matroska" in near or b"\x42\x82\x84webm" in near),
    # RFC 3533, 6: the first page of a logical stream, at time 0
    "ogg": Mark(b"OggS\0\x02", lambda near: near[6:14] == bytes(8)),
}


def starts_of(descriptor: int, demuxer: str) -> list[int]:
    """Return where recordings begin in an open file, the first at 0; of a container without a mark that is all."""
    mark = MARKS.get(demuxer)
    found = list(_places(descriptor, mark)) if mark is not None else []
    if demuxer == "ogg":
        found = _find_group_starts(descriptor, found)
    return [0, *(place for place in found if place)]


def _places(descriptor: int, mark: Mark) -> Iterator[int]:
    """Give the places of a mark. A block at a time, for the file may be larger than memory."""
    at = 0
    while len(block := os.pread(descriptor, BLOCK + OVERLAP, at)) >= OVERLAP:
        place = block.find(mark.head)
        while 0 <= place < BLOCK and place + OVERLAP <= len(block):
            if mark.holds(block[place : place + OVERLAP]):
                yield at + place
            place = block.find(mark.head, place + 1)
        at += BLOCK


def _find_group_starts(descriptor: int, pages: list[int]) -> list[int]:
    """Return the first pages of links in a chain: those of all its streams follow one another (RFC 3533, 4)."""
    expected, firsts = -1, list[int]()
    for page in pages:
        if page != expected:
            firsts.append(page)
        head = os.pread(descriptor, PAGE_HEAD + 255, page)
        segments = head[PAGE_HEAD - 1]
        expected = page + PAGE_HEAD + segments + sum(head[PAGE_HEAD : PAGE_HEAD + segments])
    return firsts
