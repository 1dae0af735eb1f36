"""Telling a file's container by its first bytes; names and declared types are never believed."""

import re
from typing import BinaryIO

from efir.domain.processing.source_facts import MediaEmpty, MediaFormatRefused

SNIFF = 64 << 10
LEAST_BOX = 8
MAGIC = (
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (8, b"AVI LIST", "avi"),
    (8, b"AVI JUNK", "avi"),
    (0, b"FLV\x01", "flv"),
    (0, bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), "asf"),
    (0, b"OggS\x00", "ogg"),
    (0, b"\x00\x00\x01\xba", "mpeg"),
)
TS_SIZES = (188, 192, 204)
TS_MARK = 0x47
MARKS_AT_START, MARKS_LATER = 3, 8  # in step: that many are no accident, at the start and after foreign bytes
FIRST_PID, NULL_PID = 0x20, 0x1FFF  # below: tables; above: stuffing
NEARLY_ALL = 0.8  # of the packets; the tables of programs are among the others
PES = re.compile(rb"\x00\x00\x01[\xbd\xc0-\xef]")  # packets of sound and picture
PACK = b"\x00\x00\x01\xba"
MAX_BOXES = 4096
DRM_OBJECTS = (  # ASF: Content Encryption, Extended Content Encryption
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),
)
EBML_SEGMENT = b"\x18\x53\x80\x67"
MOV_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"})
STILL_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"jpeg"})


def demuxer(head: bytes) -> str:
    """Name the one demuxer that may read a file starting with these bytes.

    Text, playlists (HLS, DASH, concat), pictures and unknown things have none. Raises MediaEmpty, MediaFormatRefused.
    """
    if not head:
        raise MediaEmpty
    found = _find_by_magic(head) or _transport(head) or _program(head)
    if found is None:
        raise MediaFormatRefused
    return found


def is_cut(file: BinaryIO, size: int) -> bool:
    """Tell a file that ends before what its container says is there (ISO 14496-12 boxes, a Matroska segment)."""
    file.seek(0)
    head = file.read(SNIFF)
    kind = _find_by_magic(head)
    if kind == "mov":
        return _boxes_end(file, size) > size
    return kind == "matroska" and _segment_end(head) > size


def is_encrypted(head: bytes) -> bool:
    """Tell what a demuxer passes over in silence: scrambled transport packets (ISO 13818-1), Windows Media DRM."""
    kind = _find_by_magic(head)
    if kind == "asf":
        return any(found in head for found in DRM_OBJECTS)
    if kind == "mpeg":
        return _is_locked_disc(head)
    place = None if kind else _sync(head)
    return place is not None and _is_scrambled(head, *place)


def _is_locked_disc(head: bytes) -> bool:
    """Tell a program stream copied from a disc with its lock: packets with PES_scrambling_control (ISO 13818-1)."""
    marks = [head[at.start() + 6] for at in PES.finditer(head) if at.start() + 6 < len(head)]
    known = [mark for mark in marks if mark & 0xC0 == 0x80]  # noqa: PLR2004  # the form of MPEG-2
    return len(known) >= MARKS_LATER and sum(bool(mark & 0x30) for mark in known) > len(known) // 2


def _is_scrambled(head: bytes, start: int, size: int) -> bool:
    packets = range(start, len(head) - 3, size)
    if any(head[at] != TS_MARK for at in packets):
        return False  # damaged: what looks like a sign of a key may be anything
    content = [at for at in packets if FIRST_PID <= int.from_bytes(head[at + 1 : at + 3], "big") & NULL_PID < NULL_PID]
    locked = sum(bool(head[at + 3] & 0xC0) for at in content)
    return locked > NEARLY_ALL * len(content)


def _find_by_magic(head: bytes) -> str | None:
    for at, magic, name in MAGIC:
        if head[at : at + len(magic)] == magic:
            return name
    still = head[4:8] == b"ftyp" and head[8:12] in STILL_BRANDS
    return "mov" if head[4:8] in MOV_BOXES and _box_size(head) >= LEAST_BOX and not still else None


def _box_size(head: bytes) -> int:
    size = int.from_bytes(head[:4], "big")
    return 16 if size == 1 else size or len(head)


def _transport(head: bytes) -> str | None:
    return "mpegts" if _sync(head) else None


def _sync(head: bytes) -> tuple[int, int] | None:
    """Return place and distance of a transport stream's marks; a capture may begin within a packet or after others."""
    for size in TS_SIZES:
        start = size - 188 if size == 192 else 0  # noqa: PLR2004  # M2TS puts a time stamp before each packet
        marks = head[start : start + 5 * size : size]
        if len(marks) >= MARKS_AT_START and set(marks) == {TS_MARK}:
            return start, size
    at = head.find(TS_MARK)
    while 0 <= at < len(head) - MARKS_LATER * max(TS_SIZES):
        for size in TS_SIZES:
            if set(head[at : at + MARKS_LATER * size : size]) == {TS_MARK}:
                return at, size
        at = head.find(TS_MARK, at + 1)
    return None


def _program(head: bytes) -> str | None:
    """MPEG program streams cut in mid-packet: two pack headers with their marker bits."""
    packs = 0
    at = head.find(PACK)
    while at >= 0:
        mark = head[at + 4] if at + 4 < len(head) else 0
        packs += mark & 0xC4 == 0x44 or mark & 0xF1 == 0x21  # noqa: PLR2004  # MPEG-2 and MPEG-1
        at = head.find(PACK, at + 4)
    return "mpeg" if packs > 1 else None


def _boxes_end(file: BinaryIO, size: int) -> int:
    """Return where the last box says that it ends."""
    at = 0
    for _ in range(MAX_BOXES):
        file.seek(at)
        head = file.read(16)
        if len(head) < LEAST_BOX:
            return at
        length = int.from_bytes(head[:4], "big")
        if length == 1 and len(head) == 16:  # noqa: PLR2004  # a 64-bit size follows
            length = int.from_bytes(head[8:16], "big")
        if length < LEAST_BOX:  # 0: up to the end of the file; less is rubbish
            return size
        at += length
        if at > size:
            return at
    return at


def _segment_end(head: bytes) -> int:
    """Return where a Matroska segment says that it ends; 0 when it does not say."""
    at = head.find(EBML_SEGMENT)
    if at < 0 or at + 5 > len(head):
        return 0
    first = head[at + 4]
    length = 9 - first.bit_length()
    raw = head[at + 4 : at + 4 + length]
    if length > 8 or len(raw) < length:  # noqa: PLR2004  # EBML sizes have up to eight bytes
        return 0
    value = int.from_bytes(raw, "big") & ((1 << (7 * length)) - 1)
    return 0 if value == (1 << (7 * length)) - 1 else at + 4 + length + value
