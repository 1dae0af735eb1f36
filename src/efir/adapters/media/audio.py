"""AudioConverter by ffmpeg: the MP3 is decoded again before it is handed out."""

import asyncio
import math
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from efir.adapters.media import audio_recipes as recipes
from efir.adapters.media import children, tracks, verify
from efir.adapters.media.ffmpeg import Ffmpeg, Progress
from efir.adapters.media.id3 import id3
from efir.domain.audio import AudioUndecodable
from efir.domain.limits import Limits
from efir.domain.media import MediaRefused, MediaWorkFailed, MediaWorkStalled, SandboxUnavailable
from efir.domain.mpeg import FRAME, mpeg_channels, mpeg_rate
from efir.domain.wav import Wav, adpcm_header, read_wav
from efir.ports.audio import ConvertedAudio, Loudness, Tags
from efir.ports.media import Report

POINTS_MOST, SAMPLES_LEAST = 2048, 256
NEAR, NEAR_CAREFUL = 0.5, 1.0  # decibels between what was sent and what was made
SILENT = -70.0
WALL_LEAST, WALL_PER_SECOND = 60.0, 2.0
CONVERTING = 0.7  # of the whole work; the rest is measuring
FINE = re.compile(r"\[astats@(given|made) @ [^]]*\] (RMS level dB|Number of samples): (\S+)")
COARSE = re.compile(r"\[volumedetect@(given|made) @ [^]]*\] (mean_volume|n_samples): (\S+)")
LOUDNESS = re.compile(r"^\s+(I|LRA|Peak):\s+(\S+) (?:LUFS|LU|dBFS)", re.MULTILINE)
EXTREMES = (".Min_level", ".Max_level")
Levels = dict[str, dict[str, float]]


class FfmpegAudioConverter:
    """See AudioConverter; `quality` is the encoder's own scale, 0 the best."""

    def __init__(self, ffmpeg: Ffmpeg, limits: Limits, *, quality: int = 2) -> None:
        self._ffmpeg = ffmpeg
        self._limits = limits
        self._quality = quality

    async def examine(self, source: Path) -> Wav:
        """See AudioConverter."""
        return await asyncio.to_thread(_examined, source, self._limits)

    async def convert(self, source: Path, wav: Wav, tags: Tags, out: Path, report: Report) -> ConvertedAudio:
        """See AudioConverter."""
        wall = WALL_LEAST + WALL_PER_SECOND * wav.duration
        given = source
        if wav.format.coding in recipes.ADPCM:
            given = await asyncio.to_thread(_with_header, source, wav, out / "blocks.wav")
        with children.workspace(self._ffmpeg.box, out) as work:
            encoding = Progress(lambda value: report(CONVERTING * value), seconds=wav.duration)
            command = recipes.encode(self._ffmpeg.path, wav, self._quality)
            encoded = await self._run(command, work, (given,), wall, encoding)
            bare = children.keep(work / recipes.SOUND, out / "bare.mp3")
        pixel = max(SAMPLES_LEAST, math.ceil(wav.duration * mpeg_rate(wav.format.rate) / POINTS_MOST))
        with children.workspace(self._ffmpeg.box, out) as work:
            measuring = Progress(lambda value: report(CONVERTING + (1 - CONVERTING) * value), seconds=wav.duration)
            heard = await self._run(recipes.measure(self._ffmpeg.path, pixel), work, (bare,), wall, measuring)
            extremes = children.keep(work / recipes.PEAKS, out / "peaks.txt")
            channels = mpeg_channels(wav.format.channels)
            levels = _levels(encoded.complaint, channels) | _levels(heard.complaint, channels)
            if not _same(wav, levels, NEAR):
                again = recipes.compare(self._ffmpeg.path, wav)
                silent = Progress(verify.unheard, seconds=wav.duration)
                compared = await self._run(again, work, (given, bare), wall, silent)
                if not _same(wav, _levels(compared.complaint, channels), NEAR_CAREFUL):
                    raise AudioUndecodable
        loudness = _loudness(heard.complaint)
        whole = await asyncio.to_thread(_joined, id3(tags, loudness), bare, out / "tagged.mp3")
        return ConvertedAudio(
            file=await asyncio.to_thread(tracks.measure, whole),
            duration=levels["made"]["samples"] / mpeg_rate(wav.format.rate),
            channels=mpeg_channels(wav.format.channels),
            sample_rate=mpeg_rate(wav.format.rate),
            loudness=loudness,
            peaks=await asyncio.to_thread(_peaks, extremes),
            samples_per_pixel=pixel,
            cpu_seconds=encoded.cpu_seconds + heard.cpu_seconds,
        )

    async def _run(
        self, command: Iterable[str], work: Path, inputs: tuple[Path, ...], wall: float, progress: Progress
    ) -> children.Finished:
        with _named():
            return await self._ffmpeg.finished(command, work, inputs, wall=wall, progress=progress)


@contextmanager
def _named() -> Iterator[None]:
    """Raw samples need no luck to be read: whatever stops the encoder but the machine is in the samples."""
    try:
        yield
    except MediaRefused as error:
        raise AudioUndecodable from error
    except (MediaWorkStalled, SandboxUnavailable):
        raise
    except MediaWorkFailed as error:
        if "No space left" in error.detail or "Disk quota" in error.detail:
            raise
        raise AudioUndecodable from error


def _examined(source: Path, limits: Limits) -> Wav:
    with source.open("rb") as file:
        handle = file.fileno()
        return read_wav(lambda offset, length: os.pread(handle, length, offset), os.fstat(handle).st_size, limits)


def _with_header(source: Path, wav: Wav, target: Path) -> Path:
    return _copied(adpcm_header(wav), source, target, offset=wav.offset, length=wav.length)


def _joined(head: bytes, rest: Path, target: Path) -> Path:
    return _copied(head, rest, target, offset=0, length=rest.stat().st_size)


def _copied(head: bytes, source: Path, target: Path, *, offset: int, length: int) -> Path:
    with source.open("rb") as read, target.open("wb") as written:
        written.write(head)
        read.seek(offset)
        shutil.copyfileobj(read, written)
        written.truncate(len(head) + length)
    return target


def _levels(said: str, channels: int) -> Levels:
    """Level and length that two filters tell in their own words; the cheap one counts samples of all channels."""
    found: Levels = {}
    lines = said.replace("\\n", "\n")
    for who, what, value in COARSE.findall(lines):
        found.setdefault(who, {}).update(
            {"level": float(value)} if what == "mean_volume" else {"samples": int(value) / channels}
        )
    for who, what, value in FINE.findall(lines):
        found.setdefault(who, {})["samples" if what == "Number of samples" else "level"] = float(value)
    return found


def _same(wav: Wav, levels: Levels, near: float) -> bool:
    """Whether the MP3 is as long and as loud as what was sent; what is near silence need only stay so."""
    given, made = levels.get("given", {}), levels.get("made", {})
    if not all(found.get("samples") and "level" in found for found in (given, made)):
        return False
    if wav.frames and abs(given["samples"] - made["samples"]) > FRAME:
        return False
    if max(given["level"], made["level"]) < SILENT:
        return True
    return abs(given["level"] - made["level"]) <= near


def _loudness(said: str) -> Loudness:
    found = {name: float(value) for name, value in LOUDNESS.findall(said.replace("\\n", "\n"))}
    integrated, peak = found.get("I", -math.inf), found.get("Peak", -math.inf)
    heard = integrated > SILENT
    return Loudness(
        integrated=integrated if heard else None,
        range=found.get("LRA") if heard else None,
        true_peak=peak if math.isfinite(peak) else None,
    )


def _peaks(extremes: Path) -> bytes:
    """Signed bytes, lowest and highest in turn; by lines, for one search of it all would stop every other thread."""
    values = bytearray()
    with extremes.open(encoding="ascii") as lines:
        for line in lines:
            key, _, value = line.partition("=")
            if key.endswith(EXTREMES):
                values.append(round(max(-1.0, min(1.0, float(value))) * 127) & 0xFF)
    return bytes(values)
