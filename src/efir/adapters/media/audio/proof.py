"""Whether an MP3 is the sound that was sent: every channel as loud, in the whole and where it is loudest.

What is judged was measured before anything could lose it: channel by channel, as the file has them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import sub

from efir.adapters.media.audio.commands import louder_side
from efir.adapters.media.audio.figures import Powers
from efir.domain.audio.mpeg import STEREO
from efir.domain.audio.speakers import Gain

NOTHING = 1e-12  # power that stands for none, -120 dB
SILENT = 1e-7  # power of the loudest moment, -70 dB; what is quieter need only stay so
MOMENT = 0.4  # seconds; as long as the moments of EBU R128
BESIDE = 1e-4  # power beside the loudest channel of what is judged no more: an encoder shares out between both
NEAR = 0.5  # decibels between what was sent and what was made, in the whole
NEAR_CAREFUL = 1.0  # decibels of what any encoder keeps
LOUDER = 3.0  # decibels that are nothing lost: a click at the very beginning comes out 2.4 louder
NEAR_MOMENT = 3.0  # decibels where it is loudest: an encoder spreads a click out
MASKED = 0.01  # of the power of a mix: what is quieter may be inaudible beside the rest, and left out by right
LOST = 0.5  # of a channel: what may be missing
CANCELLED = 6.0  # decibels by which a mix is quieter than channels that have nothing in common
NO_HIGHS = 20.0  # decibels by which a channel is quieter without its high tones


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it is the sound that was sent; `warnings` name what is less than it was."""

    same: bool
    warnings: set[str] = field(default_factory=set)


def decibels(power: float) -> float:
    """Return a level; of nothing, one far below everything."""
    return 10 * math.log10(power + NOTHING)


def judge_directly(given: Powers, made: Powers, moment: int) -> bool:
    """Compare channels that stay as they are; `moment` is the stretches of one."""
    return len(given) == len(made) and all(
        are_alike(sent, heard, moment, NEAR, floor=_floor(given, moment))
        for sent, heard in zip(given, made, strict=True)
    )


def judge_shared(full: tuple[Powers, Powers], kept: tuple[Powers, Powers], moment: int) -> Verdict:
    """Compare one or two channels by what any encoder keeps, knowing that they differ in `full`."""
    given, made = kept
    floor = _floor([*full[0], *given], moment)
    same = len(given) == len(made) and all(
        are_alike(sent, heard, moment, NEAR_CAREFUL, floor=floor, louder=LOUDER)
        for sent, heard in zip(given, made, strict=True)
    )
    less = any(
        decibels(mean(sent)) - decibels(mean(heard)) > NEAR and measure_loudest(sent, moment) > SILENT
        for sent, heard in zip(*full, strict=True)
    )
    return Verdict(same, {"high_frequencies"} if less else set())


def judge_mix(full: Powers, before: Powers, after: Powers, gains: Sequence[Gain], moment: int) -> Verdict:
    """Compare a mix with the channels it was made of: `before` ends with the MP3's two, `after` is of `probes`.

    `full` are the channels with all their high tones, beside which little is heard of what those leave lower down.
    """
    channels, heard, expected = before[:-STEREO], before[-STEREO:], after[:STEREO]
    loud = max(
        max(map(abs, gain)) ** 2 * measure_loudest(whole, moment) for gain, whole in zip(gains, full, strict=True)
    )
    floor = max(_floor(expected, moment), BESIDE * loud)
    same = not find_unheard(before, after, gains, moment, floor=floor) and all(
        are_alike(sent, side, moment, NEAR_CAREFUL, floor=floor, louder=LOUDER)
        for sent, side in zip(expected, heard, strict=True)
    )
    apart = sum((gain[0] ** 2 + gain[1] ** 2) * mean(channel) for channel, gain in zip(channels, gains, strict=True))
    less = apart > SILENT and decibels(apart) - decibels(sum(map(mean, heard))) > CANCELLED
    return Verdict(same, {"channels_cancel"} if less else set())


def find_faint(full: Powers, before: Powers, moment: int) -> set[int]:
    """Return the channels of a mix that hold little but what was taken from them between `full` and `before`."""
    return {
        number
        for number, (whole, low) in enumerate(zip(full, before[:-STEREO], strict=True))
        if measure_loudest(whole, moment) > SILENT and decibels(mean(whole)) - decibels(mean(low)) > NO_HIGHS
    }


def find_unheard(
    before: Powers, after: Powers, gains: Sequence[Gain], moment: int, *, floor: float = SILENT
) -> set[int]:
    """Return the channels that a mix was made of, are louder than `floor` in it, and are not in the MP3."""
    channels, heard, probes = before[:-STEREO], before[-STEREO:], after[STEREO:]
    return {
        number
        for number, (channel, gain) in enumerate(zip(channels, gains, strict=True))
        if not is_heard(
            channel, gain, probes[2 * number : 2 * number + 2], heard[louder_side(gain)], moment, floor=floor
        )
    }


def is_heard(channel: list[float], gain: Gain, probe: Powers, side: list[float], moment: int, *, floor: float) -> bool:
    """Whether a channel is in its `side` of the MP3 where it is loudest; see `audio_recipes.probes`.

    Adding and subtracting what is missing gives its product with the channel, to which nothing else contributes: coding
    noise of other channels may be much louder.
    """
    start = _find_loudest(channel, moment)
    added, subtracted, together = (mean(each[start : start + moment]) for each in (*probe, side))
    share = gain[louder_side(gain)] ** 2 * mean(channel[start : start + moment])
    if share < max(floor, MASKED * together):
        return True
    reached = (added + subtracted) / 2 > share / 2  # else the sums do not hold this channel at all
    return reached and (subtracted - added) / (4 * share) < LOST


def are_alike(
    given: list[float], made: list[float], moment: int, near: float, *, floor: float, louder: float = 0.0
) -> bool:
    """Whether two channels are as loud, in the whole and where they are loudest; both may be below `floor` instead."""
    tops = measure_loudest(given, moment), measure_loudest(made, moment)
    if max(tops) < floor:
        return True
    less = decibels(mean(given)) - decibels(mean(made))
    return -max(near, louder) <= less <= near and abs(decibels(tops[0]) - decibels(tops[1])) <= NEAR_MOMENT


def measure_loudest(powers: list[float], moment: int) -> float:
    """Return the power of the loudest moment."""
    start = _find_loudest(powers, moment)
    return mean(powers[start : start + moment])


def mean(powers: Sequence[float]) -> float:
    """Return the mean power; 0 of none."""
    return sum(powers) / len(powers) if powers else 0.0


def _find_loudest(powers: list[float], moment: int) -> int:
    before = [0.0, *accumulate(powers)]
    inside = list(map(sub, before[moment:], before))
    return inside.index(max(inside)) if inside else 0


def _floor(channels: Powers, moment: int) -> float:
    return max([SILENT, *(BESIDE * measure_loudest(channel, moment) for channel in channels)])
