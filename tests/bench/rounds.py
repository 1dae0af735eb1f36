"""Compare two ways of doing one thing: interleaved rounds (A B A B …), medians, a ratio and its limit.

A bench is a program: it prints one line `name: ratio r (limit l)` per comparison, and with `--check` ends with 1 when
a limit is missed: `cd tests && python -m bench.ranges --check`. EFFORT=short in the environment takes fewer rounds and
fails only for what is far off: three rounds beside other work are no measurement.
"""

import os
import statistics
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

SHORT = os.environ.get("EFFORT", "full") == "short"
ROUNDS = 3 if SHORT else 7
NOISE = 1.5
MAX_STOLEN = 0.1  # of all processor time, by the host: seconds measured then say nothing about us
GOAL_NOISE = 2.5  # of seconds against a goal that is written down: no reference slows down with the machine


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Medians of both sides; `ratio` is ours to theirs, `least` and `most` bound it.

    With `goal` the other side is no measurement but a time that was set.
    """

    name: str
    ours: list[float]
    theirs: list[float]
    unit: str
    least: float | None = None
    most: float | None = None
    goal: bool = False

    @property
    def ratio(self) -> float:
        """Our median divided by theirs."""
        return statistics.median(self.ours) / statistics.median(self.theirs)

    @property
    def holds(self) -> bool:
        """Whether the ratio is within its limits."""
        return (self.least is None or self.ratio >= self.least) and (self.most is None or self.ratio <= self.most)

    @property
    def far_off(self) -> bool:
        """Whether a limit is missed by more than the noise of a few rounds on a shared machine explains."""
        noise = GOAL_NOISE if self.goal else NOISE  # the best rounds are compared: other work only slows down
        low = self.least is not None and max(self.ours) / max(self.theirs) * noise < self.least
        return low or (self.most is not None and min(self.ours) / min(self.theirs) > self.most * noise)

    def __str__(self) -> str:
        limits = [f">= {self.least}"] * (self.least is not None) + [f"<= {self.most}"] * (self.most is not None)
        sides = ", ".join(
            f"{who} {statistics.median(found):.4g} [{min(found):.4g}..{max(found):.4g}]"
            for who, found in (("ours", self.ours), ("theirs", self.theirs))
        )
        verdict = "" if self.holds else "  MISSED"
        limit = " and ".join(limits) or "none"
        return f"{self.name}: ratio {self.ratio:.3f} (limit {limit}) {self.unit}: {sides}{verdict}"


def compare(
    name: str,
    ours: Callable[[], float],
    theirs: Callable[[], float] | float,
    *,
    unit: str,
    least: float | None = None,
    most: float | None = None,
    rounds: int = ROUNDS,
) -> Outcome:
    """Measure both in turns after one warm-up each; each call returns its figure in `unit`. A number is a goal."""
    ours()
    if not callable(theirs):
        found = [ours() for _ in range(rounds)]
        return Outcome(name=name, ours=found, theirs=[theirs], unit=unit, least=least, most=most, goal=True)
    theirs()
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    mine, other = (list(side) for side in zip(*pairs, strict=True))
    return Outcome(name=name, ours=mine, theirs=other, unit=unit, least=least, most=most)


class Checked(Protocol):
    """A figure that knows whether it is within its limit."""

    @property
    def holds(self) -> bool: ...
    @property
    def far_off(self) -> bool: ...


def finish(outcomes: Iterable[Checked]) -> None:
    """Print each outcome as it comes and end the program, with 1 when `--check` was asked for and a limit missed."""
    missed, before = 0, _processors()
    for outcome in outcomes:
        now = _processors()
        stolen = (now[0] - before[0]) / max(1, now[1] - before[1])
        before = now
        unjudged = SHORT and stolen > MAX_STOLEN and isinstance(outcome, Outcome) and outcome.goal
        note = f"  (not judged: the host took {stolen:.0%} of the processors)" if unjudged else ""
        print(f"{outcome}{note}", flush=True)
        missed += (outcome.far_off and not unjudged) if SHORT else not outcome.holds
    sys.exit(1 if missed and "--check" in sys.argv else 0)


def _processors() -> tuple[int, int]:
    """Ticks in which the host ran others though we wanted to, and all ticks."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return ticks[7], sum(ticks)
