"""AudioConverter by ffmpeg: the MP3 is decoded again before it is handed out."""

import asyncio
import math
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from efir.adapters.media.audio import commands, figures, proof
from efir.adapters.media.audio.id3 import id3
from efir.adapters.media.audio.joining import extract_sound, put_before
from efir.adapters.media.confinement import confined_process
from efir.adapters.media.video import tracks, verify
from efir.adapters.media.video.ffmpeg import Ffmpeg, Progress
from efir.domain.audio.mpeg import FRAME, mpeg_channels, mpeg_rate
from efir.domain.audio.records import AudioUndecodable
from efir.domain.audio.speakers import stereo_gains
from efir.domain.audio.wav import Wav, read_wav
from efir.domain.audio.wav_format import Coding
from efir.domain.kernel.limits import Limits
from efir.domain.processing.source_facts import MediaTooHeavy, MediaWorkFailed, MediaWorkStalled, SandboxUnavailable
from efir.domain.videos.video import MediaRefused
from efir.ports.audio import ConvertedAudio, Tags
from efir.ports.processing.media import Report

MAX_POINTS, MIN_SAMPLES = 2048, 256
MIN_WALL, WALL_PER_SECOND = 60.0, 2.0
CONVERTING = 0.7  # of the whole work; the rest is measuring
OVER = 0.01  # decibels above full scale that are rounding
ROOM = 1.0  # decibels below full scale for a sound that was beyond it, as EBU R128 advises
MAX_PEAK = 200.0  # decibels; more than floating-point copies of 32-bit numbers have
PACKED = commands.ADPCM | {Coding.MPEG}
NO_ROOM = ("No space left", "Disk quota")
NO_NUMBERS = "Some of its samples are no numbers (NaN or infinity). Export the sound again, or save it as 24-bit PCM."
TOO_HIGH = "Its samples are beyond anything that floating point is used for. Save it as 24-bit PCM."
DIFFERENT = (
    "The MP3 did not come out as the sound that was sent, so it is not stored. Save it as 24-bit PCM, or tell us."
)
TOO_HEAVY = "Converting it takes more time or memory than a recording may have. Send it in shorter parts."
UNREADABLE = "Its samples could not be decoded. Save it as 24-bit PCM."


@dataclass(frozen=True, slots=True)
class _Work:
    """One conversion: the file with the sound, how it is read, and how it is measured."""

    source: Path
    wav: Wav
    out: Path
    pixel: int
    scale: float = 0.0
    spent: list[float] = field(default_factory=list)  # processor seconds of each step

    @property
    def wall(self) -> float:
        """Seconds that a step may take."""
        return MIN_WALL + WALL_PER_SECOND * self.wav.duration

    @property
    def moment(self) -> int:
        """Stretches of the loudest moment."""
        return max(1, math.ceil(proof.MOMENT * mpeg_rate(self.wav.format.rate) / self.pixel))


class FfmpegAudioConverter:
    """See AudioConverter; `quality` is the encoder's own scale, 0 the best."""

    def __init__(self, ffmpeg: Ffmpeg, limits: Limits, *, quality: int = 2) -> None:
        self._ffmpeg = ffmpeg
        self._limits = limits
        self._quality = quality

    async def examine(self, source: Path) -> Wav:
        """See AudioConverter."""
        return await asyncio.to_thread(_examine, source, self._limits)

    async def convert(self, source: Path, wav: Wav, tags: Tags, out: Path, report: Report) -> ConvertedAudio:
        """See AudioConverter."""
        if wav.format.coding in commands.ADPCM or not wav.whole:
            source, wav = await asyncio.to_thread(extract_sound, source, wav, out / "sound.wav")
        rate = mpeg_rate(wav.format.rate)
        work = _Work(source, wav, out, max(MIN_SAMPLES, math.ceil(wav.duration * rate / MAX_POINTS)))
        if wav.format.coding is Coding.FLOAT:
            work = replace(work, scale=await self._survey(work))
        bare = await self._encode(work, lambda value: report(CONVERTING * value))
        await self._measure(work, bare, lambda value: report(CONVERTING + (1 - CONVERTING) * value))
        length = await asyncio.to_thread(_length, work)
        made = await asyncio.to_thread(figures.read_columns, out / commands.MADE)
        warnings = {*wav.warnings, *(["scaled"] if work.scale else []), *await self._prove(work, bare, made)}
        highest = figures.find_highest(made)
        loudness = await asyncio.to_thread(figures.loudness, out / commands.LOUD, length, rate, highest)
        return ConvertedAudio(
            file=await asyncio.to_thread(
                lambda: tracks.measure(put_before(id3(tags, loudness), bare, out / "tagged.mp3"))
            ),
            duration=length / rate,
            channels=mpeg_channels(wav.format.channels),
            sample_rate=rate,
            loudness=loudness,
            peaks=await asyncio.to_thread(figures.peaks, made),
            samples_per_pixel=work.pixel,
            warnings=tuple(sorted(warnings)),
            cpu_seconds=sum(work.spent),
        )

    async def _survey(self, work: _Work) -> float:
        """Return the decibels that bring a sound beyond full scale below it, 0 for others. Raises AudioUndecodable."""
        await self._run(commands.survey(self._ffmpeg.path, work.wav, work.pixel), work, (commands.GIVEN,))
        peak, wrong = figures.overs(await asyncio.to_thread(figures.read_columns, work.out / commands.GIVEN))
        if wrong:
            raise AudioUndecodable(NO_NUMBERS)
        if peak > MAX_PEAK:
            raise AudioUndecodable(TOO_HIGH)
        return -(peak + ROOM) if peak > OVER else 0.0

    async def _encode(self, work: _Work, report: Report) -> Path:
        command = commands.encode(self._ffmpeg.path, work.wav, self._quality, work.scale)
        await self._run(command, work, (commands.SOUND,), report=report)
        return work.out / commands.SOUND

    async def _measure(self, work: _Work, bare: Path, report: Report) -> None:
        files = (commands.GIVEN, commands.MADE, commands.GIVEN_END, commands.MADE_END, commands.LOUD)
        command = commands.measure(self._ffmpeg.path, work.wav, work.pixel)
        await self._run(command, work, files, bare, report=report)

    async def _prove(self, work: _Work, bare: Path, heard: figures.Columns) -> set[str]:
        """Return warnings of what the MP3 has less. Raises AudioUndecodable when it is not the sound that was sent."""
        form, full = work.wav.format, await asyncio.to_thread(_swings, work, heard)
        if form.channels > mpeg_channels(form.channels):
            return await self._prove_mix(work, bare, full[0])
        if await asyncio.to_thread(proof.judge_directly, *full, work.moment):
            return set()
        kept = await self._compare(work, bare, commands.shared_rate(work.wav, self._quality))
        return _require_pass(await asyncio.to_thread(proof.judge_shared, full, kept, work.moment))

    async def _prove_mix(self, work: _Work, bare: Path, full: figures.Powers) -> set[str]:
        form, moment = work.wav.format, work.moment
        gains = stereo_gains(form.channels, form.mask, ambisonic=form.ambisonic)
        given, made = await self._compare(work, bare, commands.shared_rate(work.wav, self._quality))
        warnings = _require_pass(await asyncio.to_thread(proof.judge_mix, full, given, made, gains, moment))
        if high := await asyncio.to_thread(proof.find_faint, full, given, moment):
            given, made = await self._compare(work, bare, mpeg_rate(form.rate))
            gone = await asyncio.to_thread(proof.find_faint, full, given, moment)
            gone |= await asyncio.to_thread(proof.find_unheard, given, made, gains, moment)
            warnings |= {"high_frequencies"} if high & gone else set()
        return warnings

    async def _compare(self, work: _Work, bare: Path, kept: float) -> tuple[figures.Powers, figures.Powers]:
        names = {commands.GIVEN: "given_kept.txt", commands.MADE: "made_kept.txt"}
        command = commands.compare(self._ffmpeg.path, work.wav, work.pixel, kept, work.scale)
        await self._run(command, work, tuple(names), bare, names=names)
        given, made = [await asyncio.to_thread(_levels, work.out / name) for name in names.values()]
        return given, made

    async def _run(
        self, command: Iterable[str], work: _Work, files: Iterable[str], *made: Path, report: Report = verify.ignore,
        names: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Run a step and keep the files that it wrote."""
        progress = Progress(report, seconds=work.wav.duration)
        with confined_process.workspace(self._ffmpeg.box, work.out) as folder, _named(work.wav):
            done = await self._ffmpeg.run_to_end(
                command, folder, (work.source, *made), wall=work.wall, progress=progress
            )
            for name in files:
                confined_process.keep(folder / name, work.out / (names or {}).get(name, name))
        work.spent.append(done.cpu_seconds)


@contextmanager
def _named(wav: Wav) -> Iterator[None]:
    """Say what stopped a step: raw samples need no luck to be read, so with them it was not the file."""
    try:
        yield
    except MediaTooHeavy as error:
        raise AudioUndecodable(TOO_HEAVY) from error
    except (MediaWorkStalled, SandboxUnavailable):
        raise
    except (MediaRefused, MediaWorkFailed) as error:
        full = any(words in error.detail for words in NO_ROOM)
        if isinstance(error, MediaRefused) or (wav.format.coding in PACKED and not full):
            raise AudioUndecodable(UNREADABLE) from error
        raise


def _examine(source: Path, limits: Limits) -> Wav:
    with source.open("rb") as file:
        handle = file.fileno()
        return read_wav(lambda offset, length: os.pread(handle, length, offset), os.fstat(handle).st_size, limits)


def _require_pass(verdict: proof.Verdict) -> set[str]:
    if not verdict.same:
        raise AudioUndecodable(DIFFERENT)
    return verdict.warnings


def _swings(work: _Work, heard: figures.Columns) -> tuple[figures.Powers, figures.Powers]:
    """Return what the channels were, brought to the level of the MP3, and what they became."""
    full = commands.sample_format(work.wav)[1] / 10 ** (work.scale / 20)
    return figures.swings(figures.read_columns(work.out / commands.GIVEN), full), figures.swings(heard, 1.0)


def _levels(file: Path) -> figures.Powers:
    return figures.levels(figures.read_columns(file))


def _length(work: _Work) -> int:
    """Return the samples of the MP3. Raises AudioUndecodable when they last longer or shorter than what was sent."""
    given, made = (figures.samples(work.out / name) for name in (commands.GIVEN_END, commands.MADE_END))
    form = work.wav.format
    if not made or abs(given * mpeg_rate(form.rate) / form.rate - made) > FRAME:
        raise AudioUndecodable(DIFFERENT)
    if work.wav.frames and abs(given - work.wav.frames) > FRAME:
        raise AudioUndecodable(UNREADABLE)
    return made
