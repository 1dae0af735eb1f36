"""WAV files made for tests: sine waves in every coding, and chunks put together by hand."""

import array
import io
import math
import struct
import wave
from collections.abc import Iterable

EXTENSIBLE_TAIL = bytes.fromhex("00001000800000aa00389b71")


def sine(
    *, seconds: float = 1.0, rate: int = 44100, channels: int = 1, level: float = 0.25, hertz: float = 441.0
) -> list[float]:
    """Interleaved samples of a sine wave, from -1 to 1."""
    frames = [level * math.sin(2 * math.pi * hertz * n / rate) for n in range(round(seconds * rate))]
    return [value for value in frames for _ in range(channels)]


def integers(values: Iterable[float], width: int, *, big: bool = False) -> bytes:
    """Samples as whole numbers of 1 to 4 bytes; one byte is unsigned."""
    if width == 1:
        return bytes(round(value * 127) + 128 for value in values)
    most = (1 << (8 * width - 1)) - 1
    return b"".join(round(value * most).to_bytes(width, "big" if big else "little", signed=True) for value in values)


def floats(values: Iterable[float], width: int) -> bytes:
    """Samples as floating-point numbers."""
    return array.array("f" if width == 4 else "d", values).tobytes()


def fmt(
    tag: int, channels: int, rate: int, bits: int, align: int | None = None, more: bytes = b"", order: str = "<"
) -> bytes:
    """The content of a `fmt ` chunk."""
    align = channels * ((bits + 7) // 8) if align is None else align
    return struct.pack(order + "HHIIHH", tag, channels, rate, rate * align, align, bits) + more


def extensible(sub: int, channels: int, rate: int, bits: int, *, valid: int | None = None, mask: int = 0) -> bytes:
    """The content of an extended `fmt ` chunk."""
    more = struct.pack("<HHII", 22, bits if valid is None else valid, mask, sub) + EXTENSIBLE_TAIL
    return fmt(0xFFFE, channels, rate, bits, more=more)


def chunk(name: bytes, content: bytes, size: int | None = None, order: str = "<", *, pad: bool = True) -> bytes:
    """A chunk with its padding."""
    told = len(content) if size is None else size
    return name + struct.pack(order + "I", told) + content + b"\0" * (pad and len(content) % 2)


def riff(*chunks: bytes, name: bytes = b"RIFF", size: int | None = None, order: str = "<") -> bytes:
    """A file of chunks."""
    body = b"WAVE" + b"".join(chunks)
    return name + struct.pack(order + "I", len(body) if size is None else size) + body


def plain(
    *, seconds: float = 1.0, rate: int = 44100, channels: int = 1, hertz: float = 441.0, level: float = 0.25
) -> bytes:
    """A WAV file of 16-bit samples as the standard library writes it."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        tone = sine(seconds=min(seconds, 1.0), rate=rate, channels=channels, hertz=hertz, level=level)
        one = integers(tone, 2)
        whole, rest = divmod(round(seconds * rate) * 2 * channels, len(one))
        for _ in range(whole):
            file.writeframesraw(one)
        file.writeframes(one[:rest])
    return made.getvalue()
