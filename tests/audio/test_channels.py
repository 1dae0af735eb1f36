"""Every channel of a WAV file is in its MP3, at the level it should have: a tone for each, measured on both sides."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from efir.adapters.media.audio import commands, proof
from efir.adapters.media.audio import converter as converter_module
from efir.adapters.media.audio.converter import FfmpegAudioConverter
from efir.adapters.media.confinement.sandbox import Sandbox
from efir.adapters.media.video.ffmpeg import Ffmpeg
from efir.domain.audio.records import AudioUndecodable
from efir.domain.audio.speakers import stereo_gains
from efir.domain.kernel.limits import Limits
from efir.ports.audio import ConvertedAudio, Tags
from kit.audio import tones, waves
from kit.media.sources import PROGRAM

pytestmark = pytest.mark.sampled(every=4)

Converted = Callable[..., Any]
NEAR = 0.6  # decibels between a tone and what it should be
USUAL = {3: 0x7, 4: 0x33, 5: 0x37, 6: 0x3F, 7: 0x13F, 8: 0x63F}
ODD = {3: 0xB, 4: 0x8, 5: 0x5003F, 6: 0x2D000, 7: 0xFFFFFFFF, 8: 0x80000001}


@pytest.fixture(scope="session")
def tool(box: Sandbox) -> Ffmpeg:
    return Ffmpeg(box=box, path=PROGRAM, nice=0, memory=Limits().audio_child_memory_bytes, cpu=600, file=512 << 20)


@pytest.fixture
def converted(tool: Ffmpeg, out: Path) -> Converted:
    async def convert(content: bytes) -> tuple[ConvertedAudio, Any, int]:
        source = out / "given.wav"
        source.write_bytes(content)
        converter = FfmpegAudioConverter(tool, Limits())
        made = await converter.convert(
            source, await converter.examine(source), Tags("a", "b", 2026), out, lambda _: None
        )
        return made, *soundfile.read(made.file.path, always_2d=True)

    return convert


def judged(heard: Any, rate: int, channels: int, gains: Any, *, level: float = tones.LEVEL) -> None:
    """Each tone is where its gains put it; none is missing."""
    amplitudes = tones.found_tones(heard, rate, channels) / level
    for number, (gain, found) in enumerate(zip(gains, amplitudes, strict=True)):
        assert max(found) > 0.02, f"channel {number} is lost: {found}"
        for side in range(heard.shape[1]):
            if gain[side]:
                assert tones.decibels(found[side]) == pytest.approx(tones.decibels(abs(gain[side])), abs=NEAR), number
            else:
                assert found[side] < 0.01, number


def gains_of(channels: int, mask: int | None, *, ambisonic: bool = False) -> Any:
    """What should come out."""
    if channels <= 2:
        return np.eye(channels)
    return stereo_gains(channels, mask or 0, ambisonic=ambisonic)


@pytest.mark.parametrize("channels", range(1, 9))
@pytest.mark.parametrize("masks", ["none", "zero", "usual", "odd"])
async def test_every_channel_is_heard_whatever_the_mask(converted: Converted, channels: int, masks: str) -> None:
    mask = {"none": None, "zero": 0, "usual": USUAL.get(channels, 4), "odd": ODD.get(channels, 8)}[masks]
    samples = tones.tones(channels)
    made, heard, rate = await converted(tones.written(samples, mask=mask))
    assert abs(len(heard) - len(samples)) <= 1152
    assert made.warnings == ()
    judged(heard, rate, channels, gains_of(channels, mask))


@pytest.mark.parametrize(("number", "coding"), list(enumerate(tones.TAGS)))
async def test_every_coding_keeps_its_channels(converted: Converted, number: int, coding: str) -> None:
    container, channels = [*tones.BYTES][number % 3], (2, 3, 6)[number % 3]
    content = tones.written(tones.tones(channels), coding, mask=0, container=container)
    _, heard, rate = await converted(content)
    judged(heard, rate, channels, gains_of(channels, 0))


@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "MS_ADPCM"])
@pytest.mark.parametrize("channels", [1, 2])
async def test_adpcm_keeps_its_channels(converted: Converted, out: Path, subtype: str, channels: int) -> None:
    soundfile.write(out / "made.wav", tones.tones(channels), tones.RATE, subtype=subtype)
    _, heard, rate = await converted((out / "made.wav").read_bytes())
    judged(heard, rate, channels, gains_of(channels, None))


@pytest.mark.parametrize("channels", [3, 4, 6, 8])
async def test_a_sound_field_is_heard_with_all_its_components(converted: Converted, channels: int) -> None:
    _, heard, rate = await converted(tones.written(tones.tones(channels), "f32", ambisonic=True))
    judged(heard, rate, channels, gains_of(channels, None, ambisonic=True))


@pytest.mark.parametrize("channels", [2, 3, 8])
async def test_nothing_clips_when_all_channels_are_at_full_scale(converted: Converted, channels: int) -> None:
    one = tones.tones(1, level=0.99)
    for sign in (1, -1):
        samples = np.repeat(one, channels, axis=1)
        samples[:, 1:] *= sign
        _, heard, rate = await converted(tones.written(samples, mask=0))
        assert np.abs(heard).max() < 1.0
        if sign > 0:
            assert max(tones.found_tones(heard, rate, 1)[0]) == pytest.approx(0.99, abs=0.02)


async def test_a_quiet_microphone_among_loud_ones_is_heard(converted: Converted) -> None:
    samples = tones.tones(8)
    samples[:, 3] *= 0.05
    _, heard, rate = await converted(tones.written(samples, mask=0))
    expected = tones.decibels(tones.LEVEL * 0.05 * stereo_gains(8, 0)[3][0])
    assert tones.decibels(tones.found_tones(heard, rate, 8)[3][0]) == pytest.approx(expected, abs=1.5)


async def test_channels_that_cancel_each_other_are_told(converted: Converted) -> None:
    samples = np.zeros((tones.RATE, 4))
    samples[:, 2:] = tones.tones(1) * [1, -1]
    made, heard, _ = await converted(tones.written(samples, mask=0))
    assert np.abs(heard).max() < 0.01
    assert made.warnings == ("channels_cancel",)


@pytest.mark.parametrize(
    ("rate", "hertz", "told"),
    [(8_000, 2_646, False), (48_000, 15_000, False), (48_000, 20_500, True), (96_000, 40_000, True)],
)
async def test_a_channel_too_high_to_be_kept_is_told_and_one_that_is_kept_is_not(
    converted: Converted,
    rate: int,
    hertz: int,
    told: bool,  # noqa: FBT001  # pytest
) -> None:
    samples = tones.tones(5, rate=rate)
    samples[:, 3] = tones.LEVEL * np.sin(2 * np.pi * hertz * np.arange(rate) / rate)
    made, _, _ = await converted(tones.written(samples, mask=0, rate=rate))
    assert made.warnings == (("high_frequencies",) if told else ())


@pytest.mark.parametrize(("rate", "hertz"), [(48_000, 19_500), (96_000, 33_000)])
async def test_channels_all_too_high_to_be_kept_are_told(converted: Converted, rate: int, hertz: int) -> None:
    time = np.arange(rate) / rate
    samples = np.array([0.3 * np.sin(2 * np.pi * (hertz + 130 * n) * time) for n in range(4)]).T
    made, _, _ = await converted(tones.written(samples, mask=0, rate=rate))
    assert "high_frequencies" in made.warnings


def losing(lost: int) -> Callable[..., str]:
    """An encoder's filters that forget a channel."""
    right = commands.shape_filters

    def shaped(wav: Any, scale: float) -> str:
        first, mixed, last = right(wav, scale).partition("pan=stereo|")
        gone = "".join(term if not term.endswith(f"*c{lost}") else "" for term in _terms(last.partition(",")[0]))
        return first + mixed + gone

    return shaped


def _terms(text: str) -> list[str]:
    """Terms of sums, each with its sign; what begins a sum stays in front."""
    parts = text.replace("+", "\n+").replace("-", "\n-").replace("|", "\n|").replace("=", "=\n").split("\n")
    return [part for part in parts if part]


@pytest.mark.parametrize(
    ("lost", "sound"),
    [(0, "tones"), (3, "tones"), (1, "noise"), (5, "noise"), (2, "a hit"), (3, "a hit"), (3, "the same noise")],
)
async def test_a_lost_channel_is_noticed(
    converted: Converted, monkeypatch: pytest.MonkeyPatch, lost: int, sound: str
) -> None:
    noise = np.random.default_rng(lost)
    samples = tones.tones(6) if sound == "tones" else 0.1 * noise.standard_normal((tones.RATE, 6))
    if sound == "the same noise":
        samples = np.repeat(samples[:, :1], 6, axis=1) * [1, 0.9, 0.8, 0.7, 0.6, 0.5]
    if sound == "a hit":
        samples[:, lost] = 0
        samples[9000:9960, lost] = tones.tones(1, seconds=0.02, level=0.8)[:, 0]
    content = tones.written(samples, mask=0)
    await converted(content)
    monkeypatch.setattr(converter_module.commands, "encode", _encode_with(losing(lost)))
    with pytest.raises(AudioUndecodable):
        await converted(content)


def _encode_with(shaped: Callable[..., str]) -> Callable[..., list[str]]:
    encode = commands.encode

    def encoded(ffmpeg: str, wav: Any, quality: int, scale: float) -> list[str]:
        command = list(encode(ffmpeg, wav, quality, scale))
        command[command.index("-af") + 1] = shaped(wav, scale)
        return command

    return encoded


async def test_a_channel_that_the_check_forgets_as_well_is_noticed(
    converted: Converted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was measured before any mixing says that it has to be there."""
    right, lost = commands.probes, 2

    def forgetful(gains: Any) -> str:
        head, _, sums = right(gains).partition("|")
        return head + "|" + "".join(term for term in _terms(sums) if not term.endswith(f"*c{lost}"))

    content = tones.written(tones.tones(4), mask=0)
    await converted(content)
    monkeypatch.setattr(commands, "probes", forgetful)
    monkeypatch.setattr(converter_module.commands, "encode", _encode_with(losing(lost)))
    with pytest.raises(AudioUndecodable):
        await converted(content)


def test_the_loudest_moment_is_found_wherever_it_is() -> None:
    quiet = [0.0] * 50
    for place in (0, 1, 24, 48, 49):
        powers = [*quiet]
        powers[place] = 1.0
        assert proof.measure_loudest(powers, 4) == 0.25
    assert proof.measure_loudest([], 4) == 0.0
    assert proof.measure_loudest([1.0], 4) == 1.0


async def test_several_pieces_and_silence_between_them_keep_their_time(converted: Converted) -> None:
    samples = tones.tones(3, seconds=0.5)
    raw = tones.written(samples)[44:]
    pieces = [
        waves.chunk(b"data", raw),
        waves.chunk(b"slnt", (24_000).to_bytes(4, "little")),
        waves.chunk(b"data", raw),
    ]
    form = waves.chunk(b"fmt ", tones.described("s16", 3, tones.RATE, None))
    for chunks in (pieces, [waves.chunk(b"LIST", b"wavl" + b"".join(pieces))]):
        made, heard, rate = await converted(waves.riff(form, *chunks))
        assert abs(len(heard) - 72_000) <= 1152
        assert made.warnings == ("several_data",)
        for start in (0, 48_000):
            judged(heard[start : start + 24_000], rate, 3, stereo_gains(3, 0))
        assert np.abs(heard[26_000:46_000]).max() < 0.001
