"""Rules of edits, by generated operations: what is taken, what is pointed to, and that descriptions lose nothing."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.domain.audio.edits import (
    MAX_CROSSFADE,
    MAX_GAIN,
    MAX_MARGIN,
    MAX_THRESHOLD,
    MIN_GAIN,
    MIN_THRESHOLD,
    AudioGainTooHigh,
    Cut,
    Fade,
    Gain,
    Join,
    Operation,
    Part,
    TrimSilence,
    check_operations,
    from_facts,
    joined,
    plan_edit,
    to_facts,
)
from efir.domain.audio.records import AudioLimitsExceeded, InvalidAudio, RecordId
from efir.domain.kernel.limits import Limits

LIMITS = Limits()
IDS = st.integers(1, 4).map(lambda number: RecordId(UUID(int=number)))
NUMBERS = st.floats(allow_nan=False)
SECONDS = st.floats(0, 1e5)


def operations(numbers: st.SearchStrategy[float], ids: int) -> st.SearchStrategy[Operation]:
    """Any operation made of such numbers."""
    return st.one_of(
        st.builds(TrimSilence, threshold_db=numbers, margin=numbers),
        st.builds(Cut, start=numbers, end=st.none() | numbers, keep=st.booleans()),
        st.builds(Fade, fade_in=numbers, fade_out=numbers),
        st.builds(Gain, db=numbers),
        st.builds(Join, records=st.lists(IDS, max_size=ids).map(tuple), crossfade=numbers),
    )


def broken(operation: Operation) -> set[str]:
    """The places of an operation that break a bound, told in another way than the rules do."""
    match operation:
        case TrimSilence(threshold_db=db, margin=margin):
            wrong = {
                "threshold_db": db < MIN_THRESHOLD or db > MAX_THRESHOLD,
                "margin": margin < 0 or margin > MAX_MARGIN,
            }
        case Cut(start=start, end=end):
            wrong = {"start": start < 0, "end": end is not None and not start < end}
        case Fade(fade_in=coming, fade_out=going):
            wrong = {"in": coming < 0, "out": going < 0}
        case Gain(db=db):
            wrong = {"db": db < MIN_GAIN or db > MAX_GAIN}
        case Join(records=records, crossfade=crossfade):
            wrong = {"records": not records, "crossfade": crossfade < 0 or crossfade > MAX_CROSSFADE}
    return {place for place, is_wrong in wrong.items() if is_wrong}


@given(st.lists(operations(NUMBERS, 3), min_size=1, max_size=5))
def test_every_broken_bound_is_pointed_to_and_nothing_else(found: list[Operation]) -> None:
    expected = {f"/operations/{n}/{place}" for n, each in enumerate(found) for place in broken(each)}
    if len(list(joined(found))) >= LIMITS.max_audio_edit_records:
        expected.add("/operations")
    if not expected:
        check_operations(found, LIMITS)
        return
    with pytest.raises(InvalidAudio) as caught:
        check_operations(found, LIMITS)
    assert {error.pointer for error in caught.value.errors} == expected


@given(st.integers(0, 20))
def test_the_number_of_operations_has_bounds(count: int) -> None:
    if 1 <= count <= LIMITS.max_audio_edit_operations:
        check_operations([Gain(db=-1.0)] * count, LIMITS)
        return
    with pytest.raises(InvalidAudio) as caught:
        check_operations([Gain(db=-1.0)] * count, LIMITS)
    assert [error.pointer for error in caught.value.errors] == ["/operations"]


@given(operations(st.floats(allow_nan=False, allow_infinity=False), 5))
def test_what_is_described_is_read_again_as_it_was(operation: Operation) -> None:
    assert from_facts(json.loads(json.dumps(to_facts(operation)))) == operation


@given(
    st.lists(st.tuples(SECONDS, st.integers(1, 2), st.sampled_from([8000, 44100, 48000])), min_size=4, max_size=4),
    st.lists(IDS, max_size=8),
)  # fmt: skip
def test_a_plan_has_the_best_of_its_parts_and_never_more_seconds_than_are_allowed(
    facts: list[tuple[float, int, int]], records: list[RecordId]
) -> None:
    parts = [
        Part(id=RecordId(UUID(int=number)), duration=seconds, channels=channels, rate=rate)
        for number, (seconds, channels, rate) in enumerate(facts, 1)
    ]
    seconds = parts[0].duration + sum(parts[record.int - 1].duration for record in records)
    order = [Join(records=tuple(records))] if records else [Gain(db=1.0)]
    if seconds > LIMITS.max_audio_edit_seconds:
        with pytest.raises(AudioLimitsExceeded):
            plan_edit(order, parts, LIMITS)
        return
    plan = plan_edit(order, parts, LIMITS)
    assert plan.seconds == pytest.approx(seconds)
    assert (plan.rate, plan.channels) == (max(part.rate for part in parts), max(part.channels for part in parts))
    wav = plan.planned()
    assert wav.frames * wav.format.align < 1 << 32, "a WAV file can hold it"


def test_a_limit_that_was_raised_is_still_bound_by_what_a_wav_file_holds() -> None:
    long = Part(id=RecordId(UUID(int=1)), duration=12_000, channels=2, rate=48_000)
    with pytest.raises(AudioLimitsExceeded):
        plan_edit([Gain(db=1.0)], [long], Limits(max_audio_edit_seconds=10**6, audio_seconds=10**6))


def test_too_much_gain_tells_what_fits() -> None:
    assert AudioGainTooHigh(2.3, "/operations/0/db").detail == "At most 2.3 dB fit."
    assert AudioGainTooHigh(-0.4, "/operations/0/db").detail == "It is at full scale already: no gain fits."
