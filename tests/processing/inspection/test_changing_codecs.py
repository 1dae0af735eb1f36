"""Tracks of transport streams that go on in another codec are refused by that reason, never shown as a standstill."""

from itertools import permutations
from pathlib import Path

import pytest

from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.domain.processing.source_facts import MediaCodecChanges
from kit.media.sources import ffmpeg

pytestmark = pytest.mark.sampled(every=3)

PICTURE = "-f lavfi -i testsrc2=size=160x120:rate=25:duration=1.5"
TONE = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=1.5"
PICTURES = {
    "H.264": "-c:v libx264 -preset ultrafast -pix_fmt yuv420p",
    "H.265": "-c:v libx265 -preset ultrafast -x265-params log-level=none",
    "MPEG-2": "-c:v mpeg2video -bf 2",
}
SOUNDS = {"AAC": "-c:a aac", "AC-3": "-c:a ac3", "MP2": "-c:a mp2"}


def part(out: Path, picture: str, sound: str, *, start: float = 0) -> bytes:
    target = out / f"{picture}-{sound}-{start}.ts"
    ffmpeg(*f"{PICTURE} {TONE} {picture} {sound} -output_ts_offset {start}".split(), target)
    return target.read_bytes()


def whole(out: Path, *parts: bytes) -> Path:
    target = out / "whole.ts"
    target.write_bytes(b"".join(parts))
    return target


@pytest.mark.parametrize(("one", "other"), [*permutations(PICTURES, 2)])
@pytest.mark.parametrize("start", [0, 1.5])
async def test_a_picture_that_goes_on_in_another_codec_is_refused(
    probe: ConfinedProbe, out: Path, one: str, other: str, start: float
) -> None:
    first, second = [part(out, PICTURES[name], SOUNDS["MP2"], start=at) for name, at in ((one, 0), (other, start))]
    with pytest.raises(MediaCodecChanges):
        await probe.probe(whole(out, first, second))


@pytest.mark.parametrize(("one", "other"), [*permutations(SOUNDS, 2)])
async def test_sound_that_goes_on_in_another_codec_is_refused(
    probe: ConfinedProbe, out: Path, one: str, other: str
) -> None:
    first, second = [part(out, PICTURES["H.264"], SOUNDS[name], start=at) for name, at in ((one, 0), (other, 1.5))]
    with pytest.raises(MediaCodecChanges):
        await probe.probe(whole(out, first, second, first))


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("sound", SOUNDS)
async def test_parts_of_the_same_codecs_are_one_film(probe: ConfinedProbe, out: Path, picture: str, sound: str) -> None:
    parts = [part(out, PICTURES[picture], SOUNDS[sound], start=at) for at in (0, 1.5)]
    facts = await probe.probe(whole(out, *parts))
    assert facts.duration == pytest.approx(3, abs=0.1)


async def test_another_profile_of_the_same_codec_is_shown(probe: ConfinedProbe, out: Path) -> None:
    plain, high = [part(out, f"{PICTURES['H.264']} {more}", SOUNDS["AAC"]) for more in ("", "-x264-params 8x8dct=1")]
    facts = await probe.probe(whole(out, plain, high))
    assert facts.duration == pytest.approx(3, abs=0.1)
    assert facts.video.resized
