"""Stamps of sound that go back and forth around the clock of the sound itself, which is that of its samples.

What comes back within a second is a slip of the stamps, and no sound is lost or doubled for it; what stays is a gap.
"""

from array import array
from collections import deque
from fractions import Fraction
from itertools import accumulate, pairwise, repeat
from operator import sub
from typing import Any

from efir.adapters.media.inspection.packets import PacketLog
from efir.adapters.media.inspection.selection import codec_of

SLIP_SECONDS = Fraction(1, 50)  # less is heard by nobody
SETTLED_SECONDS = 1
MAX_SLIPS = 2  # packets: not for so few a file is read in one piece
AAC_FRAME = 1024  # samples

Settling = tuple[int, int, int]
"""How many packets to look ahead, and by how many ticks stamps are later than their earliest: in the mean, at most."""


def frame_of(sound: Any) -> Fraction:
    """Return how many ticks each packet lasts where that is known, else 0."""
    context = sound.codec_context
    if context is None or not context.sample_rate or codec_of(sound) != "aac":
        return Fraction(0)
    return Fraction(AAC_FRAME, context.sample_rate) / Fraction(sound.time_base)


class Settler:
    """Puts stamps on the clock of the samples, which starts anew only where stamps stay away from it."""

    def __init__(self, settling: Settling, frame: Fraction) -> None:
        self._reach, self._mean, self._worst = settling
        self._up, self._down = frame.numerator, frame.denominator
        self._number = self._told = self._earliest = 0
        self._ends: deque[int] = deque()
        self._off: deque[int] = deque()

    def take(self, stamp: int, duration: int) -> int | None:
        """Take the next packet and return the stamp of the one that many packets before, None when there is none."""
        end = self._number * self._up // self._down if self._up else self._told
        self._number, self._told = self._number + 1, self._told + duration
        self._ends.append(end)
        self._off.append(stamp - end)
        if len(self._off) <= self._reach:
            return None
        self._earliest = min(self._off)
        return self._settle_next()

    def rest(self) -> int:
        """Return the stamp of the first packet that waits, where no more come: the fewer, the less they tell."""
        earliest = min(self._off)
        if not 0 <= earliest - self._earliest <= self._worst:
            self._earliest = earliest
        return self._settle_next()

    def _settle_next(self) -> int:
        self._off.popleft()
        return self._ends.popleft() + self._earliest + self._mean


def _is_calm(log: PacketLog, length: int, slip: int) -> bool:
    """Tell, fast, that every packet begins about where the one before it ends, as in nearly every file."""
    lengths = repeat(length) if length else log.durations
    off = array("q", map(sub, map(sub, log.stamps[1:], log.stamps), lengths))
    return not off or -slip <= min(off) <= max(off) <= slip


def settle(log: PacketLog, frame: Fraction) -> Settling | None:
    """Settle the stamps of a log; None when they do not slip, or hardly ever, and are left as they are."""
    slip = int(SLIP_SECONDS / log.base)
    if _is_calm(log, round(frame), slip):
        return None
    up, down = frame.numerator, frame.denominator
    ends = (number * up // down for number in range(len(log.stamps))) if up else accumulate(log.durations, initial=0)
    off = [stamp - end for stamp, end in zip(log.stamps, ends, strict=False)]
    moves = sum(1 for before, now in pairwise(off) if abs(now - before) > slip)
    if moves <= MAX_SLIPS or not (up or all(log.durations)):
        return None
    seconds = max(Fraction(SETTLED_SECONDS), (max(log.stamps) - min(log.stamps)) * log.base)
    reach = max(1, round(len(off) * SETTLED_SECONDS / seconds))
    slips = [now - min(off[number : number + reach + 1]) for number, now in enumerate(off)]
    if sum(1 for late in slips if late > slip) <= MAX_SLIPS:
        return None
    settling = reach, round(sum(slips) / len(slips)), max(slips)
    settler, stamps = Settler(settling, frame), array("q")
    for stamp, duration in zip(log.stamps, log.durations, strict=True):
        settled = settler.take(stamp, duration)
        if settled is not None:
            stamps.append(settled)
    while len(stamps) < len(log.stamps):
        stamps.append(settler.rest())
    log.stamps = stamps
    return settling
