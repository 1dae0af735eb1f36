from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.domain.kernel.limits import Limits
from efir.domain.processing.ladder import LADDER, Plan, can_copy_audio, can_copy_video, output_rate, plan, rungs
from efir.domain.processing.source_facts import MediaFacts, admit
from efir.domain.videos.video import MediaRefused
from kit.source_facts import AUDIO, FACTS, VIDEO

sides = st.integers(2, 8192)
rates = st.one_of(
    st.sampled_from([Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(60), Fraction(100)]),
    st.fractions(min_value=Fraction(1, 10), max_value=120, max_denominator=2000),
)


@st.composite
def sources(draw: st.DrawFn) -> MediaFacts:
    rate = draw(rates)
    video = replace(
        VIDEO,
        width=draw(sides),
        height=draw(sides),
        rate_num=rate.numerator,
        rate_den=rate.denominator,
        vfr=draw(st.booleans()),
        keyframe_spacing=draw(st.floats(0.1, 100)),
    )
    container = draw(st.sampled_from(["mov", "matroska", "mpegts", "avi", "flv", "ogg"]))
    return replace(FACTS, video=video, duration=draw(st.floats(0.01, 12 * 3600)), container=container)


@given(sources())
def test_no_rung_is_larger_than_the_source(facts: MediaFacts) -> None:
    for rung in plan(facts).rungs:
        assert rung.width <= max(2, facts.video.width)
        assert rung.height <= max(2, facts.video.height)


@given(sources())
def test_sizes_are_even_and_keep_the_shape(facts: MediaFacts) -> None:
    for rung in plan(facts).rungs:
        assert rung.width % 2 == rung.height % 2 == 0
        shape = Fraction(facts.video.width, facts.video.height)
        assert abs(rung.height * shape - rung.width) <= 2 + 2 * max(shape, 1)


@given(sources())
def test_chunks_tile_the_frames_exactly(facts: MediaFacts) -> None:
    chosen = plan(facts)
    spans = [chosen.span(ordinal) for ordinal in range(chosen.chunks)]
    assert spans[0][0] == 0
    assert spans[-1][1] == chosen.frames
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert all(end > first for first, end in spans)
    assert all(first % chosen.segment == 0 for first, _ in spans)
    counted = [ceil(Fraction(end - first, chosen.segment)) for first, end in spans]
    assert sum(counted) == chosen.segments
    assert [chosen.first_segment(ordinal) for ordinal in range(chosen.chunks)] == [
        sum(counted[:ordinal]) for ordinal in range(chosen.chunks)
    ]
    for beyond in (-1, chosen.chunks):
        with pytest.raises(IndexError):
            chosen.span(beyond)


@given(sources())
def test_a_group_of_pictures_lasts_two_seconds(facts: MediaFacts) -> None:
    chosen = plan(facts)
    assert abs(chosen.gop / chosen.rate - 2) <= 1 / (2 * chosen.rate)
    assert 10 <= chosen.rate <= 60


@given(sources())
def test_the_length_is_the_source_s_to_a_frame(facts: MediaFacts) -> None:
    chosen = plan(facts)
    assert abs(float(chosen.seconds) - facts.duration) <= max(1.0 / chosen.rate, 1e-5)


@given(sources())
def test_stills_lie_on_one_grid_over_all_chunks(facts: MediaFacts) -> None:
    chosen = plan(replace(facts, duration=min(facts.duration, 300)))
    tiles = [frame for ordinal in range(chosen.chunks) for frame in chosen.tiles(ordinal)]
    posters = [frame for ordinal in range(chosen.chunks) for frame in chosen.posters(ordinal)]
    assert tiles == list(range(0, chosen.frames, chosen.still_step))
    assert posters == list(range(0, chosen.frames, chosen.poster_step))
    assert tiles
    assert posters
    assert len(tiles) <= 402
    assert len(posters) <= 62


@given(sources())
def test_bandwidths_fall_with_size(facts: MediaFacts) -> None:
    chosen = plan(facts).rungs
    caps = [rung.bandwidth for rung in chosen]
    areas = [rung.width * rung.height for rung in chosen]
    assert caps == sorted(caps, reverse=True)
    assert areas == sorted(areas, reverse=True)
    assert len(set(caps)) == len(caps)
    assert plan(facts).first_rung in chosen
    assert min(plan(facts).first_rung.width, plan(facts).first_rung.height) <= 360


def test_the_ladder_falls_in_every_column() -> None:
    for upper, lower in pairwise(LADDER):
        assert upper.height > lower.height
        assert upper.bandwidth > lower.bandwidth
        assert upper.bandwidth_fast > lower.bandwidth_fast
        assert upper.level >= lower.level
        assert upper.bandwidth_fast > upper.bandwidth


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1920, 1080), [(1920, 1080), (1280, 720), (854, 480), (640, 360)]),
        ((3840, 2160), [(1920, 1080), (1280, 720), (854, 480), (640, 360)]),
        ((1280, 720), [(1280, 720), (854, 480), (640, 360)]),
        ((640, 360), [(640, 360), (426, 240)]),
        ((1080, 1920), [(1080, 1920), (720, 1280), (480, 854), (360, 640)]),
        ((1920, 800), [(1920, 800), (1280, 534), (854, 356), (640, 266)]),
        ((640, 480), [(640, 480), (480, 360)]),
        ((320, 180), [(320, 180)]),
        ((101, 57), [(100, 56)]),
        ((1, 1), [(2, 2)]),
    ],
)
def test_rungs_of_well_known_sizes(size: tuple[int, int], expected: list[tuple[int, int]]) -> None:
    assert [(rung.width, rung.height) for rung in rungs(*size, Fraction(25))] == expected


def test_taller_rows_are_made_when_allowed() -> None:
    assert [rung.name for rung in rungs(3840, 2160, Fraction(25), top=2160)][:3] == ["2160p", "1440p", "1080p"]


def test_fast_motion_gets_more_bits() -> None:
    assert rungs(1280, 720, Fraction(50))[0].bandwidth == 4_200_000
    assert rungs(1280, 720, Fraction(30))[0].bandwidth == 2_800_000


@pytest.mark.parametrize(
    ("rate", "vfr", "expected"),
    [
        (Fraction(30000, 1001), False, Fraction(30000, 1001)),
        (Fraction(15), False, Fraction(15)),
        (Fraction(100), False, Fraction(50)),
        (Fraction(120), False, Fraction(60)),
        (Fraction(120000, 1001), False, Fraction(60000, 1001)),
        (Fraction(1), False, Fraction(10)),
        (Fraction(2), False, Fraction(10)),
        (Fraction(28, 1), True, Fraction(30000, 1001)),
        (Fraction(7, 1), True, Fraction(24000, 1001)),
        (Fraction(0), False, Fraction(25)),
    ],
)
def test_output_rates(rate: Fraction, expected: Fraction, *, vfr: bool) -> None:
    video = replace(VIDEO, rate_num=rate.numerator, rate_den=rate.denominator, vfr=vfr)
    assert output_rate(video) == expected


def test_only_containers_with_exact_seeking_are_cut() -> None:
    assert plan(replace(FACTS, duration=600.0)).chunks == 25
    assert plan(replace(FACTS, duration=600.0, container="avi")).chunks == 1


def test_a_source_without_key_frames_to_start_from_is_not_cut() -> None:
    sparse = replace(FACTS, duration=600.0, video=replace(VIDEO, keyframe_spacing=600.0))
    assert plan(sparse).chunks == 1


@pytest.mark.parametrize(
    "change",
    [
        {"codec": "hevc"},
        {"pix_fmt": "yuv420p10le"},
        {"profile": "High 4:4:4 Predictive"},
        {"level": 60},
        {"rotation": 90},
        {"interlaced": True},
        {"square_pixels": False},
        {"start": 0.5},
        {"keyframe_spacing": 31.0},
        {"bitrate": 50_000_000},
        {"hdr": "pq"},
        {"level": 0},
        {"start": -0.001},
        {"end": 59.8},
        {"alpha": True},
        {"cropped": True},
        {"flipped": True},
        {"resized": True},
        {"mixed_colours": True},
        {"edited": True},
        {"delay": 0.04},
    ],
)
def test_what_browsers_cannot_play_is_not_copied(change: dict[str, object]) -> None:
    assert can_copy_video(FACTS)
    assert not can_copy_video(replace(FACTS, video=replace(VIDEO, **change)))


@pytest.mark.parametrize(
    "change", [{"level": 52}, {"start": 0.02}, {"keyframe_spacing": 30.0}, {"bitrate": 20_000_000}, {"end": 59.95}]
)
def test_what_is_just_within_the_limits_is_copied(change: dict[str, object]) -> None:
    assert can_copy_video(replace(FACTS, video=replace(VIDEO, **change)))


@pytest.mark.parametrize(
    "change",
    [
        {"codec": "mp3"},
        {"profile": "HE-AAC"},
        {"channels": 6},
        {"rate": 22_050},
        {"rate": 0},
        {"start": 0.5},
        {"start": -0.001},
        {"duration": 55.0},
    ],
)
def test_sound_that_does_not_fit_the_picture_is_not_copied(change: dict[str, object]) -> None:
    assert can_copy_audio(FACTS)
    assert can_copy_audio(replace(FACTS, audio=None))
    assert can_copy_audio(replace(FACTS, audio=replace(AUDIO, start=-1024 / 48_000, duration=60.0)))
    assert not can_copy_audio(replace(FACTS, audio=replace(AUDIO, **change)))


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (replace(FACTS, duration=12 * 3600 + 1), "media-too-long"),
        (replace(FACTS, streams=17), "media-too-many-streams"),
        (replace(FACTS, video=replace(VIDEO, width=8193)), "media-too-large"),
        (replace(FACTS, video=replace(VIDEO, coded_width=6001, coded_height=6000)), "media-too-large"),
        (replace(FACTS, video=replace(VIDEO, rate_num=121)), "media-too-fast"),
        (replace(FACTS, video=replace(VIDEO, codec="hap")), "media-codec-refused"),
    ],
)
def test_what_is_above_a_limit_is_refused(facts: MediaFacts, code: str) -> None:
    assert admit(FACTS, Limits()) is FACTS
    with pytest.raises(MediaRefused) as caught:
        admit(facts, Limits())
    assert caught.value.code == code
    assert caught.value.detail


def test_refusals_have_codes_of_their_own() -> None:
    kinds = MediaRefused.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds) >= 10
    assert all(kind().detail.endswith(".") for kind in kinds)


def test_a_plan_tells_its_length() -> None:
    chosen: Plan = plan(FACTS)
    assert (chosen.frames, chosen.seconds, chosen.segments, chosen.chunks) == (1500, 60, 15, 3)
    assert chosen.audio
