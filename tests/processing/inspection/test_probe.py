import asyncio
from fractions import Fraction
from pathlib import Path

import pytest

from efir.adapters.media.confinement.sandbox import Sandbox
from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.domain.kernel.limits import Limits
from efir.domain.processing.ladder import can_copy_audio, can_copy_video
from efir.domain.processing.source_facts import MediaFacts, MediaNoVideo, MediaUnreadable
from efir.domain.videos.video import MediaRefused
from kit.fixtures.media import Probed
from kit.media.sources import ffmpeg, source
from processing.inspection.test_headers import NO_VIDEO

pytestmark = pytest.mark.sampled(every=2)

COPYABLE = {
    "plain.mp4": True,
    "film.mkv": True,
    "broadcast.ts": True,
    "flash.flv": True,
    "odd.mkv": False,
    "turned.mp4": False,
    "deep.mp4": False,
    "web.webm": False,
    "old.avi": False,
    "wide.mp4": False,
}
SIZES = {
    "plain.mp4": (320, 180),
    "odd.mkv": (321, 181),
    "turned.mp4": (180, 320),
    "wide.mp4": (640, 180),
    "interlaced.mpg": (320, 240),
}
RATES = {
    "plain.mp4": Fraction(25),
    "film.mkv": Fraction(24000, 1001),
    "broadcast.ts": Fraction(30000, 1001),
    "flash.flv": Fraction(25),
    "web.webm": Fraction(25),
    "old.avi": Fraction(25),
    "interlaced.mpg": Fraction(25),
    "fast.mp4": Fraction(100),
    "slow.mp4": Fraction(2),
}
CODECS = {
    "plain.mp4": ("h264", "aac"),
    "web.webm": ("vp9", "opus"),
    "old.avi": ("mpeg4", "mp3"),
    "theora.ogv": ("theora", "vorbis"),
    "windows.wmv": ("wmv2", "wmav2"),
    "av1.mp4": ("av1", None),
    "hdr.mp4": ("hevc", None),
    "interlaced.mpg": ("mpeg2video", None),
}


@pytest.fixture
async def facts(probed: Probed, request: pytest.FixtureRequest) -> MediaFacts:
    return await probed(request.param)


def pairs(table: dict[str, object]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("facts", "expected"), table.items(), indirect=["facts"], ids=table)


@pairs(SIZES)
async def test_the_size_is_the_one_shown(facts: MediaFacts, expected: tuple[int, int]) -> None:
    assert (facts.video.width, facts.video.height) == expected


@pairs(RATES)
async def test_a_steady_rate_is_found_exactly(facts: MediaFacts, expected: Fraction) -> None:
    assert facts.video.rate == expected
    assert not facts.video.vfr


@pairs(CODECS)
async def test_codecs_are_named(facts: MediaFacts, expected: tuple[str, str | None]) -> None:
    assert (facts.video.codec, facts.audio and facts.audio.codec) == expected


@pytest.mark.parametrize("facts", ["uneven.mkv"], indirect=True)
async def test_frames_that_come_unevenly_are_known(facts: MediaFacts) -> None:
    assert facts.video.vfr
    assert 20 < facts.video.rate < 30
    assert facts.video.longest_frame == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("facts", ["holes.mkv"], indirect=True)
async def test_missing_frames_leave_the_rate_of_the_others(facts: MediaFacts) -> None:
    assert (facts.video.rate, facts.video.vfr) == (30, False)
    assert facts.video.frames < 55
    assert facts.duration == pytest.approx(2, abs=0.04)


@pytest.mark.parametrize("facts", ["hdr.mp4"], indirect=True)
async def test_high_range_colours_are_seen(facts: MediaFacts) -> None:
    assert (facts.video.hdr, facts.video.matrix, facts.video.pix_fmt) == ("pq", "bt2020nc", "yuv420p10le")


@pytest.mark.parametrize("facts", ["turned.mp4"], indirect=True)
async def test_a_turned_picture_is_known(facts: MediaFacts) -> None:
    assert facts.video.rotation in {90, 270}


@pytest.mark.parametrize("facts", ["interlaced.mpg"], indirect=True)
async def test_fields_are_seen(facts: MediaFacts) -> None:
    assert facts.video.interlaced


@pytest.mark.parametrize("facts", ["surround.mp4"], indirect=True)
async def test_channels_are_counted(facts: MediaFacts) -> None:
    assert facts.audio is not None
    assert facts.audio.channels == 6
    assert not can_copy_audio(facts)


@pytest.mark.parametrize("facts", ["sparse.mp4"], indirect=True)
async def test_the_widest_gap_between_key_frames_is_measured(facts: MediaFacts) -> None:
    assert facts.video.keyframe_spacing == pytest.approx(3)
    assert facts.video.frames == 225


@pytest.mark.parametrize("facts", ["still.mp4"], indirect=True)
async def test_one_frame_is_a_video(facts: MediaFacts) -> None:
    assert facts.video.frames == 1
    assert facts.duration == pytest.approx(0.04)


@pytest.mark.parametrize("facts", ["long-sound.mp4"], indirect=True)
async def test_sound_that_goes_on_makes_the_video_longer(facts: MediaFacts) -> None:
    assert facts.duration == pytest.approx(4, abs=0.05)
    assert facts.video.longest_frame == pytest.approx(2, abs=0.1)


@pairs(COPYABLE)
async def test_only_what_every_browser_plays_is_copied(facts: MediaFacts, *, expected: bool) -> None:
    assert can_copy_video(facts) == expected


async def test_sound_alone_is_sent_to_the_audio_area(probe: ConfinedProbe) -> None:
    await refused(probe, source("sound.mp4"), "media-audio-only")


@pytest.mark.parametrize("head", NO_VIDEO.values(), ids=NO_VIDEO)
async def test_other_things_named_mp4_are_refused(probe: ConfinedProbe, out: Path, head: bytes) -> None:
    file = out / "innocent.mp4"
    file.write_bytes(head)
    await refused(probe, file, "media-format-refused")


async def test_an_empty_file_is_refused(probe: ConfinedProbe, out: Path) -> None:
    (out / "empty.mp4").touch()
    await refused(probe, out / "empty.mp4", "media-empty")


@pytest.mark.parametrize(
    ("name", "share"),
    [("plain.mp4", 0.02), ("plain.mp4", 0.5), ("uneven.mkv", 0.5), ("old.avi", 0.5), ("broadcast.ts", 0.5)],
)
async def test_a_file_cut_short_is_refused_or_as_long_as_what_is_there(
    probe: ConfinedProbe, out: Path, name: str, share: float
) -> None:
    whole = source(name).read_bytes()
    file = out / name
    file.write_bytes(whole[: int(len(whole) * share)])
    answer = (await asyncio.gather(probe.probe(file), return_exceptions=True))[0]
    if isinstance(answer, MediaFacts):
        assert answer.duration < 1.9
    else:
        assert isinstance(answer, MediaUnreadable | MediaNoVideo)


async def test_an_index_that_promises_more_than_there_is_is_refused(probe: ConfinedProbe, out: Path) -> None:
    ffmpeg("-i", source("plain.mp4"), "-c", "copy", "-movflags", "+faststart", out / "index.mp4")
    whole = (out / "index.mp4").read_bytes()
    (out / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    assert "cut short" in await refused(probe, out / "cut.mp4", "media-unreadable")


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(source_side=320), ""),
        (Limits(source_side=319), "media-too-large"),
        (Limits(source_streams=2), ""),
        (Limits(source_streams=1), "media-too-many-streams"),
    ],
)
async def test_limits_that_guard_the_look_itself_hold(box: Sandbox, out: Path, limits: Limits, code: str) -> None:
    """The others are facts of the domain, see tests/processing/test_ladder_rules.py."""
    strict = ConfinedProbe(box, limits, scratch=out)
    if code:
        await refused(strict, source("plain.mp4"), code)
    else:
        assert await strict.probe(source("plain.mp4"))


async def test_nothing_is_left_in_scratch(probe: ConfinedProbe, out: Path) -> None:
    await probe.probe(source("plain.mp4"))
    await refused(probe, source("sound.mp4"), "media-audio-only")
    assert list((out / "probe").iterdir()) == []


async def refused(probe: ConfinedProbe, file: Path, code: str) -> str:
    with pytest.raises(MediaRefused) as caught:
        await probe.probe(file)
    assert caught.value.code == code
    assert caught.value.detail.endswith(".")
    return caught.value.detail


async def test_sound_that_so_few_bytes_cannot_hold_makes_no_film_of_hours(box: Sandbox, out: Path) -> None:
    """A damaged header of an AVI: what is said to be the rate of the sound makes two seconds last for hours."""
    data = bytearray(source("old.avi").read_bytes())
    second = data.index(b"strh", data.index(b"strh") + 4)
    assert data[second + 8 : second + 12] == b"auds"
    data[second + 28 : second + 32] = (1000).to_bytes(4, "little")  # dwScale
    data[second + 32 : second + 36] = (1).to_bytes(4, "little")  # dwRate
    (out / "hours.avi").write_bytes(data)
    await refused(ConfinedProbe(box, Limits(), scratch=out), out / "hours.avi", "media-sound-unreadable")
