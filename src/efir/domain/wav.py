"""What a WAV file says of its sound, read before any decoder sees a byte (`quiz-and-audio.md` B4).

The chunks are walked here and the converter gets an exact plan: which bytes are sound and how they are coded. The
header of the file itself is never given to a decoder. Sources: the RIFF and WAVE documents of IBM and Microsoft
(1991, 1994), WAVEFORMATEXTENSIBLE, EBU Tech 3306 (RF64) and ITU-R BS.2088 (BW64).
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from efir.domain.audio import AudioEmpty, AudioLimitsExceeded, NotWav, WavMalformed
from efir.domain.limits import Limits
from efir.domain.wav_format import TAGS, Coding, Format, read_format

Read = Callable[[int, int], bytes]
"""Up to `length` bytes from `offset`: fewer only at the end of the file."""

CHUNKS_MOST, ID3_MOST, INFO_MOST, FMT_MOST = 256, 1 << 20, 1 << 16, 1 << 16
SHORTEST = 0.02  # seconds
UNKNOWN_SIZES = frozenset({0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x80000000})  # what programs write that cannot seek
HEAD, NUMBER = 8, 4  # bytes: of a chunk's name and size, of a number


@dataclass(frozen=True, slots=True, kw_only=True)
class Wav:
    """A file that can be converted: `length` bytes of sound from `offset`, `frames` samples a channel (0: not known).

    `warnings` tell what was amiss and could be helped: `size_unknown`, `truncated`, `block_align`.
    """

    format: Format
    big_endian: bool
    offset: int
    length: int
    frames: int
    duration: float
    title: str = ""
    artist: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """What a walk over the chunks has seen so far."""

    format: Format | None = None
    data: tuple[int, int] | None = None
    fact: int = 0
    info: dict[bytes, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def read_wav(read: Read, size: int, limits: Limits) -> Wav:
    """Read the header of a file of `size` bytes.

    Raises NotWav, WavMalformed, WavCodecUnsupported, AudioEmpty, AudioLimitsExceeded.
    """
    start = _after_id3(read, size)
    head = read(start, 12)
    if head[:4] not in {b"RIFF", b"RIFX", b"RF64", b"BW64"} or head[8:12] != b"WAVE":
        raise NotWav
    order = ">" if head[:4] == b"RIFX" else "<"
    found = _Found()
    walk = _Walk(read, size, order, large=head[:4] in {b"RF64", b"BW64"})
    for name, offset, length in walk.chunks(start + 12):
        _take(found, walk, name, offset, length)
    if found.format is None:
        raise WavMalformed("The file has no description of its sound (`fmt `).")
    if found.data is None:
        raise AudioEmpty
    return _measured(found, found.format, order == ">", [*walk.warnings, *found.warnings], limits)


class _Walk:
    """Goes from chunk to chunk; knows the 64-bit sizes of RF64 and where programs forget the padding."""

    def __init__(self, read: Read, size: int, order: str, *, large: bool) -> None:
        self.read, self.size, self.order, self.large = read, size, order, large
        self.warnings: list[str] = []
        self._data_size: int | None = None
        self._seen_data = False

    def chunks(self, position: int) -> Iterator[tuple[bytes, int, int]]:
        """Give name, place of the content and its length within the file. Raises WavMalformed."""
        padded = False
        for _ in range(CHUNKS_MOST):
            head = self.read(position, 8)
            if len(head) == HEAD and padded and not _printable(head[:4]):
                position, padded = position - 1, False  # the program before forgot the padding
                continue
            if len(head) < HEAD or not _printable(head[:4]):
                return
            name, told = head[:4], struct.unpack(self.order + "I", head[4:])[0]
            offset = position + 8
            length = self._length(name, offset, told)
            if length is None:
                return
            yield name, offset, length
            padded = length % 2 == 1
            position = offset + length + padded
        raise WavMalformed(f"The file has more than {CHUNKS_MOST} chunks.")

    def _length(self, name: bytes, offset: int, told: int) -> int | None:
        """Bytes of a chunk that are there; None when nothing that matters can follow."""
        rest = self.size - offset
        if name == b"ds64" and self.large and self._data_size is None:
            sizes = self.read(offset + 8, 8)
            self._data_size = struct.unpack("<Q", sizes)[0] if len(sizes) == HEAD else None
        if name == b"data" and not self._seen_data:
            self._seen_data = True
            return self._sound(offset, told, rest)
        if told > rest:
            if not self._seen_data:
                raise WavMalformed("A chunk is said to be larger than the file.")
            return None
        return told

    def _sound(self, offset: int, told: int, rest: int) -> int:
        if self.large and told in UNKNOWN_SIZES and self._data_size:
            told = self._data_size
        elif told in UNKNOWN_SIZES and (told > rest or (told == 0 and not self._only_chunks(offset))):
            self.warnings.append("size_unknown")
            return rest
        if told > rest:
            self.warnings.append("truncated")
        return min(told, rest)

    def _only_chunks(self, position: int) -> bool:
        """Whether nothing but whole chunks follows: then a sound of no bytes is meant as such."""
        for _ in range(CHUNKS_MOST):
            if position >= self.size:
                return True
            head = self.read(position, 8)
            if len(head) < HEAD or not _printable(head[:4]):
                return False
            length = struct.unpack(self.order + "I", head[4:])[0]
            position += 8 + length + length % 2
            if position > self.size + 1:
                return False
        return False


def _take(found: _Found, walk: _Walk, name: bytes, offset: int, length: int) -> None:
    if name == b"fmt ":
        if found.format is not None:
            raise WavMalformed("The file describes its sound twice.")
        if length > FMT_MOST:
            raise WavMalformed("The description of the sound is too long.")
        found.format = read_format(walk.read(offset, length), walk.order)
    elif name == b"data" and found.data is None:
        found.data = (offset, length)
    elif name == b"fact" and length >= NUMBER:
        found.fact = struct.unpack(walk.order + "I", walk.read(offset, 4))[0]
    elif name == b"LIST" and NUMBER < length <= INFO_MOST:
        found.info |= _info(walk.read(offset, length), walk.order)


def adpcm_header(wav: Wav) -> bytes:
    """Write a minimal header for ADPCM sound, whose blocks no decoder reads without one."""
    form, order = wav.format, ">" if wav.big_endian else "<"
    tag = next(tag for tag, coding in TAGS.items() if coding is form.coding)
    numbers = struct.pack("<HHIIHH", tag, form.channels, form.rate, form.byte_rate, form.align, form.bits)
    count = (len(form.extension) - 2) // 2
    words = struct.unpack(f"{order}{count}h", form.extension[2 : 2 + 2 * count])
    described = numbers + struct.pack(f"<H{count}h", 2 * count, *words)
    size = 4 + HEAD + len(described) + HEAD + wav.length
    parts = (b"RIFF", struct.pack("<I", size), b"WAVEfmt ", struct.pack("<I", len(described)), described)
    return b"".join((*parts, b"data", struct.pack("<I", wav.length)))


def _measured(found: _Found, form: Format, big_endian: bool, warnings: list[str], limits: Limits) -> Wav:  # noqa: FBT001  # read once
    offset, length = found.data or (0, 0)
    if form.repaired:
        warnings.append("block_align")
    if form.coding is Coding.MPEG:
        frames, duration = 0, length / form.byte_rate
    else:
        frames = _frames(form, length, found.fact)
        duration = frames / form.rate
    if form.block_frames == 1 and form.coding is not Coding.MPEG:
        length -= length % form.align
    if duration < SHORTEST:
        raise AudioEmpty
    if duration > limits.audio_seconds:
        raise AudioLimitsExceeded(f"A recording lasts at most {limits.audio_seconds} seconds.")
    return Wav(
        format=form, big_endian=big_endian, offset=offset, length=length, frames=frames, duration=duration,
        title=found.info.get(b"INAM", ""), artist=found.info.get(b"IART", ""), warnings=tuple(warnings),
    )  # fmt: skip


def _frames(form: Format, length: int, fact: int) -> int:
    """Samples of a channel; `fact` may tell how much of the last block is meant, more it is not believed."""
    if form.block_frames == 1:
        return length // form.align
    blocks, rest = divmod(length, form.align)
    header = (7 if form.coding is Coding.ADPCM_MS else 4) * form.channels
    frames = blocks * form.block_frames + max(0, (rest - header) * 2 // form.channels)
    return fact if frames - form.block_frames < fact <= frames else frames


def _after_id3(read: Read, size: int) -> int:
    """Skip ID3 tags that a program put before the file; their size has seven bits a byte."""
    start = 0
    while (head := read(start, 10))[:3] == b"ID3" and len(head) == 10:  # noqa: PLR2004  # an ID3v2 header
        length = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        start += 10 + length
        if start > min(size, ID3_MOST):
            raise NotWav
    return start


def _info(content: bytes, order: str) -> dict[bytes, str]:
    """Read a LIST chunk of texts; anything odd ends it without complaint."""
    if content[:4] != b"INFO":
        return {}
    texts, position = {}, 4
    while position + HEAD <= len(content):
        name, length = content[position : position + 4], struct.unpack(order + "I", content[position + 4 :][:4])[0]
        texts[name] = _text(content[position + HEAD : position + HEAD + length])
        position += HEAD + length + length % 2
    return texts


def _text(raw: bytes) -> str:
    raw = raw.partition(b"\0")[0]
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    return "".join(char for char in text if char.isprintable()).strip()


def _printable(name: bytes) -> bool:
    return all(0x20 <= byte < 0x7F for byte in name)  # noqa: PLR2004  # ASCII
