"""At which rate frames follow one another, and when the first and the last are shown."""

from array import array
from fractions import Fraction
from itertools import pairwise
from typing import Any

from av.video.frame import VideoFrame

from efir.adapters.media.inspection.packets import PacketLog

STEADY = Fraction(2, 5)
NARROW = Fraction(1, 5)  # with holes, chance could put frames near some place
MAX_HOLES = 3  # places for each frame
FAR = Fraction(3, 2)
PAUSE_SECONDS = 600  # that one picture may stand still, or sound be silent, in a file of hours
MAX_REORDERED = 16
OWN_DURATIONS = frozenset({"mov", "matroska"})
STANDARD = tuple(Fraction(rate * 1000, unit) for rate in (24, 25, 30, 48, 50, 60, 120) for unit in (1000, 1001))


def clock_facts(picture: Any, log: PacketLog, start: Fraction, demuxer: str) -> dict[str, Any]:
    """Return rate, first and last time, the longest frame and the widest gap between key frames, in seconds.

    Times count from `start`.
    """
    stamps = log.shown()
    rate, steady = _rate(picture, stamps, log.base)
    held = _measure_last_frame(log, stamps[-1], rate, demuxer)
    last = stamps[-1] + round(held / log.base)
    gaps = [later - earlier for earlier, later in pairwise([*stamps, last])]
    keys = sorted(log.stamps[key] for key in log.keys)
    spacing = [later - earlier for earlier, later in pairwise([stamps[0], *keys, last])]
    first, span = stamps[0] * log.base - start, (stamps[-1] - stamps[0]) * log.base
    return {
        "frames": len(stamps),
        "rate": [rate.numerator, rate.denominator],
        "vfr": not steady,
        "start": float(first),
        "end": float(first + (round(span * rate) / rate if steady else span) + held),
        "longest_frame": float(max(gaps) * log.base),
        "keyframe_spacing": float(max(spacing) * log.base),
        "bytes": log.bytes,
    }


def measure_coverage(log: PacketLog) -> Fraction:
    """Return the seconds that packets cover, without pauses that a damaged time stamp would make."""
    stamps, longest = sorted(log.stamps), int(PAUSE_SECONDS / log.base)
    return sum(step for before, now in pairwise(stamps) if (step := now - before) <= longest) * log.base


def delay_of(log: PacketLog, first: VideoFrame) -> Fraction:
    """Return the seconds by which a decoder gives every picture late where packets tell only when they are decoded.

    It waits for pictures that are shown before others decoded before them. The `first` frame tells how long: it has the
    time of the packet that it came with. No more than 16 pictures are waited for (ITU-T H.264 §A.3.1).
    """
    time, stamps = first.dts if first.pts is None else first.pts, log.shown()
    if not log.decoding_only or time is None or len(stamps) <= MAX_REORDERED or time > stamps[MAX_REORDERED]:
        return Fraction(0)
    return max(0, time - stamps[0]) * log.base


def _measure_last_frame(log: PacketLog, last: int, rate: Fraction, demuxer: str) -> Fraction:
    """Return how long the last frame is shown, in seconds: what a container says of it, or one frame.

    Transport streams and their like say nothing of their own, and what a parser guesses is often a frame too much.
    """
    told = max((log.durations[n] for n, stamp in enumerate(log.stamps) if stamp == last), default=0) * log.base
    usual = len(log.stamps) > 1 and log.durations[0] * log.base == told  # of all packets, whatever their times say
    believed = demuxer in OWN_DURATIONS and (told * rate > FAR or len(log.stamps) == 1) and not usual
    return told if told and believed else 1 / rate


def _rate(picture: Any, stamps: "array[int]", base: Fraction) -> tuple[Fraction, bool]:
    """Exact frames a second, and True, when every frame lies near a place of that grid; else the mean.

    The grid that every place of is taken comes first; then one with holes, where frames were left out.
    """
    declared = [rate for rate in (picture.average_rate, picture.base_rate, picture.guessed_rate) if rate]
    span = (stamps[-1] - stamps[0]) * base
    if len(stamps) == 1 or span <= 0:
        return (declared[0] if declared else Fraction(25)), True
    mean = Fraction(len(stamps) - 1) / span
    usual = [rate for rate in declared if rate in STANDARD]
    for rate in [*usual, *_nearby_rates(mean), *declared, mean.limit_denominator(1001)]:
        if rate and _is_steady(stamps, base * rate):
            return Fraction(rate), True
    for rate in [*usual, *_nearby_rates(1 / (_middle_gap(stamps) * base)), *declared]:
        if mean <= rate <= MAX_HOLES * mean and _is_on_grid(stamps, base * rate):
            return Fraction(rate), True
    return mean.limit_denominator(1_000_000), False


def _nearby_rates(rate: Fraction) -> list[Fraction]:
    near = [standard for standard in STANDARD if abs(standard - rate) / rate < Fraction(1, 100)]
    return sorted(near, key=lambda standard: abs(standard - rate))


def _middle_gap(stamps: "array[int]") -> int:
    """Return the usual distance of frames: the middle one of a sample of all distances."""
    gaps = sorted(later - earlier for earlier, later in pairwise(stamps) if later > earlier)
    return gaps[len(gaps) // 2]


def _is_steady(stamps: "array[int]", frames_per_tick: Fraction) -> bool:
    first, up, down = stamps[0], frames_per_tick.numerator, frames_per_tick.denominator
    most = down * STEADY.numerator // STEADY.denominator
    return all(abs((stamp - first) * up - place * down) <= most for place, stamp in enumerate(stamps))


def _is_on_grid(stamps: "array[int]", frames_per_tick: Fraction) -> bool:
    """Tell whether every frame has a place of its own on the grid, be there holes or not."""
    first, up, down = stamps[0], frames_per_tick.numerator, frames_per_tick.denominator
    most = down * NARROW.numerator // NARROW.denominator
    taken = -1
    for stamp in stamps:
        place, rest = divmod((stamp - first) * up + down // 2, down)
        if place <= taken or abs(rest - down // 2) > most:
            return False
        taken = place
    return True
