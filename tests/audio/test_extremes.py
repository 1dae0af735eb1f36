"""Sounds at the edge: almost silent, too high to be kept, beyond full scale."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from efir.adapters.media.audio import converter as converter_module
from efir.adapters.media.audio.converter import FfmpegAudioConverter
from efir.adapters.media.confinement.sandbox import Sandbox
from efir.adapters.media.video.ffmpeg import Ffmpeg
from efir.domain.audio.mpeg import mpeg_rate
from efir.domain.audio.records import AudioUndecodable
from efir.domain.kernel.limits import Limits
from efir.ports.audio import ConvertedAudio, Tags
from kit.audio import tones, waves
from kit.media.sources import PROGRAM

pytestmark = pytest.mark.sampled(every=3)

Converted = Callable[..., Any]
HIT = tones.tones(1, seconds=0.02, rate=44_100, level=0.8)[:, 0]


@pytest.fixture
def converted(box: Sandbox, out: Path) -> Converted:
    tool = Ffmpeg(box=box, path=PROGRAM, nice=0, memory=Limits().audio_child_memory_bytes, cpu=600, file=512 << 20)

    async def convert(
        samples: Any, rate: int = 44_100, subtype: str = "PCM_16", quality: int = 2
    ) -> tuple[ConvertedAudio, Any]:
        source = out / "given.wav"
        soundfile.write(source, samples, rate, subtype=subtype)
        converter = FfmpegAudioConverter(tool, Limits(), quality=quality)
        made = await converter.convert(
            source, await converter.examine(source), Tags("a", "b", 2026), out, lambda _: None
        )
        heard, new_rate = soundfile.read(made.file.path)
        assert new_rate == mpeg_rate(rate)
        assert abs(len(heard) - len(samples) * new_rate / rate) <= 1152
        assert made.duration == pytest.approx(len(heard) / new_rate, abs=1152 / new_rate)
        return made, heard

    return convert


def silence_with(hits: Any, seconds: float, at: float) -> Any:
    samples = np.zeros(round(seconds * 44_100))
    start = min(round(at * len(samples)), len(samples) - len(hits))
    samples[start : start + len(hits)] = hits
    return samples


@pytest.mark.parametrize(("at", "loud"), [(0.0, 1.0), (0.03, 1.0), (0.5, 0.1), (1.0, 1.0), (0.5, 0.001)])
async def test_silence_with_one_hit_is_converted_with_the_hit(converted: Converted, at: float, loud: float) -> None:
    given = silence_with(HIT * loud, 30, at)
    made, heard = await converted(given)
    assert made.duration == pytest.approx(30, abs=0.001)
    energy = float(np.sum(np.square(heard)) / np.sum(np.square(given)))
    assert 10 * np.log10(energy) == pytest.approx(0, abs=1.5 if loud < 0.01 else 0.5)


@pytest.mark.parametrize(("value", "at"), [(1.0, 0.0), (-1.0, 0.4), (0.5, 1.0), (0.5, 0.0), (1 / 32768, 0.4)])
async def test_a_single_sample_is_no_reason_to_refuse(converted: Converted, value: float, at: float) -> None:
    await converted(silence_with(np.array([value]), 3, at))


FLAT = {
    "nothing": np.zeros(44_100), "an offset": np.full(44_100, 0.5), "the lowest value": np.full(44_100, -1.0),
    "an offset of one": np.full(44_100, 1 / 32768), "the last bit": np.arange(44_100) % 2 / 32768,
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "subtype"), [*((name, "PCM_16") for name in FLAT), ("nothing", "PCM_U8"), ("nothing", "ULAW"),
                          ("an offset", "FLOAT"), ("the last bit", "PCM_24")],
)  # fmt: skip
async def test_what_never_moves_is_converted(converted: Converted, name: str, subtype: str) -> None:
    await converted(FLAT[name], subtype=subtype)


@pytest.mark.parametrize(
    ("decibels", "hertz"), [(-80, 1000), (-72, 100), (-70, 1000), (-69, 9000), (-66, 14_000), (-60, 14_000), (-50, 100)]
)
async def test_quiet_tones_are_converted(converted: Converted, decibels: int, hertz: int) -> None:
    time = np.arange(44_100) / 44_100
    given = 10 ** (decibels / 20) * np.sin(2 * np.pi * hertz * time)
    _, heard = await converted(given, subtype="PCM_24")
    assert 20 * np.log10(np.std(heard) / np.std(given) + 1e-9) == pytest.approx(0, abs=1.0)


async def test_figures_do_not_depend_on_what_ffmpeg_says(converted: Converted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converter_module.confined_process, "MAX_COMPLAINT", 0)
    made, _ = await converted(silence_with(HIT, 3, 0.5))
    assert made.loudness.true_peak == pytest.approx(tones.decibels(np.abs(HIT).max()), abs=0.5)
    assert made.loudness.integrated is not None


HIGH = [(44_100, 18_500), (44_100, 19_500), (48_000, 18_500), (48_000, 19_500), (48_000, 21_000), (96_000, 23_000),
        (96_000, 30_000), (192_000, 40_000), (384_000, 90_000), (22_050, 10_900), (8_000, 3_990)]  # fmt: skip


@pytest.mark.parametrize(("rate", "hertz"), HIGH)
async def test_a_tone_above_what_is_kept_is_left_out_with_a_word(converted: Converted, rate: int, hertz: int) -> None:
    level = 0.99 if hertz == 21_000 else 0.3
    made, heard = await converted(level * np.sin(2 * np.pi * hertz * np.arange(rate) / rate), rate, "PCM_24")
    lost = 20 * np.log10(np.std(heard) / (level / 2**0.5) + 1e-9) < -1
    assert ("high_frequencies" in made.warnings) is bool(lost)


@pytest.mark.parametrize("quality", [0, 2, 5, 7, 9])
async def test_every_quality_says_what_it_leaves_out(converted: Converted, quality: int) -> None:
    time = np.arange(48_000) / 48_000
    low = 0.2 * np.sin(2 * np.pi * 700 * time)
    for hertz in (5_000, 13_000, 17_500, 19_500):
        made, heard = await converted(low + 0.2 * np.sin(2 * np.pi * hertz * time), 48_000, quality=quality)
        kept = abs(np.fft.rfft(heard * np.hanning(len(heard)))[round(hertz * len(heard) / 48_000)]) / len(heard) * 4
        assert kept > 0.16 or made.warnings == ("high_frequencies",), hertz


@pytest.mark.parametrize(
    ("subtype", "decibels"), [("FLOAT", 0.5), ("FLOAT", 6), ("DOUBLE", 6), ("DOUBLE", 12), ("FLOAT", 90.3)]
)
async def test_what_is_beyond_full_scale_is_brought_below_it_with_a_word(
    converted: Converted, subtype: str, decibels: float
) -> None:
    time = np.arange(88_200) / 44_100
    loud = np.sin(2 * np.pi * 500 * time) + 0.3 * np.sin(2 * np.pi * 1700 * time)
    given = 10 ** (decibels / 20) * loud / np.abs(loud).max()
    made, heard = await converted(given, subtype=subtype)
    assert made.warnings == ("scaled",)
    assert 0.8 < np.abs(heard).max() < 1.0
    assert np.corrcoef(heard, given)[0, 1] > 0.999


@pytest.mark.parametrize("channels", [2, 6])
async def test_channels_keep_their_balance_when_they_are_scaled(converted: Converted, channels: int) -> None:
    given = tones.tones(channels, rate=44_100, level=1.0)
    given[:, 0] *= 4
    made, heard = await converted(given, subtype="FLOAT")
    assert "scaled" in made.warnings
    found = tones.found_tones(heard, 44_100, channels)
    assert found[0][0] / found[1][1] == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_32", "FLOAT", "DOUBLE"])
async def test_full_scale_itself_is_left_alone(converted: Converted, subtype: str) -> None:
    given = np.sin(2 * np.pi * 500 * np.arange(44_100) / 44_100)
    made, heard = await converted(given, subtype=subtype)
    assert made.warnings == ()
    assert np.std(heard) == pytest.approx(np.std(given), rel=0.02)


@pytest.mark.parametrize(
    ("wrong", "at", "subtype"),
    [
        (np.nan, 0, "FLOAT"),
        (np.nan, 44_099, "DOUBLE"),
        (np.inf, 20_000, "DOUBLE"),
        (-np.inf, 0, "FLOAT"),
        (1e30, 9, "FLOAT"),
    ],
)
async def test_a_sample_that_is_no_number_is_named(converted: Converted, wrong: float, at: int, subtype: str) -> None:
    given = 0.3 * np.sin(np.arange(44_100) / 10)
    given[at] = wrong
    with pytest.raises(AudioUndecodable, match=r"NaN or infinity|beyond anything") as caught:
        await converted(given, subtype=subtype)
    assert "24-bit PCM" in caught.value.detail


async def test_clicks_and_noise_and_edges_are_converted(converted: Converted) -> None:
    time = np.arange(44_100) / 44_100
    for given in (
        (np.arange(44_100) % 4410 == 0) * 0.9, np.random.default_rng(1).uniform(-1, 1, 44_100),
        0.9 * np.sign(np.sin(2 * np.pi * 90 * time)), 0.9 * (2 * (time * 90 % 1) - 1),
    ):  # fmt: skip
        await converted(given)


async def test_a_file_whose_header_has_two_bytes_more_is_read(box: Sandbox, out: Path) -> None:
    source = out / "given.wav"
    form, data = waves.chunk(b"fmt ", waves.fmt(1, 1, 48_000, 16)), waves.integers(waves.sine(rate=48_000), 2)
    source.write_bytes(waves.riff(form, b"\0\0", waves.chunk(b"data", data)))
    converter = FfmpegAudioConverter(Ffmpeg(box=box, path=PROGRAM, nice=0), Limits())
    made = await converter.convert(source, await converter.examine(source), Tags("a", "b", 2026), out, lambda _: None)
    heard, rate = soundfile.read(made.file.path)
    assert (len(heard), rate, made.warnings) == (48_000, 48_000, ("stray_bytes",))
    assert np.std(heard) == pytest.approx(0.25 / 2**0.5, rel=0.02)
