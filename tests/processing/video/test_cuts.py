"""Where ffmpeg cuts, by its own arithmetic: at the first key frame that is not before n times the given time."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from efir.adapters.media.video.commands import cut_seconds, sound_cut_seconds
from efir.domain.processing.ladder import AAC_FRAME, Plan, plan
from kit.source_facts import FACTS, VIDEO

HOURS = 12
rates = st.one_of(
    st.integers(1, 120).map(Fraction),
    st.integers(1, 120).map(lambda rate: Fraction(rate * 1000, 1001)),
    st.fractions(min_value=1, max_value=120, max_denominator=1001),
)
clocks = st.sampled_from([12_800, 15_360, 30_000, 48_000, 90_000, 1_000_000])


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any rate of 1 to 120 frames a second, steady or not, from one frame to twelve hours."""
    rate = draw(rates)
    frames = draw(st.one_of(st.integers(1, 500), st.integers(1, int(HOURS * 3600 * rate))))
    video = replace(VIDEO, rate_num=rate.numerator, rate_den=rate.denominator, frames=frames, vfr=draw(st.booleans()))
    container = draw(st.sampled_from(["mov", "avi"]))
    return plan(replace(FACTS, container=container, duration=float(frames / rate), video=video))


def microseconds(text: str) -> int:
    """As ffmpeg reads it: a whole number of microseconds."""
    return int(Fraction(text) * 1_000_000)


@given(plans(), st.data(), clocks)
def test_every_cut_of_the_picture_falls_on_its_key_frame(chosen: Plan, data: st.DataObject, clock: int) -> None:
    frames = chosen.frames if chosen.chunks == 1 else min(chosen.chunk, chosen.frames)
    last = -(-frames // chosen.segment) - 1
    if last < 1:
        return
    number = data.draw(st.integers(1, last) | st.just(last))
    place = number * microseconds(cut_seconds(chosen))

    def stamp(frame: int) -> Fraction:
        return Fraction(round(frame / chosen.rate * clock) * 1_000_000, clock)

    assert stamp(number * chosen.segment) >= place
    assert stamp(number * chosen.segment - chosen.gop) < place


@given(plans(), st.data())
def test_sound_is_cut_within_a_packet_of_the_picture_at_any_time(chosen: Plan, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, chosen.segments))
    place = number * microseconds(sound_cut_seconds(chosen))
    packet = Fraction(AAC_FRAME * 1_000_000, 48_000)
    begins = -(-place // packet) * packet
    exact = number * chosen.segment / chosen.rate * 1_000_000
    assert -5_000 <= begins - exact <= packet + 5_000


@given(plans())
def test_chunks_segments_tiles_and_posters_cover_the_video(chosen: Plan) -> None:
    assert chosen.span(0)[0] == 0
    assert chosen.span(chosen.chunks - 1)[1] == chosen.frames
    assert (chosen.segments - 1) * chosen.segment < chosen.frames <= chosen.segments * chosen.segment
    assert chosen.chunk % chosen.segment == 0
    assert chosen.tiles(0)[0] == chosen.posters(0)[0] == 0
    assert -(-chosen.frames // chosen.still_step) <= 410  # about 400: a step is a whole number of frames
    assert abs(chosen.seconds - chosen.frames / chosen.rate) == 0
