"""Sound is as loud as players make it, and no mix of many speakers goes beyond full scale."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.tracks import join
from efir.domain.processing.ladder import plan
from kit.media.sources import X264, ffmpeg

pytestmark = pytest.mark.sampled(every=3)

RATE = 48_000
PICTURE = "-f lavfi -i testsrc2=size=64x36:rate=10:duration=2"
MIXES = [
    ("3.0", "mkv", "pcm_f32le"), ("quad", "mkv", "flac"), ("5.0", "mkv", "flac"), ("5.1", "mkv", "pcm_s16le"),
    ("5.1", "mp4", "aac"), ("5.1", "ts", "ac3"), ("6.1", "mkv", "flac"), ("7.1", "mkv", "pcm_f32le"),
    ("7.1", "mov", "pcm_s24le"), ("7.1.4", "mov", "pcm_s16le"), ("3C", "mkv", "pcm_s16le"), ("8C", "mkv", "pcm_s16le"),
    ("12C", "mkv", "pcm_s16le"),
]  # fmt: skip
FIVE = "0|0|0.5*sin(880*PI*t)|0|0|0"
TWELVE = "0|0|0.5*sin(880*PI*t)|0|0|0|0|0|0|0|0|0"


async def heard(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, sound: str, *, container: str = "mkv", codec: str
) -> NDArray[np.float32]:
    """Return what the encoded sound of a film of two seconds holds; see `encoded`."""
    film = out / f"film.{container}"
    ffmpeg(*PICTURE.split(), "-f", "lavfi", "-i", sound, *X264.split(), "-c:a", codec, film)
    return await encoded(converter, probe, out, film)


async def encoded(converter: FfmpegConverter, probe: ConfinedProbe, out: Path, film: Path) -> NDArray[np.float32]:
    """Return rows of left and right."""
    facts = await probe.probe(film)
    (out / "sound").mkdir()
    track = await converter.encode_audio(film, facts, plan(facts), out / "sound", lambda _: None)
    raw = ffmpeg("-i", join(track, out / "sound.mp4"), "-f", "f32le", "-")
    return np.frombuffer(raw, dtype="<f4").reshape(-1, 2)


def spoken(waves: str, layout: str = "") -> str:
    return f"aevalsrc={waves}:d=2:s={RATE}" + (f":c={layout}" if layout else "")


def alike(wave: str, layout: str) -> str:
    return f"aevalsrc={wave}:d=2:s={RATE},pan={layout}|" + "|".join(f"c{n}=c0" for n in range(count(layout)))


def count(layout: str) -> int:
    return int(layout[:-1]) if layout.endswith("C") else 4 if layout == "quad" else sum(map(int, layout.split(".")))


def level(sound: NDArray[np.float32], hertz: float) -> tuple[float, float]:
    """Return the amplitude of a tone on both sides, away from the ends."""
    inner = sound[RATE // 4 : RATE // 4 + RATE]
    wave = np.exp(-2j * np.pi * hertz * np.arange(len(inner)) / RATE)
    left, right = (2 * abs((inner[:, side] * wave).mean()) for side in (0, 1))
    return float(left), float(right)


@pytest.mark.parametrize(("layout", "container", "codec"), MIXES)
async def test_speakers_that_say_the_same_do_not_add_up_beyond_full_scale(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, layout: str, container: str, codec: str
) -> None:
    sound = await heard(converter, probe, out, alike("0.9*sin(600*PI*t)", layout), container=container, codec=codec)
    assert np.abs(sound).max() <= 1
    assert min(level(sound, 300)) > 0.6  # it is loud, nevertheless


@pytest.mark.parametrize(("waves", "layout", "container"), [(FIVE, "5.1", "mkv"), (TWELVE, "7.1.4", "mov")])
async def test_dialogue_stays_as_loud_as_players_make_it(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, waves: str, layout: str, container: str
) -> None:
    """ITU-R BS.775: the centre goes to both sides, 3 dB down."""
    sound = await heard(converter, probe, out, spoken(waves, layout), container=container, codec="pcm_s16le")
    assert level(sound, 440) == pytest.approx((0.354, 0.354), rel=0.03)


async def test_quiet_speakers_add_up(converter: FfmpegConverter, probe: ConfinedProbe, out: Path) -> None:
    sound = await heard(converter, probe, out, alike("0.1*sin(600*PI*t)", "5.0"), codec="flac")
    assert level(sound, 300) == pytest.approx((0.241, 0.241), rel=0.03)


@pytest.mark.parametrize("container", ["mkv", "ts"])
@pytest.mark.parametrize("layout", ["mono", "stereo"])
async def test_one_and_two_channels_stay_as_loud_as_they_were(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, layout: str, container: str
) -> None:
    wave = "0.93*sin(600*PI*t)"  # the encoder lowers what is louder
    sound = await heard(
        converter, probe, out, spoken("|".join([wave] * (1 + (layout == "stereo"))), layout),
        container=container, codec="mp2" if container == "ts" else "flac",
    )  # fmt: skip
    assert level(sound, 300) == pytest.approx((0.93, 0.93), rel=0.03)


async def test_what_keeps_a_mix_within_scale_does_not_delay_it(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path
) -> None:
    burst = "0.9*sin(600*PI*t)*between(t\\,1\\,1.5)"
    sound = await heard(converter, probe, out, alike(burst, "5.1"), codec="flac")
    loud = np.flatnonzero(np.abs(sound).max(axis=1) > 0.3)
    assert loud[0] / RATE == pytest.approx(1, abs=0.004)
    assert loud[-1] / RATE == pytest.approx(1.5, abs=0.004)
    assert len(sound) == pytest.approx(2 * RATE, abs=2048)


async def test_sound_that_becomes_mono_in_mid_stream_stays_as_loud(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path
) -> None:
    """Broadcasts change between films and speech; the second part's clock goes on where the first one ends."""
    parts = []
    for number, (waves, layout) in enumerate(
        [("0.5*sin(600*PI*t)|0.5*sin(600*PI*t)", "stereo"), ("0.5*sin(600*PI*t)", "mono")]
    ):
        part = out / f"{number}.ts"
        sound = ["-f", "lavfi", "-i", spoken(waves, layout), "-c:a", "ac3"]
        ffmpeg(*PICTURE.split(), *sound, *X264.split(), "-output_ts_offset", str(2 * number), part)
        parts.append(part.read_bytes())
    (out / "both.ts").write_bytes(b"".join(parts))
    sound = await encoded(converter, probe, out, out / "both.ts")
    for first in (0, 2 * RATE):
        assert level(sound[first : first + 2 * RATE], 300) == pytest.approx((0.5, 0.5), rel=0.05)


async def test_mono_is_as_loud_copied_as_encoded(converter: FfmpegConverter, probe: ConfinedProbe, out: Path) -> None:
    """Players give one channel to both sides as it is (Web Audio API, mixing of speakers)."""
    film = out / "film.mp4"
    sound = ["-f", "lavfi", "-i", spoken("0.5*sin(600*PI*t)", "mono"), "-c:a", "aac"]
    ffmpeg(*PICTURE.split(), *sound, *X264.split(), film)
    facts = await probe.probe(film)
    (out / "copy").mkdir()
    copy = (await converter.copy(film, facts, out / "copy", lambda _: None)).audio
    assert copy is not None
    raw = ffmpeg("-i", join(copy, out / "copy.mp4"), "-af", "pan=stereo|c0=c0|c1=c0", "-f", "f32le", "-")
    copied = level(np.frombuffer(raw, dtype="<f4").reshape(-1, 2), 300)
    assert copied == pytest.approx((0.5, 0.5), rel=0.03)
    assert level(await encoded(converter, probe, out, film), 300) == pytest.approx(copied, rel=0.03)
