"""Where one stream's clock does not go on: jumps to another time, and single stamps that are wrong.

A stamp is wrong when the clock leaps away with it and is back soon after, as if nothing had been.
"""

from collections import deque
from fractions import Fraction

BACKWARD_SECONDS = Fraction(1, 10)
LEAP_SECONDS = Fraction(1, 2)
FORWARD_SECONDS = Fraction(10)
BACK_WITHIN = 32  # packets
LONGEST = 4  # steps
MAX_JUMPS, MAX_WRONG = 500, 1000


class Jump:
    """A place where a stream's clock does not go on: the `packet` with that number says `there` instead of `here`.

    `order` counts the packets of all streams; times are seconds on the stream's own clock, `last` the one before it.
    """

    __slots__ = ("here", "last", "order", "packet", "there")

    def __init__(self, packet: int, order: int, here: Fraction, there: Fraction, last: Fraction) -> None:
        self.packet, self.order, self.here, self.there, self.last = packet, order, here, there, last

    @property
    def delta(self) -> Fraction:
        """Return the seconds that the clock jumps by, below 0 for a clock that begins again."""
        return self.there - self.here


class JumpFinder:
    """Follows the times of one stream's packets in their order, in ticks of `base` seconds.

    `wrong` has the ticks to add to each packet whose stamp is wrong.
    """

    def __init__(self, base: Fraction) -> None:
        self.jumps: list[Jump] = []
        self.wrong: dict[int, int] = {}
        self._base = base
        # in ticks, for this is asked of every packet
        self._backward, self._forward = int(BACKWARD_SECONDS / base), int(FORWARD_SECONDS / base)
        self._leap = int(LEAP_SECONDS / base)
        self._furthest: int | None = None
        self._next = self._step = 0
        self._away: deque[tuple[int, int, int]] = deque(maxlen=BACK_WITHIN)
        self._left_at: int | None = None

    @property
    def too_many(self) -> bool:
        """Tell a clock that cannot be followed."""
        return len(self.jumps) > MAX_JUMPS or len(self.wrong) > MAX_WRONG

    def follow(self, number: int, order: int, time: int, duration: int, *, rises: bool, key: bool) -> None:
        """Take the next packet; `rises` says that times may only grow, else they may go back but at key frames."""
        if self._furthest is None:
            self._furthest, self._next = time, time + duration
            return
        step = time - self._furthest
        if self._left_at is None and 0 <= step <= self._leap:  # nearly every packet
            self._step = step or self._step
            self._furthest = time
            self._next = time + (self._step if 0 < LONGEST * self._step < duration else duration)
            return
        duration = self._bound_duration(time, duration)
        if self._left_at is not None and self._has_returned(number, time):
            self._furthest = self._next = time
        back = self._furthest - time
        early = back > 0 and (back > self._backward if rises else key)
        if early or time - self._next > self._leap:
            self._leave(number, order, time, early=early)
        if self._left_at is not None:
            self._away.append((number, time, duration))
        self._furthest = max(self._furthest, time)
        self._next = self._furthest + duration

    @property
    def left(self) -> Fraction | None:
        """Return the time where the last packet alone leapt ahead from, in seconds; None when it did not."""
        if self._left_at is None or len(self._away) != 1 or self._away[0][1] - self._left_at <= self._forward:
            return None
        return self._left_at * self._base

    @property
    def end(self) -> Fraction:
        """Return where the clock ends, in seconds."""
        return self._next * self._base

    def bring_back(self) -> None:
        """Take the last packet's stamp for wrong."""
        self._correct()

    def _bound_duration(self, time: int, duration: int) -> int:
        """Return how long a packet lasts: a told length that the steps so far know nothing of is damage, or a pause."""
        step = time - (self._furthest or 0)
        if 0 < step <= self._leap:
            self._step = step
        return self._step if 0 < LONGEST * self._step < duration else duration

    def _leave(self, number: int, order: int, time: int, *, early: bool) -> None:
        """Remember where the clock left; it is a jump unless it comes back."""
        self._left_at = self._next
        self._away.clear()
        if (early or time - self._next > self._forward) and not self.too_many:
            last = (self._furthest or 0) * self._base
            self.jumps.append(Jump(number, order, self._next * self._base, time * self._base, last))
            self._furthest = time

    def _has_returned(self, number: int, time: int) -> bool:
        """Tell whether the clock goes on where it left; then what came between is wrong."""
        left = self._left_at or 0
        if not self._away or number - self._away[0][0] >= BACK_WITHIN:
            self._left_at = None
            return False
        passed = sum(duration for _, _, duration in self._away)
        if not -self._backward <= time - left - passed <= self._leap:
            return False
        if min(abs(away - left) for _, away, _ in self._away) <= self._leap:
            return False  # near enough to be in order: pictures are not shown in the order of their packets
        self._correct()
        return True

    def _correct(self) -> None:
        clock = self._left_at or 0
        for number, time, duration in self._away:
            self.wrong[number] = clock - time
            clock += duration
        if self.jumps and self.jumps[-1].packet == self._away[0][0]:
            self.jumps.pop()
        self._left_at = None
        self._away.clear()
