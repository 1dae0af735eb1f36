"""Headers of WAV files, parsed before any decoder reads a byte.

The parser walks the chunks and returns an exact plan for the converter: which bytes are audio and how they are encoded.
The header of the file itself is never passed to a decoder. Sources: the RIFF and WAVE documents of IBM and Microsoft
(1991, 1994), WAVEFORMATEXTENSIBLE, EBU Tech 3306 (RF64) and ITU-R BS.2088 (BW64).
"""

import struct
from dataclasses import dataclass, field

from efir.domain.audio.records import AudioEmpty, AudioLimitsExceeded, NotWav, WavCodecUnsupported, WavMalformed
from efir.domain.audio.wav_chunks import HEAD, NUMBER, UNKNOWN_SIZES, Read, Walk
from efir.domain.audio.wav_format import TAGS, Coding, Format, read_format
from efir.domain.audio.wav_texts import Texts
from efir.domain.kernel.limits import Limits

MAX_ID3, MAX_INFO, MAX_FMT = 1 << 20, 1 << 16, 1 << 16
SHORTEST = 0.02  # seconds
NO_SOUND = "The file has a header and no sound. Was the right file chosen?"
TOO_SHORT = "The sound lasts less than 20 milliseconds. Was the right file chosen?"
CUT = "The file ends before or just after its sound begins: it was cut short. Send it again."


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the audio: `length` bytes from `offset` of the file, or as many bytes of silence (`offset` is None)."""

    offset: int | None
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wav:
    """A convertible file: its audio in order, `frames` samples per channel (0: unknown), `duration` in seconds.

    `warnings` names the faults that were repaired: `size_unknown`, `truncated`, `block_align`, `several_data`,
    `stray_bytes`, `unread_bytes`, `code_page`.
    """

    format: Format
    big_endian: bool
    parts: tuple[Part, ...]
    frames: int
    duration: float
    title: str = ""
    artist: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the audio is one contiguous range of the file."""
        return len(self.parts) == 1 and self.parts[0].offset is not None

    @property
    def offset(self) -> int:
        """Offset of the audio, if it is contiguous."""
        return self.parts[0].offset or 0

    @property
    def length(self) -> int:
        """Total length of all parts in bytes."""
        return sum(part.length for part in self.parts)


@dataclass(slots=True)
class _Found:
    """What the walk over the chunks has found so far; for silence, the length is samples per channel, not bytes."""

    texts: Texts
    format: Format | None = None
    parts: list[Part] = field(default_factory=list)
    fact: int = 0


def read_wav(read: Read, size: int, limits: Limits) -> Wav:
    """Parse the header of a file of `size` bytes.

    Raises NotWav, WavMalformed, WavCodecUnsupported, AudioEmpty, AudioLimitsExceeded.
    """
    start = _skip_id3(read, size)
    head = read(start, 12)
    if head[:4] not in {b"RIFF", b"RIFX", b"RF64", b"BW64"} or head[8:12] != b"WAVE":
        raise NotWav
    order = ">" if head[:4] == b"RIFX" else "<"
    found = _Found(Texts(order))
    walk = Walk(read, size, order, large=head[:4] in {b"RF64", b"BW64"})
    for name, offset, length in walk.chunks(start + 12):
        _take(found, walk, name, offset, length)
    said = struct.unpack(order + "I", head[4:8])[0]
    if not found.parts and said not in UNKNOWN_SIZES and start + HEAD + said > size:
        raise AudioEmpty(CUT)
    if not found.parts and walk.broken is not None:
        raise WavMalformed("No chunk begins where the one before ends. Save the file again with another program.")
    if found.format is None:
        raise WavMalformed("The file has no description of its sound (`fmt `). Save it again with another program.")
    if not found.parts:
        raise AudioEmpty(NO_SOUND)
    if walk.has_unread_bytes():
        walk.warnings.add("unread_bytes")
    return _measure(found, found.format, walk, limits)


def _take(found: _Found, walk: Walk, name: bytes, offset: int, length: int) -> None:
    if name == b"fmt ":
        if found.format is not None:
            raise WavMalformed("The file describes its sound twice. Save it again with another program.")
        if length > MAX_FMT:
            raise WavMalformed("The description of the sound is too long. Save the file again with another program.")
        found.format = read_format(walk.read(offset, length), walk.order)
    elif name == b"data":
        found.parts.append(Part(offset, length))
    elif name == b"slnt" and length >= NUMBER:
        found.parts.append(Part(None, struct.unpack(walk.order + "I", walk.read(offset, 4))[0]))
    elif name == b"fact" and length >= NUMBER:
        found.fact = struct.unpack(walk.order + "I", walk.read(offset, 4))[0]
    elif name == b"CSET":
        found.texts.set_page(walk.read(offset, min(length, MAX_INFO)))
    elif name in {b"RIFF", b"RIFX"}:
        walk.warnings.add("unread_bytes")  # another file was appended to this one
    elif name == b"LIST" and NUMBER < length <= MAX_INFO:
        found.texts.add_list(walk.read(offset, length))


def adpcm_header(wav: Wav) -> bytes:
    """Return a minimal WAV header for ADPCM audio, whose blocks no decoder reads without one."""
    form, order = wav.format, ">" if wav.big_endian else "<"
    tag = next(tag for tag, coding in TAGS.items() if coding is form.coding)
    numbers = struct.pack("<HHIIHH", tag, form.channels, form.rate, form.byte_rate, form.align, form.bits)
    count = (len(form.extension) - 2) // 2
    words = struct.unpack(f"{order}{count}h", form.extension[2 : 2 + 2 * count])
    described = numbers + struct.pack(f"<H{count}h", 2 * count, *words)
    size = 4 + HEAD + len(described) + HEAD + wav.length
    parts = (b"RIFF", struct.pack("<I", size), b"WAVEfmt ", struct.pack("<I", len(described)), described)
    return b"".join((*parts, b"data", struct.pack("<I", wav.length)))


def _measure(found: _Found, form: Format, walk: Walk, limits: Limits) -> Wav:
    noted = {"block_align": form.repaired, "several_data": len(found.parts) > 1, "code_page": found.texts.unreadable}
    warnings = walk.warnings | {name for name, is_so in noted.items() if is_so}
    parts = _align(found.parts, form)
    length = sum(part.length for part in parts)
    frames = 0 if form.coding is Coding.MPEG else _frames(form, length, found.fact)
    duration = length / form.byte_rate if form.coding is Coding.MPEG else frames / form.rate
    if duration < SHORTEST:
        raise AudioEmpty(_warn_if_short(length, warnings))
    if duration > limits.audio_seconds:
        raise AudioLimitsExceeded(f"A recording lasts at most {limits.audio_seconds} seconds. Send it in parts.")
    if len(parts) > 1 and length > limits.audio_bytes:
        raise AudioLimitsExceeded("The silence that this file describes takes too much room. Save it as plain PCM.")
    return Wav(
        format=form, big_endian=walk.order == ">", parts=parts, frames=frames, duration=duration,
        title=found.texts.get(b"INAM"), artist=found.texts.get(b"IART"), warnings=tuple(sorted(warnings)),
    )  # fmt: skip


def _warn_if_short(length: int, warnings: set[str]) -> str:
    if "truncated" in warnings:
        return CUT
    return TOO_SHORT if length else NO_SOUND


def _align(parts: list[Part], form: Format) -> tuple[Part, ...]:
    """Convert lengths of silence to bytes and drop incomplete frames; the last block of a block codec may be short."""
    packed = form.block_frames > 1 or form.coding is Coding.MPEG
    if packed and any(part.offset is None for part in parts):
        raise WavCodecUnsupported("Silence between stretches of compressed sound cannot be read. Save it as PCM.")
    if form.coding is Coding.MPEG:
        return tuple(parts)
    whole = [
        Part(
            part.offset, part.length // form.align * form.align if part.offset is not None else part.length * form.align
        )
        for part in parts
    ]
    if packed:
        whole[-1] = parts[-1]
    return tuple(part for part in whole if part.length) or tuple(whole[:1])


def _frames(form: Format, length: int, fact: int) -> int:
    """Return the number of samples per channel; `fact` is trusted only for the length of the last block."""
    if form.block_frames == 1:
        return length // form.align
    blocks, rest = divmod(length, form.align)
    header = (7 if form.coding is Coding.ADPCM_MS else 4) * form.channels
    frames = blocks * form.block_frames + max(0, (rest - header) * 2 // form.channels)
    return fact if frames - form.block_frames < fact <= frames else frames


def _skip_id3(read: Read, size: int) -> int:
    """Return the offset behind ID3 tags that precede the file; their size has seven bits per byte."""
    start = 0
    while (head := read(start, 10))[:3] == b"ID3" and len(head) == 10:  # noqa: PLR2004  # an ID3v2 header
        length = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        start += 10 + length
        if start > min(size, MAX_ID3):
            raise NotWav
    return start
