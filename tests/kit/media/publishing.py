"""A source's way through the converter, as the service goes it: facts, plan, copy, every chunk, sound, check."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from efir.adapters.media.video.converter import FfmpegConverter
from efir.domain.processing.ladder import Plan, can_chunk, can_copy_video, plan
from efir.domain.processing.source_facts import MediaFacts, RenditionDamaged
from efir.ports.processing.media import ChunkOutput, CopiedTracks, MediaProbe, Still, Track

Choose = Callable[[Plan], Plan]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a source became."""

    facts: MediaFacts
    plan: Plan
    rungs: tuple[Track, ...]
    audio: Track | None
    copied: CopiedTracks | None
    stills: tuple[Still, ...]


def unheard(_: float) -> None:
    """Take progress that nobody asks for."""


def in_small_chunks(chosen: Plan) -> Plan:
    """Return the plan with chunks of one segment, so that short sources have seams too."""
    return replace(chosen, chunk=chosen.segment)


async def publish(
    converter: FfmpegConverter, probe: MediaProbe, source: Path, out: Path, *, copy: bool = True,
    seams: bool = False, choose: Choose | None = None, copy_must: bool = True,
) -> Published:  # fmt: skip
    """Make all that the service makes of a source; `seams` cuts it into small chunks where it can be cut.

    A copy that fails its check is an error, unless `copy_must` is False: then there is none, as in the service.
    """
    facts = await probe.probe(source)
    chosen = plan(facts)
    if seams and can_chunk(facts):
        chosen = in_small_chunks(chosen)
    chosen = choose(chosen) if choose else chosen
    copied = None
    if copy and can_copy_video(facts):
        try:
            copied = await converter.copy(source, facts, _folder(out, "copied"), unheard)
        except RenditionDamaged:
            if copy_must:
                raise
    parts = [
        await converter.encode_chunk(
            source, facts, chosen, ordinal, chosen.rungs, _folder(out, f"chunk-{ordinal}"), unheard, fast=True
        )
        for ordinal in range(chosen.chunks)
    ]
    audio = (
        await converter.encode_audio(source, facts, chosen, _folder(out, "audio"), unheard) if chosen.audio else None
    )
    rungs = tuple(joined(parts, number) for number in range(len(chosen.rungs)))
    await converter.check(chosen, [*rungs, *([audio] if audio else [])], _folder(out, "check"))
    stills = tuple(still for part in parts for still in part.stills)
    return Published(facts=facts, plan=chosen, rungs=rungs, audio=audio, copied=copied, stills=stills)


def joined(parts: list[ChunkOutput], rung: int) -> Track:
    """Return a rung as the service stores it: the segments of all chunks."""
    tracks = [part.tracks[rung] for part in parts]
    segments = tuple(segment for track in tracks for segment in track.segments)
    return msgspec.structs.replace(tracks[0], segments=segments)


def _folder(out: Path, name: str) -> Path:
    (out / name).mkdir()
    return out / name
