"""A reader of fragmented MP4 for judging, written from ISO/IEC 14496-12 and -15 and ITU-T H.264, not from our own."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

CONTAINERS = frozenset({"moov", "trak", "mdia", "minf", "stbl", "mvex", "moof", "traf", "edts", "dinf"})
ENTRIES = {"avc1": 78, "avc3": 78, "mp4a": 28}
HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128})
SHAPES = {1: (1, 1), 2: (12, 11), 3: (10, 11), 4: (16, 11), 5: (40, 33), 14: (4, 3), 15: (3, 2), 16: (2, 1)}


class Malformed(Exception):
    """The bytes break a rule of their format."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its kind, its bytes after the header, where its header starts in the file, and the boxes inside."""

    kind: str
    body: bytes
    start: int
    inside: tuple["Box", ...] = ()

    def all(self, path: str) -> Iterator["Box"]:
        """Yield the boxes under a path."""
        first, _, rest = path.partition("/")
        for box in self.inside:
            if box.kind == first:
                yield from box.all(rest) if rest else (box,)

    def one(self, path: str) -> "Box":
        """Return the only box under a path."""
        (found,) = self.all(path)
        return found


def _require(holds: object, words: str) -> None:
    if not holds:
        raise Malformed(words)


def read_boxes(data: bytes, start: int = 0, offset: int = 0) -> tuple[Box, ...]:
    """Return the boxes of some bytes; `offset` is where the bytes stand in their file."""
    found = []
    at = start
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        _require(head <= size <= len(data) - at, f"box {name!r} at {offset + at} has size {size}")
        kind = name.decode("latin-1")
        body = data[at + head : at + size]
        inside: tuple[Box, ...] = ()
        if kind in CONTAINERS:
            inside = read_boxes(body, 0, offset + at + head)
        elif kind == "stsd":
            inside = read_boxes(body, 8, offset + at + head)
        elif kind in ENTRIES:
            inside = read_boxes(body, ENTRIES[kind], offset + at + head)
        found.append(Box(kind, body, offset + at, inside))
        at += size
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample on its track's clock, with its bytes; `sync` is what the fragment says."""

    decoded: int
    shown: int
    ticks: int
    sync: bool
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What an init file says: the sample entry, and the defaults of its fragments."""

    root: Box
    entry: Box
    timescale: int
    defaults: tuple[int, int, int]

    @property
    def setup(self) -> bytes:
        """The `avcC` record."""
        return self.entry.one("avcC").body

    @property
    def parameter_sets(self) -> list[bytes]:
        """Sequence parameter sets."""
        record, at, found = self.setup, 6, []
        for _ in range(record[5] & 31):
            (size,) = struct.unpack_from(">H", record, at)
            found.append(record[at + 2 : at + 2 + size])
            at += 2 + size
        return found

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the sample entry."""
        return struct.unpack_from(">HH", self.entry.body, 24)

    @property
    def audio_object(self) -> tuple[int, int]:
        """Object type of the stream, and the audio object type (2 is AAC-LC)."""
        body = self.entry.one("esds").body
        _, at = _descriptor(body, 4)
        config, stream = _descriptor(body, at + 3)
        _require(config == 4, "no decoder configuration")
        _, setup = _descriptor(body, stream + 13)
        return body[stream], body[setup] >> 3

    @property
    def channels(self) -> int:
        """Channels of the sample entry."""
        return int(struct.unpack_from(">H", self.entry.body, 16)[0])


def _descriptor(body: bytes, at: int) -> tuple[int, int]:
    """Return the kind of a descriptor of ISO/IEC 14496-1, and where its content starts."""
    kind = body[at]
    while body[at + 1] & 0x80:
        at += 1
    return kind, at + 2


def read_header(data: bytes) -> Header:
    """Read an init file of one track."""
    root = Box("", data, 0, read_boxes(data))
    mdhd = root.one("moov/trak/mdia/mdhd").body
    (timescale,) = struct.unpack_from(">I", mdhd, 20 if mdhd[0] else 12)
    (entry,) = root.one("moov/trak/mdia/minf/stbl/stsd").inside
    trex = root.one("moov/mvex/trex").body
    return Header(root=root, entry=entry, timescale=timescale, defaults=struct.unpack_from(">III", trex, 12))


def read_samples(data: bytes, header: Header) -> list[Sample]:
    """Read all samples of a segment, by the offsets that its fragments give."""
    return [sample for box in read_boxes(data) if box.kind == "moof" for sample in _fragment(data, box, header)]


def read_starts(data: bytes) -> list[int]:
    """Return the decode time of each fragment."""
    found = []
    for box in read_boxes(data):
        if box.kind == "moof":
            tfdt = box.one("traf/tfdt").body
            found.append(struct.unpack_from(">Q" if tfdt[0] else ">I", tfdt, 4)[0])
    return found


def _fragment(data: bytes, moof: Box, header: Header) -> Iterator[Sample]:
    tfhd = moof.one("traf/tfhd").body
    have, at = int.from_bytes(tfhd[1:4], "big"), 8
    origin = moof.start
    if have & 1:
        (origin,) = struct.unpack_from(">Q", tfhd, at)
        at += 8
    at += 4 if have & 2 else 0
    defaults = list(header.defaults)
    for place, bit in enumerate((8, 0x10, 0x20)):
        if have & bit:
            (defaults[place],) = struct.unpack_from(">I", tfhd, at)
            at += 4
    tfdt = moof.one("traf/tfdt").body
    (clock,) = struct.unpack_from(">Q" if tfdt[0] else ">I", tfdt, 4)
    for trun in moof.all("traf/trun"):
        for sample in _run(data, trun.body, origin, clock, defaults):
            yield sample
            clock = sample.decoded + sample.ticks


def _run(data: bytes, trun: bytes, origin: int, clock: int, defaults: list[int]) -> Iterator[Sample]:
    have, (count,), at = int.from_bytes(trun[1:4], "big"), struct.unpack_from(">I", trun, 4), 8
    place = origin
    if have & 1:
        place, at = origin + struct.unpack_from(">i", trun, at)[0], at + 4
    first = None
    if have & 4:
        (first,), at = struct.unpack_from(">I", trun, at), at + 4
    for number in range(count):
        row = [*defaults, 0]
        for field, bit in enumerate((0x100, 0x200, 0x400, 0x800)):
            if have & bit:
                form = ">i" if field == 3 and trun[0] else ">I"
                (row[field],), at = struct.unpack_from(form, trun, at), at + 4
        ticks, size, flags, later = row
        flags = first if number == 0 and first is not None else flags
        content = data[place : place + size]
        _require(len(content) == size, "a sample lies outside its file")
        yield Sample(decoded=clock, shown=clock + later, ticks=ticks, sync=not flags & 0x10000, data=content)
        clock, place = clock + ticks, place + size


def units(data: bytes, length: int = 4) -> list[bytes]:
    """Return the NAL units of a sample."""
    found, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + length], "big")
        _require(0 < size <= len(data) - at - length, "a NAL unit lies outside its sample")
        found.append(data[at + length : at + length + size])
        at += length + size
    return found


class Bits:
    """Reads a raw byte sequence bit by bit."""

    def __init__(self, unit: bytes) -> None:
        data = unit.replace(b"\0\0\3", b"\0\0")
        self._bits = "".join(f"{byte:08b}" for byte in data)
        self._at = 0

    def take(self, count: int) -> int:
        """Return an unsigned number of so many bits."""
        self._at += count
        return int(self._bits[self._at - count : self._at] or "0", 2)

    def golomb(self) -> int:
        """Return an unsigned Exp-Golomb number."""
        zeros = self._bits.index("1", self._at) - self._at
        self._at += zeros
        return self.take(zeros + 1) - 1

    def signed(self) -> int:
        """Return a signed Exp-Golomb number."""
        value = self.golomb()
        return -(value // 2) if value % 2 == 0 else value // 2 + 1


@dataclass(slots=True)
class ParameterSet:
    """A sequence parameter set; colour is (primaries, transfer, matrix), None where nothing is said."""

    profile: int = 0
    constraints: int = 0
    level: int = 0
    width: int = 0
    height: int = 0
    shape: tuple[int, int] | None = None
    full: bool | None = None
    colour: tuple[int, int, int] | None = None


def read_parameter_set(unit: bytes) -> ParameterSet:
    """Read an H.264 sequence parameter set (7.3.2.1.1 and Annex E)."""
    bits, found = Bits(unit[1:]), ParameterSet()
    found.profile, found.constraints, found.level = bits.take(8), bits.take(8), bits.take(8)
    bits.golomb()
    chroma = 1
    if found.profile in HIGH_PROFILES:
        chroma = bits.golomb()
        bits.take(1 if chroma == 3 else 0)
        bits.golomb(), bits.golomb(), bits.take(1)
        _require(not bits.take(1), "scaling lists are not ours")
    bits.golomb()
    if (order := bits.golomb()) == 0:
        bits.golomb()
    else:
        _require(order == 2, "picture order of type 1 is not ours")
    bits.golomb(), bits.take(1)
    across, upright, frames = bits.golomb() + 1, bits.golomb() + 1, bits.take(1)
    bits.take(1 if frames else 2)
    crop = [bits.golomb() for _ in range(4)] if bits.take(1) else [0] * 4
    unit_high = 2 * (2 - frames) if chroma == 1 else 2 - frames
    found.width = across * 16 - (crop[0] + crop[1]) * (2 if chroma in {1, 2} else 1)
    found.height = upright * 16 * (2 - frames) - (crop[2] + crop[3]) * unit_high
    if bits.take(1):
        _usability(bits, found)
    return found


def _usability(bits: Bits, found: ParameterSet) -> None:
    if bits.take(1):
        shape = bits.take(8)
        found.shape = (bits.take(16), bits.take(16)) if shape == 255 else SHAPES.get(shape, (0, shape))
    if bits.take(1):
        bits.take(1)
    if bits.take(1):
        bits.take(3)
        found.full = bool(bits.take(1))
        if bits.take(1):
            found.colour = (bits.take(8), bits.take(8), bits.take(8))
