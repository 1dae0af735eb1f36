"""Reading and patching ISO media boxes (ISO/IEC 14496-12): just what fragmented MP4 tracks of ours contain.

Every function is total: data that ends early or contradicts itself raises BoxesBroken, nothing loops.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

NON_SYNC = 0x10000
IDR = 5
SLICES = range(1, 6)
MAX_SAMPLES = 1 << 15

Buffer = bytes | bytearray


class BoxesBroken(Exception):  # named by what is wrong
    """The bytes are not the boxes they should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitFacts:
    """What an init file says: `kind` is `video` or `audio`, `codecs` the RFC 6381 string."""

    kind: str
    codecs: str
    timescale: int
    default_duration: int
    default_flags: int
    nal_length: int = 0
    width: int = 0
    height: int = 0
    channels: int = 0
    sample_rate: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFacts:
    """What a media segment says; `independent` means that it starts with a sync sample, an IDR picture for H.264."""

    start_ticks: int
    ticks: int
    samples: int
    independent: bool


def children(data: Buffer, start: int = 0, end: int = -1) -> Iterator[tuple[bytes, int, int]]:
    """Yield (kind, body start, body end) of the boxes between two offsets."""
    end = len(data) if end < 0 else end
    while start < end:
        if start + 8 > end:
            raise BoxesBroken("box header cut short")
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1 and start + 16 <= end:
            size = struct.unpack_from(">Q", data, body)[0]
            body += 8
        if size < body - start or start + size > end:
            raise BoxesBroken(f"box {kind!r} has a wrong size")
        yield kind, body, start + size
        start += size


def find(data: Buffer, path: str, start: int = 0, end: int = -1) -> tuple[int, int]:
    """Body of the first box under a path such as `moov/trak/mdia`."""
    for name in path.encode().split(b"/"):
        for kind, body, stop in children(data, start, end):
            if kind == name:
                start, end = body, stop
                break
        else:
            raise BoxesBroken(f"no box {path}")
    return start, end


def read_init(data: Buffer) -> InitFacts:
    """Read an init file with exactly one track."""
    try:
        return _init(data)
    except (struct.error, IndexError) as error:
        raise BoxesBroken(str(error)) from error


def read_segment(data: Buffer, init: InitFacts, *, foreign: bool = False) -> SegmentFacts:
    """Read a media segment: all its fragments, which must follow one another without a gap.

    Of a `foreign` encoder's packets every unit has to end within its sample: players stop where one does not.
    """
    try:
        fragments = list(_fragments(data, init, foreign=foreign))
    except (struct.error, IndexError) as error:
        raise BoxesBroken(str(error)) from error
    if not fragments:
        raise BoxesBroken("no fragment")
    clock = fragments[0].start_ticks
    for fragment in fragments:
        if fragment.start_ticks != clock:
            raise BoxesBroken("fragments leave a gap")
        clock += fragment.ticks
    return SegmentFacts(
        start_ticks=fragments[0].start_ticks,
        ticks=clock - fragments[0].start_ticks,
        samples=sum(fragment.samples for fragment in fragments),
        independent=fragments[0].independent,
    )


def rebase(data: bytearray, shift: int, sequence: int) -> None:
    """Subtract ticks from every decode time and index time of a segment, and number its fragments from `sequence`."""
    try:
        for kind, body, end in children(data):
            if kind == b"sidx":
                _subtract(data, body, body + 12, shift)
            elif kind == b"moof":
                struct.pack_into(">I", data, find(data, "mfhd", body, end)[0] + 4, sequence)
                where = find(data, "traf/tfdt", body, end)[0]
                _subtract(data, where, where + 4, shift)
                sequence += 1
    except struct.error as error:
        raise BoxesBroken(str(error)) from error


def _subtract(data: bytearray, version_at: int, at: int, shift: int) -> None:
    form = ">Q" if data[version_at] else ">I"
    (value,) = struct.unpack_from(form, data, at)
    if value < shift:
        raise BoxesBroken("a segment starts before the track")
    struct.pack_into(form, data, at, value - shift)


def _init(data: Buffer) -> InitFacts:
    moov, moov_end = find(data, "moov")
    tracks = [(body, end) for kind, body, end in children(data, moov, moov_end) if kind == b"trak"]
    if len(tracks) != 1:
        raise BoxesBroken("an init file must have one track")
    mdia = find(data, "mdia", *tracks[0])
    mdhd, _ = find(data, "mdhd", *mdia)
    timescale = struct.unpack_from(">I", data, mdhd + (20 if data[mdhd] else 12))[0]
    if not timescale:
        raise BoxesBroken("no timescale")
    trex, _ = find(data, "mvex/trex", moov, moov_end)
    duration, _, flags = struct.unpack_from(">III", data, trex + 12)
    stsd, stsd_end = find(data, "minf/stbl/stsd", *mdia)
    entries = list(children(data, stsd + 8, stsd_end))
    if len(entries) != 1:
        raise BoxesBroken("one sample description expected")
    kind, body, end = entries[0]
    if kind == b"avc1":
        at, stop = find(data, "avcC", body + 78, end)
        return InitFacts(
            kind="video",
            codecs=f"avc1.{data[at + 1 : at + 4].hex()}",
            timescale=timescale,
            default_duration=duration,
            default_flags=flags,
            nal_length=(data[min(at + 4, stop - 1)] & 3) + 1,
            width=struct.unpack_from(">H", data, body + 24)[0],
            height=struct.unpack_from(">H", data, body + 26)[0],
        )
    if kind == b"mp4a":
        return InitFacts(
            kind="audio",
            codecs=_mp4a(data, *find(data, "esds", body + 28, end)),
            timescale=timescale,
            default_duration=duration,
            default_flags=flags,
            channels=struct.unpack_from(">H", data, body + 16)[0],
            sample_rate=struct.unpack_from(">I", data, body + 24)[0] >> 16,
        )
    raise BoxesBroken(f"codec {kind!r} is not ours")


def _mp4a(data: Buffer, start: int, end: int) -> str:
    """Object type and audio object type from the descriptors of an `esds` box."""
    kind, start, _ = _descriptor(data, start + 4, end)
    if kind != 3:  # noqa: PLR2004  # ES descriptor
        raise BoxesBroken("no ES descriptor")
    kind, start, stop = _descriptor(data, start + 3, end)
    if kind != 4:  # noqa: PLR2004  # decoder configuration
        raise BoxesBroken("no decoder configuration")
    _, body, _ = _descriptor(data, start + 13, stop)
    return f"mp4a.{data[start]:02x}.{data[body] >> 3}"


def _descriptor(data: Buffer, start: int, end: int) -> tuple[int, int, int]:
    kind, size, at = data[start], 0, start + 1
    for at in range(start + 1, start + 5):
        size = size << 7 | data[at] & 0x7F
        if not data[at] & 0x80:
            break
    if at + 1 + size > end:
        raise BoxesBroken("descriptor cut short")
    return kind, at + 1, at + 1 + size


def _fragments(data: Buffer, init: InitFacts, *, foreign: bool) -> Iterator[SegmentFacts]:
    boxes = [*children(data), (b"", 0, 0)]
    for (kind, body, end), (after, media, media_end) in pairwise(boxes):
        if kind != b"moof":
            continue
        if after != b"mdat":
            raise BoxesBroken("a fragment without media")
        if foreign and init.nal_length:
            _check_units(data, _sizes(data, body, end), (media, media_end), init.nal_length)
        yield _fragment(data, body, end, (media, media_end), init)


def _fragment(data: Buffer, body: int, end: int, media: tuple[int, int], init: InitFacts) -> SegmentFacts:
    traf, traf_end = find(data, "traf", body, end)
    tfdt, _ = find(data, "tfdt", traf, traf_end)
    start = struct.unpack_from(">Q" if data[tfdt] else ">I", data, tfdt + 4)[0]
    duration, flags = _defaults(data, find(data, "tfhd", traf, traf_end)[0], init)
    ticks = samples = size = 0
    first = -1
    for kind, at, stop in children(data, traf, traf_end):
        if kind != b"trun":
            continue
        if stop - at < 8:  # noqa: PLR2004  # version, flags and count
            raise BoxesBroken("run cut short")
        have, count, rows = _read_run(data, at)
        if rows + 4 * (have & 0xF00).bit_count() * count > stop or count > MAX_SAMPLES:
            raise BoxesBroken("run cut short")
        for _ in range(count):
            length, rows = _read_optional(data, rows, have & 0x100, duration)
            weight, rows = _read_optional(data, rows, have & 0x200, 0)
            mark, rows = _read_optional(data, rows, have & 0x400, flags)
            rows += 4 if have & 0x800 else 0
            if first < 0:
                first = struct.unpack_from(">I", data, at + 12)[0] if have & 4 else mark
            ticks += length
            size += weight
        samples += count
    if size > media[1] - media[0]:
        raise BoxesBroken("media cut short")
    return SegmentFacts(
        start_ticks=start,
        ticks=ticks,
        samples=samples,
        independent=first >= 0 and not first & NON_SYNC and _starts_anew(data, media, init),
    )


def _sizes(data: Buffer, body: int, end: int) -> Iterator[int]:
    """Sizes of a fragment's samples, where its runs tell them one by one."""
    for kind, at, _ in children(data, *find(data, "traf", body, end)):
        if kind == b"trun":
            have, count, rows = _read_run(data, at)
            step, before = 4 * (have & 0xF00).bit_count(), 4 * bool(have & 0x100)
            if have & 0x200:
                yield from (struct.unpack_from(">I", data, rows + n * step + before)[0] for n in range(count))


def _check_units(data: Buffer, sizes: Iterator[int], media: tuple[int, int], length: int) -> None:
    at = media[0]
    for size in sizes:
        end = at + size
        while at < end:
            unit = int.from_bytes(data[at : at + length], "big")
            if not unit:
                raise BoxesBroken("a unit without content")
            at += length + unit
        if at != end or end > media[1]:
            raise BoxesBroken("a unit lies outside its sample")


def _read_run(data: Buffer, at: int) -> tuple[int, int, int]:
    have = int.from_bytes(data[at + 1 : at + 4], "big")
    count = struct.unpack_from(">I", data, at + 4)[0]
    return have, count, at + 8 + (4 if have & 1 else 0) + (4 if have & 4 else 0)


def _read_optional(data: Buffer, at: int, present: int, otherwise: int) -> tuple[int, int]:
    return (struct.unpack_from(">I", data, at)[0], at + 4) if present else (otherwise, at)


def _defaults(data: Buffer, at: int, init: InitFacts) -> tuple[int, int]:
    """Sample duration and flags of a fragment: its own, else the track's."""
    have = int.from_bytes(data[at + 1 : at + 4], "big")
    where = at + 8 + (8 if have & 1 else 0) + (4 if have & 2 else 0)
    duration, where = _read_optional(data, where, have & 0x8, init.default_duration)
    where += 4 if have & 0x10 else 0
    flags, _ = _read_optional(data, where, have & 0x20, init.default_flags)
    return duration, flags


def _starts_anew(data: Buffer, media: tuple[int, int], init: InitFacts) -> bool:
    """Sound always does; H.264 does when its first slice is of an IDR picture."""
    at, end = media
    if not init.nal_length:
        return True
    while at + init.nal_length < end:
        size = int.from_bytes(data[at : at + init.nal_length], "big")
        at += init.nal_length
        kind = data[at] & 0x1F
        if kind in SLICES:
            return kind == IDR
        at += max(1, size)
    return False
