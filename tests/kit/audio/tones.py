"""Channels with a tone each, written in every coding and container, and looked for again in what came out."""

import io
import struct
from typing import Any

import numpy as np
import soundfile

from kit.audio import waves

RATE = 48_000
LEVEL = 0.25
TAGS = {"u8": 1, "s16": 1, "s24": 1, "s32": 1, "f32": 3, "f64": 3, "alaw": 6, "mulaw": 7}
SUBTYPES = {
    "u8": "PCM_U8", "s16": "PCM_16", "s24": "PCM_24", "s32": "PCM_32", "f32": "FLOAT", "f64": "DOUBLE", "alaw": "ALAW",
    "mulaw": "ULAW",
}  # fmt: skip
BITS = {"u8": 8, "s16": 16, "s24": 24, "s32": 32, "f32": 32, "f64": 64, "alaw": 8, "mulaw": 8}
BYTES = {"RIFF": b"RIFF", "RIFX": b"RIFX", "RF64": b"RF64"}
AMBISONIC = bytes.fromhex("2107d3118644c8c1ca000000")


def hertz(channel: int) -> float:
    """The tone of a channel: no two are multiples of each other, all are below what any encoder leaves out."""
    return 310.0 + 170.0 * channel


def tones(channels: int, *, seconds: float = 1.0, rate: int = RATE, level: float = LEVEL) -> Any:
    """A tone for each channel, fading in and out."""
    time = np.arange(round(seconds * rate)) / rate
    window = np.clip(np.minimum(time, seconds - time) / 0.02, 0, 1)
    return np.array([level * np.sin(2 * np.pi * hertz(n) * time) * window for n in range(channels)]).T


def written(
    samples: Any, coding: str = "s16", *, rate: int = RATE, mask: int | None = None, container: str = "RIFF",
    ambisonic: bool = False,
) -> bytes:  # fmt: skip
    """A WAV file; without a mask it has the plain header, the samples come from libsndfile."""
    order, endian = (">", "BIG") if container == "RIFX" else ("<", "LITTLE")
    made = io.BytesIO()
    soundfile.write(made, samples, rate, format="RAW", subtype=SUBTYPES[coding], endian=endian)
    form = described(coding, samples.shape[1], rate, mask, order, ambisonic=ambisonic)
    chunks = [
        waves.chunk(b"fmt ", form, order=order),
        waves.chunk(b"data", made.getvalue(), 0xFFFFFFFF if container == "RF64" else None, order),
    ]
    if container == "RF64":
        chunks.insert(0, waves.chunk(b"ds64", struct.pack("<QQQI", 0, len(made.getvalue()), len(samples), 0)))
    return waves.riff(*chunks, name=BYTES[container], order=order)


def described(
    coding: str, channels: int, rate: int, mask: int | None, order: str = "<", *, ambisonic: bool = False
) -> bytes:
    """The content of a `fmt ` chunk."""
    tag, bits = TAGS[coding], BITS[coding]
    if mask is None and not ambisonic:
        return waves.fmt(tag, channels, rate, bits, order=order)
    more = struct.pack(order + "HHII", 22, bits, mask or 0, tag) + (AMBISONIC if ambisonic else waves.EXTENSIBLE_TAIL)
    return waves.fmt(0xFFFE, channels, rate, bits, more=more, order=order)


def found_tones(heard: Any, rate: int, channels: int) -> Any:
    """Amplitude of each channel's tone on each side of what came out, by least squares."""
    time = np.arange(len(heard)) / rate
    waves_of = [wave(2 * np.pi * hertz(n) * time) for n in range(channels) for wave in (np.sin, np.cos)]
    inside = slice(rate // 20, len(heard) - rate // 20)
    parts, *_ = np.linalg.lstsq(np.array(waves_of).T[inside], heard[inside], rcond=None)
    return np.hypot(parts[::2], parts[1::2])


def decibels(value: float) -> float:
    """An amplitude beside full scale."""
    return float(20 * np.log10(value + 1e-9))
