"""The `fmt ` chunk of a WAV file, which describes the encoding: validated, and repaired where that is safe."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from efir.domain.audio.records import AudioLimitsExceeded, WavCodecUnsupported, WavMalformed

MAX_CHANNELS, MAX_RATE = 8, 384_000
AS_PCM, AGAIN = "Save it as 16-bit or 24-bit PCM.", "Save the file again with another program."
MAX_CONTAINER = 4  # maximum bytes of an integer sample
EXTENSIBLE = 0xFFFE
GUID_TAIL = bytes.fromhex("800000aa00389b71")
AMBISONIC_TAIL = bytes.fromhex("8644c8c1ca000000")
NUMBER, OLD_FORMAT, FORMAT, EXTENDED = 4, 14, 16, 40  # bytes of a number, and of the three forms of the chunk
ADPCM_BITS, STEREO = 4, 2
MPEG_BYTE_RATE = 16_000  # 128 kbit/s


class Coding(StrEnum):
    """How samples are encoded."""

    INTEGER = "integer"
    FLOAT = "float"
    ALAW = "alaw"
    MULAW = "mulaw"
    ADPCM_MS = "adpcm_ms"
    ADPCM_IMA = "adpcm_ima"
    MPEG = "mpeg"


TAGS = {
    1: Coding.INTEGER,
    2: Coding.ADPCM_MS,
    3: Coding.FLOAT,
    6: Coding.ALAW,
    7: Coding.MULAW,
    0x11: Coding.ADPCM_IMA,
    0x50: Coding.MPEG,
    0x55: Coding.MPEG,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A validated `fmt ` chunk: `align` is bytes per frame or block, `mask` the channel mask (0: not given).

    `ambisonic` channels are a sound field in B-format, whatever the mask.
    """

    coding: Coding
    channels: int
    rate: int
    align: int
    width: int = 0  # bytes per sample; 0 where samples share bytes
    bits: int = 0
    mask: int = 0
    block_frames: int = 1  # samples per channel in one block
    byte_rate: int = 0
    extension: bytes = b""
    ambisonic: bool = False
    repaired: bool = False


def read_format(content: bytes, order: str) -> Format:
    """Parse a `fmt ` chunk. Raises WavMalformed, WavCodecUnsupported, AudioLimitsExceeded."""
    if len(content) < OLD_FORMAT:
        raise WavMalformed(f"The description of the sound is too short. {AGAIN}")
    tag, channels, rate, byte_rate, align, bits = struct.unpack(order + "HHIIHH", content[:16].ljust(FORMAT, b"\0"))
    mask, ambisonic = 0, False
    if tag == EXTENSIBLE:
        tag, mask, ambisonic = _read_extensible(content, order)
    if tag not in TAGS:
        raise WavCodecUnsupported(f"The sound is coded in a way we cannot read (tag 0x{tag:04X}). {AS_PCM}")
    if not channels or not rate:
        raise WavMalformed(f"The sound has no channels or no sample rate. {AGAIN}")
    if channels > MAX_CHANNELS or rate > MAX_RATE:
        raise AudioLimitsExceeded(f"At most {MAX_CHANNELS} channels and {MAX_RATE} samples a second are taken.")
    shared = Format(
        coding=TAGS[tag], channels=channels, rate=rate, align=align, bits=bits, mask=mask, byte_rate=byte_rate,
        extension=content[16:], ambisonic=ambisonic,
    )  # fmt: skip
    return _FORMATS[shared.coding](shared, order)


def _read_extensible(content: bytes, order: str) -> tuple[int, int, bool]:
    if len(content) < EXTENDED:
        raise WavMalformed(f"The description of the sound is too short. {AGAIN}")
    guid = content[24:40]
    if guid[8:] not in {GUID_TAIL, AMBISONIC_TAIL}:
        raise WavCodecUnsupported(f"The sound is coded in a way we cannot read (an unknown sub-format). {AS_PCM}")
    tag, mask = struct.unpack(order + "I", guid[:4])[0], struct.unpack(order + "I", content[20:24])[0]
    return tag, mask, guid[8:] == AMBISONIC_TAIL


def _read_linear(shared: Format, _order: str) -> Format:
    """Complete a format of integers or floats: the frame size gives the sample width; fewer bits may be valid."""
    width, rest = divmod(shared.align, shared.channels)
    likely = (shared.bits + 7) // 8
    repaired = bool(rest) or not width or width < likely
    width = likely if repaired else width
    if not width:
        raise WavMalformed(f"The size of a sample is not told. {AGAIN}")
    if shared.coding is Coding.FLOAT and width not in {4, 8}:
        raise WavCodecUnsupported(f"Floating-point samples of {width} bytes cannot be read. {AS_PCM}")
    if shared.coding is Coding.INTEGER and width > MAX_CONTAINER:
        raise WavCodecUnsupported(f"Whole-number samples of {width} bytes cannot be read. {AS_PCM}")
    return replace(shared, width=width, align=width * shared.channels, repaired=repaired)


def _is_companded(shared: Format, _order: str) -> Format:
    return replace(shared, width=1, align=shared.channels, repaired=shared.align != shared.channels)


def _adpcm(shared: Format, order: str) -> Format:
    """Complete an ADPCM format, with blocks of 4-bit differences.

    The number of frames in a block follows from its size and must agree with the header.
    """
    header = 7 if shared.coding is Coding.ADPCM_MS else 4
    if shared.bits != ADPCM_BITS or shared.channels > STEREO:
        raise WavCodecUnsupported(f"ADPCM is read with 4 bits and up to two channels. {AS_PCM}")
    coded = shared.align - header * shared.channels
    if coded < 0 or len(shared.extension) < NUMBER:
        raise WavMalformed(f"The description of the ADPCM blocks is wrong. {AS_PCM}")
    frames = coded * 2 // shared.channels + (2 if shared.coding is Coding.ADPCM_MS else 1)
    told = struct.unpack(order + "H", shared.extension[2:4])[0]
    if not 0 < told <= frames:
        raise WavMalformed(f"The description of the ADPCM blocks is wrong. {AS_PCM}")
    return replace(shared, block_frames=told)


def _mpeg(shared: Format, _order: str) -> Format:
    """Complete an MPEG format, which has its own frames.

    Without a mean byte rate, the duration is an estimate until the audio has been decoded.
    """
    return replace(shared, align=max(1, shared.align), byte_rate=shared.byte_rate or MPEG_BYTE_RATE)


_FORMATS: dict[Coding, Callable[[Format, str], Format]] = {
    Coding.INTEGER: _read_linear,
    Coding.FLOAT: _read_linear,
    Coding.ALAW: _is_companded,
    Coding.MULAW: _is_companded,
    Coding.ADPCM_MS: _adpcm,
    Coding.ADPCM_IMA: _adpcm,
    Coding.MPEG: _mpeg,
}
