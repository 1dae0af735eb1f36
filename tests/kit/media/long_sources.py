"""Sources of any length in seconds of work: tiny pictures whose number counts steps of two seconds, and ticks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.packet import Packet

from efir.adapters.media.video.tracks import join
from efir.domain.processing.ladder import Plan
from efir.ports.processing.media import Still
from kit.media import marked_pictures
from kit.media.colours import Colour, planes
from kit.media.judging import AAC, SLACK, beeps_of, judge_packets, light_of, samples_of
from kit.media.marked_sources import MUXERS
from kit.media.publishing import Published

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


def judge_long(published: Published, long: Long, folder: Path) -> list[str]:
    """Judge packets, the number of each picture beside a step, every tick beside its picture, and the tiles."""
    found = judge_packets(published)
    if abs(published.plan.seconds - Fraction(long.frames) / long.rate) > 2 / published.plan.rate:
        found.append(f"{float(published.plan.seconds)} s instead of {float(Fraction(long.frames) / long.rate)} s")
    found += _judge_steps(join(published.rungs[-1], folder / "rung.mp4"), published.plan, long)
    if published.audio is not None:
        found += _judge_ticks(join(published.audio, folder / "audio.mp4"), published.plan, long)
    return found + _judge_tiles(published.stills, published.plan, long)


def _judge_steps(file: Path, plan: Plan, long: Long) -> list[str]:
    """Pictures are all decoded; those next to a change of number are read."""
    step, found, count = long.step / long.rate, [], 0
    with av.open(str(file)) as container:
        for place, frame in enumerate(container.decode(container.streams.video[0])):
            count += 1
            time = Fraction(place) / plan.rate
            if abs(Fraction(frame.pts) * Fraction(frame.time_base) - time) > Fraction(1, 1000):
                found.append(f"picture {place} at {float(frame.pts * frame.time_base):.3f} s, not {float(time):.3f} s")
            if (time + 1 / plan.rate) % step > 3 / plan.rate and place % 997:
                continue
            said = marked_pictures.read(light_of(frame)).number
            half = Fraction(1, 2) / plan.rate + Fraction(1, 1000)
            if said not in {(time - half) // step, (time + half) // step} and time < long.frames / long.rate - half:
                found.append(f"picture {place} at {float(time):.3f} s says {said}, not {float(time / step):.3f}")
    if count != plan.frames:
        found.append(f"{count} pictures are decoded, {plan.frames} planned")
    return found[:5]


def _judge_ticks(file: Path, plan: Plan, long: Long) -> list[str]:
    """Sound is decoded in pieces; every tick has its time, by the count of samples and by the stamps."""
    heard: list[Fraction] = []
    run, worst = 0, Fraction(0)
    piece: list[Any] = []
    with av.open(str(file)) as container:
        stream = container.streams.audio[0]
        rate = stream.codec_context.sample_rate
        for frame in container.decode(stream):
            worst = max(worst, abs(Fraction(frame.pts) * Fraction(frame.time_base) - Fraction(run, rate)))
            piece.append(samples_of(frame, rate))
            run += frame.samples
            if len(piece) == 512:
                heard += _ticks(piece, run, rate)
                piece = piece[-8:]
        heard += _ticks(piece, run, rate)
    told = [time for place, time in enumerate(heard) if place == 0 or time - heard[place - 1] > Fraction(1, 2)]
    found = []
    if worst > Fraction(1, 1000):
        found.append(f"sound by time stamps is {float(worst):.3f} s off from sample after sample")
    if abs(Fraction(run, rate) - plan.seconds) > AAC + Fraction(1, 1000):
        found.append(f"{run / rate:.3f} s of sound beside {float(plan.seconds):.3f} s of picture")
    if len(told) != len(long.ticks):
        found.append(f"{len(told)} ticks instead of {len(long.ticks)}")
    off = [one - other for one, other in zip(told, long.ticks, strict=False)]
    if off and max(map(abs, off)) > AAC + SLACK:
        found.append(f"ticks are up to {float(max(off, key=abs)):+.3f} s off")
    return found


def _ticks(piece: "Sequence[Any]", end: int, rate: int) -> list[Fraction]:
    whole = np.concatenate(piece, axis=1)
    if np.abs(whole).max() < 0.1:
        return []
    start = Fraction(end - whole.shape[1], rate)
    return [start + time for time in beeps_of(whole, rate) if time > 0]


def _judge_tiles(stills: Sequence[Still], plan: Plan, long: Long) -> list[str]:
    """Stills of a storyboard stand evenly over the whole length, and each shows its place."""
    tiles = [still for still in stills if still.kind == "tile"]
    frames = list(range(0, plan.frames, plan.still_step))
    found = []
    if [still.frame for still in tiles] != frames or not 0 < len(tiles) <= 401:
        found.append(f"{len(tiles)} tiles, {len(frames)} planned")
    step, half = long.step / long.rate, Fraction(1, 2) / plan.rate + Fraction(1, 1000)
    for still in tiles[:: max(1, len(tiles) // 100)]:
        with av.open(str(still.file.path)) as picture:
            said = marked_pictures.read(light_of(next(picture.decode(video=0)))).number
        time = still.frame / plan.rate
        if said not in {(time - half) // step, (time + half) // step}:
            found.append(f"the tile of {float(time):.3f} s says {said}, not {float(time / step):.3f}")
    return found[:5]


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
