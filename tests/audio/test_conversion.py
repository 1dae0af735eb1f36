"""WAV files written by libsndfile become MP3 that libsndfile reads as the same sound: length, level, waveform."""

import asyncio
import math
import struct
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from efir.adapters.media.audio.converter import FfmpegAudioConverter
from efir.adapters.media.confinement.sandbox import Sandbox
from efir.adapters.media.video.ffmpeg import Ffmpeg
from efir.domain.audio.mpeg import mpeg_rate
from efir.domain.audio.records import AudioUndecodable
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.limits import Limits
from efir.ports.audio import ConvertedAudio, Tags
from kit.audio import waves
from kit.media.sources import PROGRAM

pytestmark = pytest.mark.sampled(every=2)

TAGS = Tags('Дождь в "городе"; -y', "Ада", 2026)
SECONDS = 1.5


@pytest.fixture(scope="session")
def audio_converter(box: Sandbox) -> FfmpegAudioConverter:
    tool = Ffmpeg(box=box, path=PROGRAM, nice=0, memory=Limits().audio_child_memory_bytes, cpu=600, file=512 << 20)
    return FfmpegAudioConverter(tool, Limits())


@pytest.fixture
def converted(audio_converter: FfmpegAudioConverter, out: Path) -> Callable[[Path], Any]:
    async def convert(source: Path) -> ConvertedAudio:
        wav = await audio_converter.examine(source)
        return await audio_converter.convert(source, wav, TAGS, out, lambda _: None)

    return convert


def tone(rate: int, channels: int) -> Any:
    """Two notes, each channel its own, with silence at both ends to show any shift."""
    time = np.arange(round(SECONDS * rate)) / rate
    window = np.sin(np.pi * np.clip((time - 0.1) / (SECONDS - 0.2), 0, 1)) ** 2
    notes = [
        0.35 * np.sin(2 * np.pi * (220 + 60 * n) * time) + 0.1 * np.sin(2 * np.pi * 700 * time) for n in range(channels)
    ]
    return (np.array(notes) * window).T


def level(samples: Any) -> float:
    """RMS in decibels."""
    return 10 * math.log10(float(np.mean(np.square(samples))) + 1e-12)


def compared(source: Path, made: ConvertedAudio) -> None:
    """The MP3 has the length, the level and the waveform of the source, as libsndfile reads both."""
    given, rate = soundfile.read(source, always_2d=True)
    heard, new_rate = soundfile.read(made.file.path, always_2d=True)
    assert new_rate == made.sample_rate == mpeg_rate(rate)
    assert abs(len(heard) / new_rate - len(given) / rate) <= 1152 / new_rate
    if given.shape[1] <= 2:
        assert heard.shape[1] == given.shape[1] == made.channels
        assert abs(level(heard) - level(given)) <= 0.5
        if new_rate == rate:
            count = min(len(heard), len(given))
            assert np.corrcoef(heard[:count, 0], given[:count, 0])[0, 1] > 0.98


WRITTEN = [
    *[("WAV", subtype, 44100, 2, "FILE") for subtype in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")],
    *[("WAV", subtype, 22050, 1, "FILE") for subtype in ("ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM")],
    *[("WAVEX", subtype, 48000, 2, "FILE") for subtype in ("PCM_16", "PCM_24", "FLOAT")],
    *[("WAV", subtype, 44100, 1, "BIG") for subtype in ("PCM_16", "PCM_24", "FLOAT")],
    ("RF64", "PCM_24", 44100, 2, "FILE"), ("WAV", "IMA_ADPCM", 44100, 2, "FILE"), ("WAV", "MS_ADPCM", 44100, 2, "FILE"),
    *[("WAV", "PCM_16", rate, 1, "FILE") for rate in (8000, 11025, 12345, 96000, 192000)],
    ("WAVEX", "PCM_16", 48000, 6, "FILE"), ("WAV", "PCM_24", 44100, 4, "FILE"), ("WAV", "FLOAT", 44100, 8, "FILE"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "subtype", "rate", "channels", "endian"), WRITTEN)
async def test_a_file_of_another_program_keeps_its_sound(
    converted: Callable[[Path], Any], out: Path, kind: str, subtype: str, rate: int, channels: int, endian: str
) -> None:
    source = out / "given.wav"
    soundfile.write(source, tone(rate, channels), rate, format=kind, subtype=subtype, endian=endian)
    made = await converted(source)
    compared(source, made)
    assert made.loudness.integrated is not None
    assert -30 < made.loudness.integrated < -5
    low, high = made.peaks[::2], made.peaks[1::2]
    assert len(low) == math.ceil(round(made.duration * made.sample_rate) / made.samples_per_pixel)
    assert made.duration == pytest.approx(soundfile.info(source).duration, abs=1152 / made.sample_rate)
    assert min(struct.unpack(f"{len(low)}b", low)) < -30
    assert max(struct.unpack(f"{len(high)}b", high)) > 30


@pytest.mark.parametrize("subtype", ["GSM610", "G721_32"])
async def test_what_we_do_not_read_is_refused_by_its_tag(
    audio_converter: FfmpegAudioConverter, out: Path, subtype: str
) -> None:
    source = out / "given.wav"
    soundfile.write(source, tone(8000, 1), 8000, format="WAV", subtype=subtype)
    with pytest.raises(DomainError) as caught:
        await audio_converter.examine(source)
    assert caught.value.code == "wav-codec-unsupported"


@pytest.mark.parametrize("kind", ["AIFF", "FLAC", "W64", "AU", "CAF", "OGG"])
async def test_another_kind_of_sound_file_is_refused(
    audio_converter: FfmpegAudioConverter, out: Path, kind: str
) -> None:
    source = out / "given.wav"
    soundfile.write(source, tone(44100, 1), 44100, format=kind)
    with pytest.raises(DomainError) as caught:
        await audio_converter.examine(source)
    assert caught.value.code == "not-wav"


def found_elsewhere() -> dict[str, Path]:
    """WAV files in packages that may be installed: scipy's tests, CPython's tests."""
    found = {}
    for package, below in (("scipy", "io/tests/data"), ("test", "audiodata"), ("test", "sndhdrdata")):
        spec = find_spec(package)
        for folder in spec.submodule_search_locations or () if spec is not None else ():
            found |= {f"{package} {path.name}": path for path in sorted(Path(folder, below).glob("*.wav"))}
    return found or {"none": Path()}


REFUSALS = {"wav-malformed", "wav-codec-unsupported", "audio-empty", "audio-limits", "not-wav", "audio-undecodable"}


@pytest.mark.parametrize("name", found_elsewhere())
async def test_a_file_found_in_a_package_is_right_or_refused(converted: Callable[[Path], Any], name: str) -> None:
    source = found_elsewhere()[name]
    if name == "none":
        pytest.skip("neither scipy nor CPython's tests are installed")
    try:
        made = await converted(source)
    except DomainError as error:
        refused = error.code
    else:
        refused = ""
        compared(source, made)
    assert refused in REFUSALS | {""}


async def test_mp3_inside_a_wav_file_is_read(converted: Callable[[Path], Any], out: Path) -> None:
    plain, source = out / "plain.wav", out / "given.wav"
    plain.write_bytes(waves.plain(seconds=2))
    command = [PROGRAM, "-v", "error", "-i", str(plain), "-c:a", "libmp3lame", "-f", "wav", str(source)]
    await asyncio.to_thread(subprocess.run, command, check=True, stdin=subprocess.DEVNULL)
    made = await converted(source)
    heard, _ = soundfile.read(made.file.path)
    assert level(heard) == pytest.approx(level(waves.sine()), abs=0.6)


async def test_silence_and_noise_are_sound_too(converted: Callable[[Path], Any], out: Path) -> None:
    source = out / "given.wav"
    for samples in (np.zeros(44100), np.random.default_rng(7).uniform(-0.5, 0.5, 48000)):
        soundfile.write(source, samples, 48000, subtype="PCM_16")
        made = await converted(source)
        compared_length, _ = soundfile.read(made.file.path)
        assert abs(len(compared_length) - len(samples)) <= 1152
    soundfile.write(source, np.zeros(44100), 44100)
    assert (await converted(source)).loudness.integrated is None


async def test_samples_that_are_no_numbers_are_refused(converted: Callable[[Path], Any], out: Path) -> None:
    source = out / "given.wav"
    source.write_bytes(
        waves.riff(
            waves.chunk(b"fmt ", waves.fmt(3, 1, 44100, 32)),
            waves.chunk(b"data", waves.floats([math.nan, math.inf, 1e30] * 20_000, 4)),
        )
    )
    with pytest.raises(AudioUndecodable):
        await converted(source)


async def test_what_stands_after_the_sound_is_not_heard(converted: Callable[[Path], Any], out: Path) -> None:
    source = out / "given.wav"
    samples = waves.integers(waves.sine(seconds=1), 2)
    noise = waves.chunk(b"junk", bytes(range(256)) * 2000)
    source.write_bytes(
        waves.riff(waves.chunk(b"fmt ", waves.fmt(1, 1, 44100, 16)), noise, waves.chunk(b"data", samples), noise)
    )
    made = await converted(source)
    heard, rate = soundfile.read(made.file.path)
    assert abs(len(heard) - rate) <= 1152
    assert level(heard) == pytest.approx(level(waves.sine()), abs=0.3)


async def test_the_mp3_carries_its_title_as_it_was_typed(converted: Callable[[Path], Any], out: Path) -> None:
    source = out / "given.wav"
    source.write_bytes(waves.plain(seconds=1))
    made = await converted(source)
    content = made.file.path.read_bytes()
    assert content[:10] == b"ID3\x03\0\0" + content[6:10]
    assert TAGS.title.encode("utf-16-le") in content[:400]
    assert TAGS.artist.encode("utf-16-le") in content[:400]
    command = [PROGRAM, "-v", "error", "-i", str(made.file.path), "-f", "ffmetadata", "-"]
    told = (
        await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    ).stdout
    lines = told.decode().replace("\\", "")
    assert f"title={TAGS.title}" in lines
    assert "artist=Ада" in lines
    assert "date=2026" in lines
    assert "REPLAYGAIN_TRACK_GAIN=" in lines.upper()
