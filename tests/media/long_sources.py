"""Sources of any length in seconds of work: tiny pictures whose number counts steps of two seconds, and quiet ticking."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.packet import Packet

from media import marked_pictures
from media.colours import Colour, planes
from media.marked_sources import MUXERS

WIDTH, HEIGHT = 64, 36
STEP_SECONDS = 2
SOUND_RATE = 8000
TICK_SECONDS, TICK_HERTZ = 10, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Long:
    """A long source; the picture's number is the count of whole steps of frames before it, ticks come with a step."""

    container: str
    rate: Fraction
    seconds: int
    sound: bool = True

    @property
    def frames(self) -> int:
        """Number of pictures."""
        return round(self.seconds * self.rate)

    @property
    def step(self) -> int:
        """Pictures with the same number."""
        return max(1, round(STEP_SECONDS * self.rate))

    @property
    def ticks(self) -> list[Fraction]:
        """Times at which a tick is heard, each with a new number."""
        every = -(-TICK_SECONDS // STEP_SECONDS) * self.step
        return [Fraction(frame) / self.rate for frame in range(every, self.frames - every // 2, every)]


def make_long(long: Long, target: Path) -> Path:
    """Write the source: MPEG-4 pictures, sound as mono PCM of few samples."""
    with av.open(str(target), "w", format=MUXERS[long.container]) as out:
        picture = out.add_stream("mpeg4", rate=long.rate)
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        picture.codec_context.time_base = 1 / long.rate
        picture.codec_context.options = {"g": str(10 * long.step), "qmin": "3", "qmax": "5", "b": "2M"}
        parts = [_pictures(long, picture)]
        if long.sound:
            parts.append(_sounds(long, out.add_stream("pcm_s16le", rate=SOUND_RATE, layout="mono")))
        for packet in _by_time(parts):
            out.mux(packet)
    return target


def _by_time(parts: "list[Iterator[Packet[Any]]]") -> "Iterator[Packet[Any]]":
    """Yield packets in order of time without holding them all."""
    heads = [next(part, None) for part in parts]
    while any(head is not None for head in heads):
        place = min(
            (place for place, head in enumerate(heads) if head is not None),
            key=lambda place: Fraction(heads[place].pts or 0) * Fraction(heads[place].time_base),  # type: ignore[union-attr]  # none are left out
        )
        head, heads[place] = heads[place], next(parts[place], None)
        assert head is not None
        yield head


def _pictures(long: Long, stream: Any) -> "Iterator[Packet[Any]]":
    frame = None
    for place in range(long.frames):
        if place % long.step == 0 or frame is None:
            frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
            drawn = marked_pictures.draw(place // long.step, WIDTH, HEIGHT)
            for plane, values in zip(frame.planes, planes(drawn, Colour()), strict=True):
                rows = np.zeros((plane.height, plane.line_size), np.uint8)
                rows[:, : plane.width] = values
                plane.update(rows.tobytes())
        frame.pts, frame.time_base = place, 1 / long.rate
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _sounds(long: Long, stream: Any) -> "Iterator[Packet[Any]]":
    ticks = np.array([float(time) for time in long.ticks] or [-1.0])
    end = round(Fraction(long.frames) / long.rate * SOUND_RATE)
    for start in range(0, end, SOUND_RATE):
        times = np.arange(start, min(end, start + SOUND_RATE)) / SOUND_RATE
        since = times - ticks[np.maximum(np.searchsorted(ticks, times, side="right") - 1, 0)]
        inside = (since >= 0) & (since < 0.06)
        wave = np.where(inside, 0.5 * np.sin(2 * np.pi * TICK_HERTZ * since), 0)
        frame = av.AudioFrame.from_ndarray((wave * 32_000).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
        yield from stream.encode(frame)
    yield from stream.encode(None)
