"""Damaged and rare files are refused with what is true of them, and what people film and edit with is accepted."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from efir.adapters.media.inspection.clock import measure_coverage
from efir.adapters.media.inspection.packets import PacketLog
from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.inspection.refusals import check_clock
from efir.adapters.media.video.converter import FfmpegConverter
from efir.domain.kernel.limits import Limits
from efir.domain.processing.ladder import plan
from efir.domain.processing.source_facts import MediaUnreadable
from efir.domain.videos.video import MediaRefused
from kit.media.sources import X264, ffmpeg

pytestmark = pytest.mark.sampled(every=3)

PICTURE = "-f lavfi -i testsrc2=size=64x36:rate=25:duration=1"
SOUND = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=1"
FILMS = {
    "mp4": f"{X264} -c:a aac", "webm": "-c:v libvpx -c:a libopus", "mkv": f"{X264} -c:a flac",
    "avi": "-c:v mpeg4 -c:a libmp3lame", "ogv": "-c:v libtheora -c:a libvorbis", "flv": f"{X264} -c:a aac -ar 44100",
    "ts": f"{X264} -c:a aac", "mpg": "-c:v mpeg2video -c:a mp2", "wmv": "-c:v wmv2 -c:a wmav2",
}  # fmt: skip


def film(folder: Path, container: str) -> Path:
    file = folder / f"film.{container}"
    ffmpeg(*PICTURE.split(), *SOUND.split(), *FILMS[container].split(), file)
    return file


async def reason(probe: ConfinedProbe, file: Path) -> tuple[str, str]:
    with pytest.raises(MediaRefused) as caught:
        await probe.probe(file)
    assert caught.value.detail.endswith(".")
    return caught.value.code, caught.value.detail


def put(old: bytes, new: bytes, count: int = -1) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new, count)

    return change


def without_pictures(data: bytes) -> bytes:
    """Give all tags of pictures in an FLV a type that there is not."""
    changed, at = bytearray(data), 13
    while at + 11 < len(data):
        if data[at] == 9:  # a picture
            changed[at] = 10
        at += 15 + int.from_bytes(data[at + 1 : at + 4], "big")
    return bytes(changed)


LOST = {
    "mp4: no track": ("mp4", put(b"trak", b"trxk", 1)),
    "mp4: no media": ("mp4", put(b"mdia", b"mdxa", 1)),
    "webm: no codec": ("webm", put(b"\x86\x85V_VP8", b"\xec\x85V_VP8")),
    "webm: another kind of track": ("webm", put(b"\x83\x81\x01", b"\x83\x81\x05")),
    "webm: no kind of track": ("webm", put(b"\x83\x81\x01", b"\x83\x81\x00")),
    "mkv: no codec": ("mkv", put(b"\x86\x8fV_MPEG4", b"\xec\x8fV_MPEG4")),
    "avi: no kind of stream": ("avi", put(b"vids", b"vixs")),
    "ogv: another mark": ("ogv", put(b"\x80theora", b"\x80thexra")),
    "flv: tags of no type": ("flv", without_pictures),
}
UNKNOWN = {
    "mp4: another format": ("mp4", put(b"avc1", b"axc1")),
    "mp4: no description": ("mp4", put(b"stsd", b"stxd", 1)),
    "webm: another codec": ("webm", put(b"V_VP8", b"V_XP8")),
    "mkv: another codec": ("mkv", put(b"V_MPEG4/ISO/AVC", b"V_MPEG4/IXO/AVC")),
    "avi: another code": ("avi", put(b"FMP4", b"FXP4")),
    "wmv: another code": ("wmv", put(b"WMV2", b"WXV2")),
}


@pytest.mark.parametrize(("container", "damage"), LOST.values(), ids=LOST)
async def test_a_track_of_pictures_that_is_damaged_is_no_recording_of_sound(
    probe: ConfinedProbe, out: Path, container: str, damage: Callable[[bytes], bytes]
) -> None:
    file = film(out, container)
    file.write_bytes(damage(file.read_bytes()))
    code, detail = await reason(probe, file)
    assert (code, "damaged" in detail) == ("media-unreadable", True)


@pytest.mark.parametrize(("container", "damage"), UNKNOWN.values(), ids=UNKNOWN)
async def test_a_picture_of_an_unknown_format_may_be_damaged(
    probe: ConfinedProbe, out: Path, container: str, damage: Callable[[bytes], bytes]
) -> None:
    file = film(out, container)
    file.write_bytes(damage(file.read_bytes()))
    code, detail = await reason(probe, file)
    assert (code, "damaged" in detail) == ("media-codec-refused", True)


@pytest.mark.parametrize("container", FILMS)
async def test_sound_alone_is_no_damage(probe: ConfinedProbe, out: Path, container: str) -> None:
    file = out / f"sound.{container}"
    sound = FILMS[container][FILMS[container].index("-c:a") :]
    ffmpeg(*SOUND.split(), *sound.split(), file)
    assert (await reason(probe, file))[0] == "media-audio-only"


async def test_sound_of_an_unknown_format_is_not_told_to_be_made_of_what_it_is(probe: ConfinedProbe, out: Path) -> None:
    file = film(out, "webm")
    file.write_bytes(file.read_bytes().replace(b"A_OPUS", b"A_OXUS"))
    assert (await reason(probe, file))[0] == "media-sound-unreadable"


def stamped(times: list[int]) -> PacketLog:
    stream: Any = SimpleNamespace(time_base=Fraction(1, 1000), codec_context=None)
    log = PacketLog(stream, lambda _: True)
    log.stamps.extend(times)
    return log


@pytest.mark.parametrize("seed", range(5))
def test_stamps_that_leap_do_not_make_a_film_longer(seed: int) -> None:
    chance = Random(seed)  # noqa: S311  # places of damage, no secret
    times = list(range(0, 100_000, 40))
    for _ in range(chance.randrange(1, 40)):
        times[chance.randrange(len(times))] += chance.randrange(1 << 25, 1 << 31)
    found = {"covered": float(measure_coverage(stamped(times)))}
    assert found["covered"] == pytest.approx(100, abs=610)
    with pytest.raises(MediaUnreadable, match="damaged: its clock leaps"):
        check_clock(found, max(times) / 1000, Limits())


def test_a_film_of_thirteen_hours_is_too_long_and_not_damaged() -> None:
    times = list(range(0, 13 * 3_600_000, 1000))
    check_clock({"covered": float(measure_coverage(stamped(times)))}, 13 * 3600, Limits())


async def test_a_flv_whose_clock_leaps_by_a_day_is_not_too_long(probe: ConfinedProbe, out: Path) -> None:
    file = film(out, "flv")
    data, at, pictures = bytearray(file.read_bytes()), 13, 0
    while at + 11 < len(data):
        pictures += data[at] == 9  # a picture
        if pictures == 2 and data[at] == 9:  # the first one: the tag before is its header
            data[at + 7] ^= 0x40
            break
        at += 15 + int.from_bytes(data[at + 1 : at + 4], "big")
    file.write_bytes(data)
    try:
        facts = await probe.probe(file)
    except MediaRefused as refusal:
        assert refusal.code == "media-unreadable"  # noqa: PT017  # either is right
    else:
        assert facts.duration < 2


ACCEPTED = {
    "AAC in LATM": ("ts", f"{X264} -c:a aac -mpegts_flags latm"),
    "SMPTE 302M": ("ts", "-c:v mpeg2video -c:a s302m -strict experimental -ar 48000 -ac 2"),
    "WavPack": ("mkv", f"{X264} -c:a wavpack"), "True Audio": ("mkv", f"{X264} -c:a tta"),
    "QuickTime Animation": ("mov", "-c:v qtrle"), "v210": ("mov", "-c:v v210 -pix_fmt yuv422p10"),
    "r210": ("mov", "-c:v r210"), "CineForm": ("mov", "-c:v cfhd -pix_fmt yuv422p10"),
    "MagicYUV": ("avi", "-c:v magicyuv -pix_fmt yuv422p"),
}  # fmt: skip


@pytest.mark.parametrize(("container", "coding"), ACCEPTED.values(), ids=ACCEPTED)
async def test_what_people_film_and_edit_with_is_encoded(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, container: str, coding: str
) -> None:
    file = out / f"film.{container}"
    heard = "-c:a" in coding
    wide = PICTURE.replace("64x36", "128x72")  # CineForm has no smaller ones
    ffmpeg(*wide.split(), *(SOUND.split() if heard else ()), *coding.split(), file)
    facts = await probe.probe(file)
    (out / "chunk").mkdir()
    (out / "sound").mkdir()
    made = plan(facts)
    pieces = await converter.encode_chunk(file, facts, made, 0, made.rungs, out / "chunk", lambda _: None)
    assert sum(segment.frames for segment in pieces.tracks[0].segments) == 25  # of a second
    if heard:
        track = await converter.encode_audio(file, facts, made, out / "sound", lambda _: None)
        assert sum(segment.ticks for segment in track.segments) / track.timescale == pytest.approx(1, abs=0.05)


async def test_jpeg_2000_is_refused_by_name_of_what_is_read(probe: ConfinedProbe, out: Path) -> None:
    ffmpeg(*PICTURE.split(), "-c:v", "jpeg2000", out / "film.mov")
    code, detail = await reason(probe, out / "film.mov")
    assert (code, "H.264" in detail) == ("media-codec-refused", True)
