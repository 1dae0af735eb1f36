"""Judging what was made of a file that nobody marked: its pictures and loudness beside those of a plain decoder."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

from efir.adapters.media.video.tracks import join
from kit.media.judging import judge_packets, samples_of
from kit.media.publishing import Published

SIDE = 24
NEAR = 14.0
"""Mean difference, of 255, between a picture and the one a player shows at that time; scaling and coding need some."""
LOOKS = 25
LATE = Fraction(1, 10)
LOUDNESS_WINDOW = Fraction(1, 10)
ALIKE = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a decoder that passes over damage makes of a file, on one clock that starts with the file."""

    pictures: list[tuple[Fraction, NDArray[np.float64]]]
    sound: list[tuple[Fraction, float]]

    @property
    def end(self) -> Fraction:
        """When the last picture or sound starts."""
        return max([time for time, _ in (*self.pictures, *self.sound)], default=Fraction(0))


def play(file: Path) -> Played:
    """Decode the tracks that a player takes; pictures become small and grey, sound becomes loudness."""
    pictures: list[tuple[Fraction, NDArray[np.float64]]] = []
    sound: list[tuple[Fraction, float]] = []
    with av.open(str(file), metadata_errors="replace") as container:
        shown = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
        chosen = [*shown[:1], *container.streams.audio[:1]]
        after = Fraction(0)
        for frame in _frames(container, chosen):
            time = after  # some sound has a stamp at its start only
            if frame.pts is not None:
                time = Fraction(frame.pts) * Fraction(frame.time_base)
            elif isinstance(frame, av.VideoFrame):
                continue
            if isinstance(frame, av.VideoFrame):
                small = frame.reformat(width=SIDE, height=SIDE, format="gray")
                rows = np.frombuffer(small.planes[0], np.uint8).reshape(-1, small.planes[0].line_size)
                pictures.append((time, rows[:SIDE, :SIDE].astype(float)))
            else:
                sound.append((time, float(np.sqrt((samples_of(frame, frame.sample_rate) ** 2).mean()))))
                after = time + Fraction(frame.samples, frame.sample_rate)
    origin = min([time for time, _ in (*pictures, *sound)], default=Fraction(0))
    return Played(
        pictures=[(time - origin, picture) for time, picture in sorted(pictures, key=lambda each: each[0])],
        sound=[(time - origin, level) for time, level in sound],
    )


def judge_beside(published: Published, source: Path, folder: Path) -> list[str]:
    """Judge packets, length, some pictures and the course of loudness against the source as it plays."""
    found = judge_packets(published)
    one, other = play(source), play(join(published.rungs[-1], folder / "rung.mp4"))
    if abs(other.end - one.end) > max(Fraction(1, 2), one.end / 20):
        found.append(f"pictures end at {float(other.end):.2f} s, the source at {float(one.end):.2f} s")
    found += _pictures(one, other)
    if published.audio is not None:
        found += _loudness(one, play(join(published.audio, folder / "audio.mp4")))
    return found


def _pictures(one: Played, other: Played) -> list[str]:
    """Each picture looked at must be like one that the source shows within a tenth of a second."""
    times = [time for time, _ in one.pictures]
    far = []
    for time, picture in other.pictures[:: max(1, len(other.pictures) // LOOKS)]:
        first = max(0, int(np.searchsorted(np.array([float(each) for each in times]), float(time - LATE))) - 1)
        near = [each for at, each in one.pictures[first:] if at <= time + LATE]
        if near and min(float(np.abs(each - picture).mean()) for each in near) > NEAR:
            far.append(float(time))
    return [f"pictures at {[round(time, 2) for time in far[:6]]} s are not those of the source"] if len(far) > 1 else []


def _loudness(one: Played, other: Played) -> list[str]:
    """The course of loudness must be the same; what is quiet throughout tells nothing."""
    count = int(max(one.end, other.end) / LOUDNESS_WINDOW) + 1
    courses = [_course(each.sound, count) for each in (one, other)]
    if courses[0].std() < 0.002 or count < 10:
        return []
    alike = float(np.corrcoef(courses[0], courses[1])[0, 1])
    return [f"loudness runs otherwise than in the source ({alike:.2f})"] if alike < ALIKE else []


def _course(sound: Sequence[tuple[Fraction, float]], count: int) -> NDArray[np.float64]:
    sums, counts = np.zeros(count), np.zeros(count)
    for time, level in sound:
        place = min(count - 1, int(time / LOUDNESS_WINDOW))
        sums[place] += level
        counts[place] += 1
    return sums / np.maximum(counts, 1)


def _frames(container: Any, streams: Sequence[Any]) -> Iterator[Any]:
    packets = container.demux(*streams)
    while True:
        try:
            packet = next(packets, None)
        except (av.FFmpegError, IndexError):
            return
        if packet is None:
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue
