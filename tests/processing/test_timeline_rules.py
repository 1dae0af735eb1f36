from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.domain.processing.ladder import Plan, plan
from efir.domain.processing.source_facts import RenditionDamaged
from efir.domain.processing.timelines import Cut, check_run, check_rung, check_sound
from processing.test_ladder_rules import FACTS

PLAN = replace(plan(FACTS), frames=1_450)
TICKS = 512
SCALE = 25 * TICKS


def cuts(chosen: Plan = PLAN) -> list[Cut]:
    return [
        Cut(
            ordinal=at // chosen.segment,
            start_ticks=at * TICKS,
            ticks=min(chosen.segment, chosen.frames - at) * TICKS,
            frames=min(chosen.segment, chosen.frames - at),
            independent=True,
        )
        for at in range(0, chosen.frames, chosen.segment)
    ]


@given(st.integers(1, 3000))
def test_segments_on_the_grid_pass(frames: int) -> None:
    chosen = replace(PLAN, frames=frames)
    check_rung(chosen, "720p", cuts(chosen), SCALE)


def test_the_segments_of_one_chunk_pass_alone() -> None:
    first, end = PLAN.span(1)
    before = PLAN.first_segment(1)
    check_rung(PLAN, "720p", cuts()[before : before + 6], SCALE, first=first, end=end)


@given(st.data())
def test_any_other_segments_are_refused_by_name(data: st.DataObject) -> None:
    good = cuts()
    at = data.draw(st.integers(0, len(good) - 1))
    more = data.draw(st.integers(1, 50))
    changes = [
        {"start_ticks": good[at].start_ticks + more},
        {"ticks": good[at].ticks + more},
        {"frames": good[at].frames + more},
        {"independent": False},
    ]
    spoilt = [*good[:at], replace(good[at], **data.draw(st.sampled_from(changes))), *good[at + 1 :]]
    with pytest.raises(RenditionDamaged) as caught:
        check_rung(PLAN, "720p", spoilt, SCALE)
    assert (caught.value.track, caught.value.ordinal) == ("720p", at)
    with pytest.raises(RenditionDamaged) as caught:
        check_rung(PLAN, "720p", [*good[:at], *good[at + 1 :]], SCALE)
    assert caught.value.ordinal == at
    with pytest.raises(RenditionDamaged, match="order"):
        check_rung(PLAN, "720p", [*good, good[at]], SCALE)


def sound(start: int = 0, end: int = 58_000) -> list[Cut]:
    middle = (start + end) // 2
    return [
        Cut(ordinal=0, start_ticks=start, ticks=middle - start, frames=9, independent=True),
        Cut(ordinal=1, start_ticks=middle, ticks=end - middle, frames=9, independent=True),
    ]


@pytest.mark.parametrize(("start", "end"), [(0, 58_000), (20, 58_100), (0, 57_900)])
def test_sound_beside_the_picture_passes(start: int, end: int) -> None:
    check_sound(PLAN, "audio", sound(start, end), 1000)


@pytest.mark.parametrize(("start", "end"), [(26, 58_000), (0, 58_101), (0, 57_899)])
def test_sound_apart_from_the_picture_is_refused(start: int, end: int) -> None:
    with pytest.raises(RenditionDamaged):
        check_sound(PLAN, "audio", sound(start, end), 1000)


def test_a_gap_or_an_empty_segment_is_refused() -> None:
    first, second = sound()
    for spoilt in (
        [first, replace(second, start_ticks=second.start_ticks + 1)],
        [first, replace(second, frames=0)],
        [replace(first, independent=False), second],
        [second],
        [],
    ):
        with pytest.raises(RenditionDamaged):
            check_run("copy", spoilt)
    check_run("copy", [first, second])
