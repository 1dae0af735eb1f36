"""AudioEditor: ffmpeg decodes MP3s of ours, a confined child edits the samples, our own reader opens the result."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from efir.adapters.media.audio import edit_commands
from efir.adapters.media.audio.converter import MIN_WALL, TOO_HEAVY, WALL_PER_SECOND
from efir.adapters.media.audio.edit_commands import DECODED, EDITED
from efir.adapters.media.confinement import confined_process, sandbox
from efir.adapters.media.confinement.confined_process import Finished
from efir.adapters.media.video.ffmpeg import CPU_LIMIT_SIGNAL, FILE_LIMIT_SIGNAL, Ffmpeg, Progress
from efir.domain.audio.edits import AudioEditEmpty, AudioEditOutside, AudioGainTooHigh, Edit, Part
from efir.domain.audio.records import AudioUndecodable
from efir.domain.audio.wav import Wav
from efir.domain.kernel.errors import FieldError
from efir.domain.processing.source_facts import MediaTooHeavy, MediaWorkFailed
from efir.domain.videos.video import MediaRefused
from efir.ports.audio import AudioConverter
from efir.ports.processing.media import Report

REFUSALS = {kind.code: kind for kind in (AudioEditEmpty, AudioEditOutside)}
CODES: dict[type, str] = {AudioEditEmpty: "empty", AudioEditOutside: "outside"}
DECODING = 0.5  # of the whole work
DAMAGED = "What is kept of one of these recordings cannot be read any more. Send it again."
MEMORY = 256 << 20  # bytes of address space of the child; it takes 95 MB, whatever the length of the sound


class PydubAudioEditor:
    """See AudioEditor; `ffmpeg` holds the bounds of both programs, `reader` opens what the child wrote."""

    def __init__(self, ffmpeg: Ffmpeg, reader: AudioConverter) -> None:
        self._ffmpeg = ffmpeg
        self._reader = reader

    async def edit(self, edit: Edit, sources: Sequence[Path], out: Path, report: Report) -> tuple[Path, Wav]:
        """See AudioEditor."""
        try:
            decoded = [
                await self._decode(part, edit, source, out / f"{number}.pcm", _share(report, number, len(sources)))
                for number, (part, source) in enumerate(zip(edit.parts, sources, strict=True))
            ]
        except MediaRefused as error:
            raise AudioUndecodable(TOO_HEAVY if isinstance(error, MediaTooHeavy) else DAMAGED) from error
        done, made = await self._run_child(edit, decoded, out / EDITED)
        await asyncio.to_thread(_remove, decoded)
        report(1.0)
        wav = await self._reader.examine(made)
        return made, replace(wav, warnings=(*wav.warnings, *(["scaled"] if done.scaled else [])))

    async def _decode(self, part: Part, edit: Edit, source: Path, target: Path, report: Report) -> Path:
        progress = Progress(report, seconds=part.duration)
        command = edit_commands.decode(self._ffmpeg.path, part, edit)
        with confined_process.workspace(self._ffmpeg.box, target.parent) as folder:
            await self._ffmpeg.run(command, folder, (source,), wall=_wall(part.duration), progress=progress)
            return confined_process.keep(folder / DECODED, target)

    async def _run_child(self, edit: Edit, decoded: Sequence[Path], target: Path) -> "tuple[_Told, Path]":
        tool = self._ffmpeg
        with confined_process.workspace(tool.box, target.parent) as folder:
            task = confined_process.Task(
                argv=(*sandbox.PYTHON, "-W", "ignore", "-m", edit_commands.WORKER, edit_commands.order(edit)),
                work=folder,
                inputs=tuple(decoded),
                limits=sandbox.Limits(memory=MEMORY, cpu=tool.cpu or round(_wall(edit.seconds)), file=tool.file),
                wall=_wall(edit.seconds),
                nice=tool.nice,
            )
            told = _read(await confined_process.run(tool.box, task))
            return told, confined_process.keep(folder / EDITED, target)


class _Told(msgspec.Struct, frozen=True):
    """What the child tells."""

    scaled: bool = False
    refused: str = ""
    detail: str = ""
    pointer: str = ""
    fits: float = 0.0


def _read(done: Finished) -> _Told:
    """Read what a child told. Raises what it refused, AudioUndecodable, MediaWorkFailed."""
    if done.code in {CPU_LIMIT_SIGNAL, FILE_LIMIT_SIGNAL} or "MemoryError" in done.complaint:
        raise AudioUndecodable(TOO_HEAVY)
    if done.code:
        raise MediaWorkFailed(f"editing ended with {done.code}: {done.complaint}")
    told = msgspec.json.decode(done.output, type=_Told)
    if told.refused == AudioGainTooHigh.code:
        raise AudioGainTooHigh(told.fits, told.pointer[:100])
    if told.refused:
        kind, detail = REFUSALS[told.refused], told.detail[:200]
        raise kind(detail, errors=(FieldError(told.pointer[:100], CODES[kind], detail),))
    return told


def _share(report: Report, number: int, count: int) -> Report:
    return lambda value: report(DECODING * (number + value) / count)


def _wall(seconds: float) -> float:
    return MIN_WALL + WALL_PER_SECOND * seconds


def _remove(files: Sequence[Path]) -> None:
    for file in files:
        file.unlink()
