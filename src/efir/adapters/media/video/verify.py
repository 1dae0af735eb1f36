"""Proof that tracks are what the plan says: numbers from their bytes, and a decoder that finds no error."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from efir.adapters.media.confinement import confined_process
from efir.adapters.media.video import commands, tracks
from efir.adapters.media.video.ffmpeg import Ffmpeg, Progress
from efir.domain.processing.ladder import Plan
from efir.domain.processing.source_facts import MediaUnreadable, MediaWorkFailed, RenditionDamaged
from efir.domain.processing.timelines import check_run, check_rung, check_sound
from efir.ports.processing.media import Track

SAMPLE = 8
MIN_WALL = 120.0
WALL_PER_SECOND = 20.0


async def check(ffmpeg: Ffmpeg, plan: Plan, complete: Sequence[Track], scratch: Path) -> None:
    """Check complete tracks from their files alone. Raises RenditionDamaged naming track and segment.

    Digests prove that these are the bytes that a decoder saw when they were made, so few of them are decoded again.
    """
    for track in complete:
        cuts = await asyncio.to_thread(tracks.reread, track)
        for cut, told in zip(cuts, tracks.cuts(track), strict=True):
            if cut != told:
                raise RenditionDamaged("differs from what was made", track=track.name, ordinal=told.ordinal)
        if track.kind == "audio":
            check_sound(plan, track.name, cuts, track.timescale)
        elif any(rung.name == track.name for rung in plan.rungs):
            check_rung(plan, track.name, cuts, track.timescale)
        else:
            check_run(track.name, cuts)
        await decode(ffmpeg, [tracks.sample_track(track, step=SAMPLE)], scratch)


async def decode(ffmpeg: Ffmpeg, whole: Sequence[Track], scratch: Path) -> float:
    """Decode tracks, or one chunk of each, beside each other; return the processor seconds used.

    Raises RenditionDamaged.
    """
    names = ", ".join(track.name for track in whole)
    seconds = max(sum(segment.ticks for segment in track.segments) / track.timescale for track in whole)
    with confined_process.workspace(ffmpeg.box, scratch) as work:
        joined = [await asyncio.to_thread(tracks.join, track, work / f"{track.name}.mp4") for track in whole]
        try:
            used = await ffmpeg.run(
                commands.decode(ffmpeg.path, len(whole)),
                work,
                tuple(joined),
                wall=MIN_WALL + WALL_PER_SECOND * seconds * len(whole),
                progress=Progress(ignore, seconds=seconds),
            )
        except (MediaUnreadable, MediaWorkFailed) as error:
            if isinstance(error, RenditionDamaged):
                raise
            raise RenditionDamaged(f"cannot be decoded: {error.detail}", track=names) from error
    return used


def ignore(_: float) -> None:
    """Take progress that nobody asks for."""
