"""The judge must see faults: clips and tracks are spoilt in one way each."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
import pytest

from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from efir.ports.processing.media import Track
from kit.media import packet_rules
from kit.media.judging import Heard, Seen, Truth, hear, judge_pictures, judge_sound, judge_step, see, truth_of
from kit.media.marked_cases import clip_of
from kit.media.marked_pictures import draw, read
from kit.media.marked_sources import Form, make
from kit.media.publishing import Published, publish
from kit.media.sources import ffmpeg

pytestmark = pytest.mark.sampled(every=3)

RATE = Fraction(25)
CLIP = clip_of(seconds=Fraction(5), forms=(Form(width=256, height=144),))
Spoil = Callable[[list[Seen]], list[Seen]]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(CLIP, tmp_path_factory.mktemp("judged") / "clip.mp4")


@pytest.fixture(scope="module")
def seen(clip: Path) -> list[Seen]:
    return see(clip)


@pytest.fixture(scope="module")
def heard(clip: Path) -> Heard:
    found = hear(clip)
    cut = found.run[:, : 5 * found.rate]
    return replace(found, run=cut, placed=cut)


def faults_of(seen: list[Seen], truth: Truth | None = None, frames: int = 125) -> str:
    return "\n".join(judge_pictures(seen, truth or truth_of(CLIP), RATE, frames))


def test_a_good_clip_has_no_fault(seen: list[Seen], heard: Heard) -> None:
    assert faults_of(seen) == ""
    assert judge_sound(heard, truth_of(CLIP), Fraction(5)) == []
    assert judge_step(seen, heard, truth_of(CLIP), RATE) == []


def _times_kept(seen: list[Seen], numbers: list[int]) -> list[Seen]:
    return [replace(seen[number], time=seen[place].time) for place, number in enumerate(numbers)]


@pytest.mark.parametrize(
    ("numbers", "fault"),
    [
        ([*range(60), *range(61, 125)], "125 are planned"),
        ([*range(60), 59, *range(61, 125)], "1 pictures are lost: [60]"),
        ([*range(60), 61, 60, *range(62, 125)], "pictures go back 1 times"),
        ([*range(3), *range(122), *range(122)][:125], "pictures go back"),
        ([0, 0, 0, *range(122)], "stand too often"),
        ([*range(3, 125), 124, 124, 124], "are lost: [1, 2]"),
    ],
    ids=["one missing", "one held", "two swapped", "starts again", "late by three", "early by three"],
)
def test_pictures_out_of_place_are_seen(seen: list[Seen], numbers: list[int], fault: str) -> None:
    assert fault in faults_of(_times_kept(seen, numbers))


def test_pictures_at_other_times_are_seen(seen: list[Seen]) -> None:
    slower = [replace(each, time=each.time * Fraction(1001, 1000)) for each in seen]
    assert faults_of(slower) == ""  # a frame in forty seconds: within half a frame here
    slower = [replace(each, time=each.time * Fraction(102, 100)) for each in seen]
    assert "is shown at" in faults_of(slower)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("-vf scale=256:192,setsar=1", "as wide as high"),
        ("-vf scale=256:144:in_color_matrix=bt709:out_color_matrix=bt601", "colours are off"),
        ("-vf scale=in_range=pc:out_range=tv", "colours are off"),
        ("-vf negate", "say no number"),
    ],
    ids=["stretched", "another matrix", "another range", "negative"],
)
def test_pictures_of_another_look_are_seen(clip: Path, tmp_path: Path, words: str, fault: str) -> None:
    ffmpeg("-i", clip, *words.split(), "-c:v", "libx264", "-crf", "12", "-an", tmp_path / "other.mp4")
    assert fault in faults_of(see(tmp_path / "other.mp4"))


@pytest.mark.parametrize(
    ("filters", "fault"),
    [
        ("adelay=60:all=1,atrim=end=5", "beep at"),
        ("atrim=start=0.06,asetpts=PTS-STARTPTS,apad=whole_dur=5", "beep at"),
        ("atrim=end=4.9,asetpts=PTS-STARTPTS", "it lasts 4.9"),
        ("atempo=0.98,atrim=end=5", "beep at"),
        ("volume=0:enable=between(t\\,3.2\\,3.5)", "silence at 3"),
        ("pan=stereo|c0=c0|c1=c0", "left and right"),
        ("pan=stereo|c0=c1|c1=c0", "left and right"),
        ("pan=stereo|c0=0*c0|c1=c1", "are not heard"),
    ],
    ids=["late", "early", "short", "slow", "a hole", "one side only", "sides changed", "a channel lost"],
)
def test_sound_out_of_place_is_heard(clip: Path, tmp_path: Path, seen: list[Seen], filters: str, fault: str) -> None:
    ffmpeg("-i", clip, "-t", "5", "-vn", "-af", filters, "-c:a", "pcm_s16le", tmp_path / "other.wav")
    heard = hear(tmp_path / "other.wav")
    truth = truth_of(CLIP)
    found = [*judge_sound(heard, truth, Fraction(5)), *judge_step(seen, heard, truth, RATE)]
    assert fault in "\n".join(found)


def test_squeezed_silence_is_heard_sample_after_sample(heard: Heard, seen: list[Seen]) -> None:
    middle = heard.run.shape[1] // 2
    longer = np.concatenate([heard.run[:, :middle], np.zeros((2, heard.rate)), heard.run[:, middle:]], axis=1)
    found = judge_sound(replace(heard, run=longer), truth_of(CLIP), Fraction(5))
    assert any("sample after sample it lasts 6.000 s" in fault for fault in found)
    assert any("beep" in fault for fault in judge_step(seen, replace(heard, run=longer), truth_of(CLIP), RATE))


def test_another_tracks_sound_is_heard(heard: Heard) -> None:
    times = np.arange(heard.run.shape[1]) / heard.rate
    other = heard.run + 0.1 * np.sin(2 * np.pi * 2900 * times)
    found = judge_sound(replace(heard, run=other, placed=other), truth_of(CLIP), Fraction(5))
    assert found == ["another track's sound is heard"]


@pytest.mark.parametrize("size", [(256, 144), (160, 90), (64, 36), (144, 256), (320, 240), (1280, 536)])
def test_a_number_survives_every_size(size: tuple[int, int]) -> None:
    for number in (0, 1, 4095, 77_777, 262_143):
        found = read(draw(number, *size, flash=number % 2 == 1).mean(axis=2))
        assert (found.number, found.flash) == (number, number % 2 == 1)
        assert found.shape == pytest.approx(1, abs=0.12)


def test_bars_are_no_part_of_the_picture() -> None:
    barred = np.zeros((256, 256, 3))
    barred[56:200] = draw(321, 256, 144)
    found = read(barred.mean(axis=2))
    assert (found.number, round(found.shape, 1)) == (321, 1.0)


@pytest.fixture
async def published(converter: FfmpegConverter, probe: ConfinedProbe, out: Path, clip: Path) -> Published:
    return await publish(converter, probe, clip, out)


def _later(track: Track) -> Track:
    """The second segment is decoded a tick later than the first ends."""
    segment = track.segments[1]
    data = bytearray(segment.file.path.read_bytes())
    at = data.index(b"tfdt") + 8
    width = 8 if data[at - 4] else 4
    data[at : at + width] = (int.from_bytes(data[at : at + width], "big") + 1).to_bytes(width, "big")
    segment.file.path.write_bytes(data)
    return track


def _no_key(track: Track) -> Track:
    """The first slice of the second segment is called an ordinary one."""
    segment = track.segments[1]
    data = segment.file.path.read_bytes()
    at = data.index(b"mdat") + 4
    while data[at + 4] & 31 != packet_rules.IDR:
        at += 4 + int.from_bytes(data[at : at + 4], "big")
    segment.file.path.write_bytes(data[: at + 4] + bytes([data[at + 4] & 0xE0 | 1]) + data[at + 5 :])
    return track


def _lying(track: Track) -> Track:
    return msgspec.structs.replace(track, codecs="avc1.640028")


def _short(track: Track) -> Track:
    return msgspec.structs.replace(track, segments=track.segments[:-1])


PACKETS: dict[str, tuple[Callable[[Track], Track], str]] = {
    "a gap in decode time": (_later, "segment 1 is decoded from"),
    "no IDR picture": (_no_key, "not with an IDR picture"),
    "another codec string": (_lying, "CODECS avc1.640028"),
    "a segment less": (_short, "frames, 125 planned"),
}


@pytest.mark.parametrize(("spoil", "fault"), PACKETS.values(), ids=PACKETS)
async def test_packets_against_the_rules_are_seen(
    published: Published, spoil: Callable[[Track], Track], fault: str
) -> None:
    rung = published.plan.rungs[0]
    assert packet_rules.judge_video(published.rungs[0], published.plan, rung) == []
    found = packet_rules.judge_video(spoil(published.rungs[0]), published.plan, rung)
    assert fault in "\n".join(found)


async def test_sound_against_the_rules_is_seen(published: Published) -> None:
    assert published.audio is not None
    assert packet_rules.judge_audio(published.audio) == []
    assert any("is decoded from" in fault for fault in packet_rules.judge_audio(_later(published.audio)))
    late = _short(published.audio)
    assert any("sound ends" in fault for fault in packet_rules.judge_beside(published.rungs[0], late, grid=True))


async def test_playlists_and_cuts_against_the_rules_are_seen(published: Published) -> None:
    rung = published.rungs[0]
    assert packet_rules.judge_playlists([rung]) == []
    assert packet_rules.judge_planned([rung], published.plan) == []
    shorter = replace(published.plan, gop=published.plan.gop // 2)
    assert any("above the target" in fault for fault in packet_rules.judge_planned([rung], shorter))
    assert packet_rules.judge_rungs([rung, _short(rung)]) == [f"{rung.name} is cut elsewhere than {rung.name}"]
    first = rung.segments[0]
    told = msgspec.structs.replace(first, file=msgspec.structs.replace(first.file, size=first.file.size * 2))
    lying = msgspec.structs.replace(rung, segments=(told, *rung.segments[1:]))
    assert any("bits a second are there" in fault for fault in packet_rules.judge_playlists([lying]))
