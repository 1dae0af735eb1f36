"""The real probe and the real converter, whose work is kept and given out again, and which fail when told to."""

import asyncio
import atexit
import hashlib
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from efir.application.context import Ports
from efir.domain.processing.ladder import Plan, Rung
from efir.domain.processing.source_facts import MediaFacts, RenditionDamaged
from efir.ports.processing.media import (
    ChunkOutput,
    CopiedTracks,
    MediaConverter,
    MediaFile,
    MediaPorts,
    MediaProbe,
    Pictures,
    Report,
    Still,
    Track,
)
from kit import clips

Made = TypeVar("Made")
_facts: dict[bytes, MediaFacts] = {}
_right: set[tuple[str, ...]] = set()
Outcome = Callable[[str], Awaitable[None]]
_outcome: ContextVar[Outcome | None] = ContextVar("outcome", default=None)


@cache
def long_clip(*, copied: bool) -> Path:
    """Three chunks, of pictures so small that making them takes no time."""
    clip = clips.h264 if copied else clips.webm
    return clip(seconds=50, size="64x48", rate=10)


def bound(outcome: Outcome | None) -> None:
    """Say what becomes of the work that the present task and its children begin with: it may wait, it may raise."""
    _outcome.set(outcome)


def commanded(ports: Ports) -> Ports:
    """Ports whose media work obeys `bound`."""
    return replace(
        ports, media=MediaPorts(probe=Probe(ports.media.probe), converter=Converter(ports.media.converter, _kept()))
    )


def failing(**faults: list[Exception]) -> None:
    """Let the first works of some kinds fail, one for each fault: probe, copy, chunk, fast, audio, check."""

    async def obey(work: str) -> None:
        if faults.get(work):
            raise faults[work].pop(0)

    bound(obey)


@cache
def _kept() -> "Kept":
    room = Path(tempfile.mkdtemp(prefix="efir-kept-"))
    atexit.register(shutil.rmtree, room, ignore_errors=True)
    return Kept(room)


async def _obey(work: str) -> None:
    outcome = _outcome.get()
    if outcome is not None:
        await outcome(work)


class Kept:
    """Results of real work by what they were made from; their files are copied for who asks again."""

    def __init__(self, room: Path) -> None:
        self.room = room
        self.known: dict[str, bytes] = {}

    async def work(
        self, kind: type[Made], key: tuple[object, ...], out: Path, do: Callable[[], Awaitable[Made]]
    ) -> Made:
        """Do it once, hand it out any number of times."""
        name = hashlib.sha256(repr(key).encode()).hexdigest()[:24]
        if name not in self.known:
            before = set(_entries(out))
            made = await do()
            (self.room / name).mkdir()
            for path in set(_entries(out)) - before:
                copy = shutil.copytree if path.is_dir() else shutil.copyfile
                copy(path, self.room / name / path.name)
            self.known[name] = msgspec.json.encode(made, enc_hook=lambda path: str(path.relative_to(out)))
            return made
        shutil.copytree(self.room / name, out, dirs_exist_ok=True)
        return msgspec.json.decode(self.known[name], type=kind, dec_hook=lambda _path, text: out / text)


class Probe:
    """See MediaProbe."""

    def __init__(self, real: MediaProbe) -> None:
        self._real = real

    async def probe(self, source: Path) -> MediaFacts:
        """See MediaProbe."""
        await _obey("probe")
        digest = hashlib.sha256(await asyncio.to_thread(source.read_bytes)).digest()
        if digest not in _facts:
            _facts[digest] = await self._real.probe(source)
        return _facts[digest]


class Converter:
    """See MediaConverter."""

    def __init__(self, real: MediaConverter, kept: Kept) -> None:
        self._real, self._kept = real, kept

    async def copy(self, source: Path, facts: MediaFacts, out: Path, report: Report) -> CopiedTracks:
        await _obey("copy")
        return await self._kept.work(
            CopiedTracks, ("copy", facts), out, lambda: self._real.copy(source, facts, out, report)
        )

    async def encode_chunk(
        self, source: Path, facts: MediaFacts, plan: Plan, ordinal: int, rungs: Sequence[Rung], out: Path,
        report: Report, *, fast: bool = False,
    ) -> ChunkOutput:  # fmt: skip
        await _obey("fast" if fast else "chunk")
        return await self._kept.work(
            ChunkOutput, ("chunk", facts, ordinal, rungs, fast), out,
            lambda: self._real.encode_chunk(source, facts, plan, ordinal, rungs, out, report, fast=fast),
        )  # fmt: skip

    async def encode_audio(self, source: Path, facts: MediaFacts, plan: Plan, out: Path, report: Report) -> Track:
        await _obey("audio")
        return await self._kept.work(
            Track, ("audio", facts), out, lambda: self._real.encode_audio(source, facts, plan, out, report)
        )

    async def check(self, plan: Plan, tracks: Sequence[Track], scratch: Path) -> None:
        await _obey("check")
        files = [file for track in tracks for file in (track.init, *(segment.file for segment in track.segments))]
        key = tuple(file.sha256 for file in files)
        if key not in _right:
            await self._real.check(plan, tracks, scratch)
            _right.add(key)
        for file in files:
            if hashlib.sha256(await asyncio.to_thread(file.path.read_bytes)).hexdigest() != file.sha256:
                raise RenditionDamaged("bytes differ from what was made", track="?")

    async def make_mp4(self, video: Track, audio: Track | None, out: Path, report: Report) -> MediaFile:
        key = ("mp4", *_digests([video, audio] if audio else [video]))
        return await self._kept.work(MediaFile, key, out, lambda: self._real.make_mp4(video, audio, out, report))

    async def make_pictures(self, stills: Sequence[Still], plan: Plan, out: Path) -> Pictures:
        key = ("pictures", *(still.file.sha256 for still in stills))
        return await self._kept.work(Pictures, key, out, lambda: self._real.make_pictures(stills, plan, out))


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def _digests(tracks: Sequence[Track]) -> list[Any]:
    return [segment.file.sha256 for track in tracks for segment in track.segments]
