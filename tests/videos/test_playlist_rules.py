import math
from fractions import Fraction
from itertools import accumulate, combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.domain.processing.ladder import Plan, Rung, planned_target_duration
from efir.domain.videos.hls import bit_rates, target_duration

SECONDS = st.fractions(Fraction(1, 1000), Fraction(40))


@given(st.lists(SECONDS, min_size=1, max_size=20))
def test_no_segment_is_longer_than_the_target_even_when_rounded(lengths: list[Fraction]) -> None:
    target = target_duration(lengths)
    assert all(length <= target and math.floor(length + Fraction(1, 2)) <= target for length in lengths)
    assert target == 1 or any(length > target - 1 for length in lengths)


@given(st.fractions(min_value=10, max_value=60, max_denominator=1001))
def test_a_list_that_begins_early_has_a_target_that_its_segments_keep(rate: Fraction) -> None:
    gop = max(1, round(2 * rate))
    rung = Rung(name="360p", width=640, height=360, bandwidth=1, level="3.0")
    plan = Plan(
        rate_num=rate.numerator, rate_den=rate.denominator, gop=gop, chunk=12 * gop, frames=1000, rungs=(rung,),
        audio=True, still_step=1, still_width=2, still_height=2, poster_step=1,
    )  # fmt: skip
    assert plan.segment / plan.rate <= planned_target_duration(plan) <= 6
    for packet in (Fraction(1024, 8000), Fraction(1024, 44_100)):
        cuts = [math.ceil(number * plan.segment / plan.rate / packet) * packet for number in range(50)]
        assert all(later - earlier <= planned_target_duration(plan) for earlier, later in pairwise(cuts))


@given(st.data(), st.integers(1, 30), st.sampled_from([1, 1000, 48_000]))
def test_the_peak_is_that_of_the_fastest_run_near_the_target(data: st.DataObject, count: int, timescale: int) -> None:
    ticks = data.draw(st.lists(st.integers(1, 12 * timescale), min_size=count, max_size=count))
    sizes = data.draw(st.lists(st.integers(0, 10**7), min_size=count, max_size=count))
    target = target_duration(Fraction(tick, timescale) for tick in ticks)
    peak, mean = bit_rates(sizes, ticks, timescale, target)
    lengths, amounts = [0, *accumulate(ticks)], [0, *accumulate(sizes)]
    rates = [
        Fraction((amounts[end] - amounts[first]) * 8 * timescale, lengths[end] - lengths[first])
        for first, end in combinations(range(count + 1), 2)
        if Fraction(target, 2) <= Fraction(lengths[end] - lengths[first], timescale) <= Fraction(3 * target, 2)
    ]
    assert mean == math.ceil(Fraction(sum(sizes) * 8 * timescale, sum(ticks)))
    assert peak == max([mean, *map(math.ceil, rates)])


@pytest.mark.parametrize("sizes", [[], [0]])
def test_nothing_has_no_bit_rate(sizes: list[int]) -> None:
    assert bit_rates(sizes, [0] * len(sizes), 1000, 4) == (0, 0)
