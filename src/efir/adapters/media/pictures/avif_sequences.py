"""The first frame of an AVIF sequence, made a still that any decoder of AVIF reads (AVIF 1.2 §5)."""

import struct
from dataclasses import dataclass

from efir.adapters.media.pictures.avif import outer_boxes
from efir.adapters.media.video.boxes import BoxesBroken, children, find

ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"
ENTRY = 78  # bytes of a visual sample entry before its boxes (ISO/IEC 14496-12 §12.1.3)
ESSENTIAL = frozenset({b"av1C", b"irot", b"imir", b"clap"})
CARRIED = ESSENTIAL | {b"colr", b"pasp", b"clli"}

Property = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Track:
    """A sequence: its first picture with all that a decoder needs of it; `serves` is the track it is the alpha of."""

    number: int
    serves: int | None
    frames: int
    properties: tuple[Property, ...]
    first: bytes


def first_frame(data: bytes) -> tuple[bytes, int] | None:
    """Make a still of the first frame of a sequence, and count its frames; None for what is a still already.

    A file of major brand `avis` is a sequence first, whatever still it has besides. Raises BoxesBroken.
    """
    boxes = {kind: (start, end) for kind, start, end in outer_boxes(data)}
    if b"moov" not in boxes or (data[8:12] != b"avis" and b"meta" in boxes):
        return None
    try:
        tracks = [_track(data, *place) for kind, *place in children(data, *boxes[b"moov"]) if kind == b"trak"]
    except (struct.error, IndexError, KeyError) as error:
        raise BoxesBroken(str(error)) from error
    shown = next((track for track in tracks if track is not None and track.serves is None), None)
    if shown is None:
        raise BoxesBroken("no pictures")
    alpha = next((track for track in tracks if track is not None and track.serves == shown.number), None)
    return _still(shown, alpha), shown.frames


def _track(data: bytes, start: int, end: int) -> Track | None:
    """Read a track of pictures or their alpha; None for any other."""
    mdia = find(data, "mdia", start, end)
    handler, _ = find(data, "hdlr", *mdia)
    if data[handler + 8 : handler + 12] not in {b"pict", b"auxv"}:
        return None
    table = find(data, "minf/stbl", *mdia)
    entry, stop = find(data, "stsd", *table)
    _, entry, stop = next(children(data, entry + 8, stop), (b"", stop, stop))
    width, height = struct.unpack_from(">HH", data, entry + 24)
    boxes = [(kind, data[at:until]) for kind, at, until in children(data, entry + ENTRY, stop)]
    kept = [(b"ispe", struct.pack(">III", 0, width, height)), *(each for each in boxes if each[0] in CARRIED)]
    serves = None
    if data[handler + 8 : handler + 12] == b"auxv":
        if not any(kind == b"auxi" and ALPHA in body for kind, body in boxes):
            return None
        serves = struct.unpack_from(">I", data, find(data, "tref/auxl", start, end)[0])[0]
        kept.append((b"auxC", bytes(4) + ALPHA))
    header, _ = find(data, "tkhd", start, end)
    number = struct.unpack_from(">I", data, header + (20 if data[header] else 12))[0]
    frames, first = _samples(data, table)
    return Track(number, serves, frames, tuple(kept), first)


def _samples(data: bytes, table: tuple[int, int]) -> tuple[int, bytes]:
    """Count the samples of a track, and take the first."""
    at, _ = find(data, "stsz", *table)
    size, frames = struct.unpack_from(">II", data, at + 4)
    size = size or struct.unpack_from(">I", data, at + 12)[0]
    kinds = {kind: start for kind, start, _ in children(data, *table)}
    form, place = (">Q", b"co64") if b"co64" in kinds else (">I", b"stco")
    (where,) = struct.unpack_from(form, data, kinds[place] + 8)
    if not size or where + size > len(data):
        raise BoxesBroken("the first picture is cut short")
    return frames, data[where : where + size]


def _still(shown: Track, alpha: Track | None) -> bytes:
    items = [shown] if alpha is None else [shown, alpha]
    brand = box(b"ftyp", b"avif" + bytes(4) + b"avifmif1miaf")
    size = len(_meta(items, 0))
    body = box(b"mdat", *(item.first for item in items))
    return brand + _meta(items, len(brand) + size + 8) + body


def _meta(items: list[Track], where: int) -> bytes:
    """Describe items whose data follow each other from an offset on (ISO/IEC 14496-12 §8.11, ISO/IEC 23008-12)."""
    places, links, boxes = b"", b"", []
    for number, item in enumerate(items, 1):
        places += struct.pack(">HHHII", number, 0, 1, where, len(item.first))
        where += len(item.first)
        links += struct.pack(">HB", number, len(item.properties))
        for kind, body in item.properties:
            boxes.append(box(kind, body))
            links += bytes([len(boxes) | (0x80 if kind in ESSENTIAL else 0)])
    count = struct.pack(">H", len(items))
    infos = (box(b"infe", b"\2\0\0\0", struct.pack(">HH", n, 0), b"av01\0") for n in range(1, len(items) + 1))
    return box(
        b"meta", bytes(4), box(b"hdlr", bytes(8), b"pict", bytes(13)), box(b"pitm", bytes(4), b"\0\1"),
        box(b"iloc", bytes(4), b"\x44\0", count, places), box(b"iinf", bytes(4), count, *infos),
        *([box(b"iref", bytes(4), box(b"auxl", struct.pack(">HHH", 2, 1, 1)))] if len(items) > 1 else []),
        box(b"iprp", box(b"ipco", *boxes), box(b"ipma", bytes(4), struct.pack(">I", len(items)), links)),
    )  # fmt: skip


def box(kind: bytes, *parts: bytes) -> bytes:
    """Make a box."""
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body
