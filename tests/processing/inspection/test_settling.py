"""Stamps of sound that go back and forth are put on the clock of its samples; gaps and what is right stay."""

from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from efir.adapters.media.inspection.packets import PacketLog
from efir.adapters.media.inspection.settling import Settler, settle

TICKS, LENGTH, NONE = 1000, 24, Fraction(0)
slips = st.lists(st.integers(-42, 42), min_size=80, max_size=200)
steady = st.lists(st.integers(-3, 3), min_size=80, max_size=200)


def log(stamps: list[int]) -> PacketLog:
    """Return a log of packets that all say that they last as long."""
    stream: Any = SimpleNamespace(time_base=Fraction(1, TICKS), codec_context=None)  # all that it asks
    made = PacketLog(stream, lambda _: True)
    made.stamps.extend(stamps)
    made.durations.extend([LENGTH] * len(stamps))
    return made


@given(slips, st.integers(0, 78), st.integers(200, 5000))
def test_slips_are_gone_and_gaps_stay(off: list[int], place: int, gap: int) -> None:
    off[1:20:2], off[2:20:2] = [42] * 10, [-42] * 9  # some that nobody could miss
    made = log([number * LENGTH + late + gap * (number > place) for number, late in enumerate(off)])
    settling = settle(made, NONE)
    assert settling is not None
    steps = [later - earlier - LENGTH for earlier, later in pairwise(made.stamps)]
    sizes = sorted(steps)
    assert abs(sum(steps) - gap) <= 42 * 2
    assert sizes[0] >= -42
    assert sizes[-1] >= gap - 42 * 2
    assert sizes[-2] <= 42 * 2 + 1


@given(steady, st.lists(st.integers(0, 79), max_size=20), st.booleans())
def test_what_trembles_by_a_rounding_or_has_gaps_is_left_alone(off: list[int], gaps: list[int], frame: bool) -> None:  # noqa: FBT001  # drawn
    stamps = [number * LENGTH + late + 60 * sum(gap < number for gap in gaps) for number, late in enumerate(off)]
    made = log(stamps)
    assert settle(made, Fraction(LENGTH) if frame else NONE) is None
    assert list(made.stamps) == stamps


@given(slips)
def test_packets_on_their_way_get_the_stamps_of_the_log(off: list[int]) -> None:
    off[1:20:2], off[2:20:2] = [42] * 10, [-42] * 9
    stamps = [number * LENGTH + late for number, late in enumerate(off)]
    made = log(stamps)
    settling = settle(made, NONE)
    assert settling is not None
    settler = Settler(settling, NONE)
    given_back = [settled for stamp in stamps if (settled := settler.take(stamp, LENGTH)) is not None]
    given_back += [settler.rest() for _ in range(len(stamps) - len(given_back))]
    assert given_back == list(made.stamps)
    assert max(given_back) - min(given_back) <= (len(stamps) - 1) * LENGTH + 84
