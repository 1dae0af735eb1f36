"""Telling a file's container by its first bytes; names and declared types are never believed."""

from efir.domain.media import MediaEmpty, MediaFormatRefused

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
TS_PACKETS = (188, 192, 204)
MOV_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"})
STILL_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"jpeg"})


def demuxer(head: bytes) -> str:
    """Name the one demuxer that may read a file starting with these bytes.

    Text, playlists (HLS, DASH, concat), pictures and unknown things have none. Raises MediaEmpty, MediaFormatRefused.
    """
    if not head:
        raise MediaEmpty
    found = _by_magic(head) or _stream(head)
    if found is None:
        raise MediaFormatRefused
    return found


def _by_magic(head: bytes) -> str | None:
    for at, magic, name in MAGIC:
        if head[at : at + len(magic)] == magic:
            return name
    still = head[4:8] == b"ftyp" and head[8:12] in STILL_BRANDS
    return "mov" if head[4:8] in MOV_BOXES and _box_size(head) >= LEAST_BOX and not still else None


def _box_size(head: bytes) -> int:
    size = int.from_bytes(head[:4], "big")
    return 16 if size == 1 else size or len(head)


def _stream(head: bytes) -> str | None:
    """MPEG transport streams have no magic at the front but a mark that repeats."""
    for size in TS_PACKETS:
        start = size - 188 if size == 192 else 0  # noqa: PLR2004  # M2TS puts a time stamp before each packet
        marks = head[start : start + 5 * size : size]
        if len(marks) >= 3 and set(marks) == {0x47}:  # noqa: PLR2004  # three in step are no accident
            return "mpegts"
    return None
