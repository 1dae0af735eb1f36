"""MediaConverter by ffmpeg and libvips: each result is checked before it is handed out."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

from efir.adapters.media.confinement import confined_process
from efir.adapters.media.video import commands, posters, tracks, verify
from efir.adapters.media.video.ffmpeg import Ffmpeg, Progress
from efir.domain.processing.ladder import Plan, Rung, can_copy_audio, plan
from efir.domain.processing.source_facts import MediaFacts, MediaWorkFailed, RenditionDamaged
from efir.domain.processing.timelines import check_copy, check_rung, check_sound
from efir.domain.videos.video import MediaRefused
from efir.ports.processing.media import ChunkOutput, CopiedTracks, MediaFile, Pictures, Report, Still, Track

MIN_WALL = 600.0
WALL_PER_SECOND = 200.0
COPY_PER_SECOND = 20.0
STILL_AT, STILL_LATEST, STILL_WALL = 0.1, 60, 60.0


class FfmpegConverter:
    """See MediaConverter; `ffmpeg` says which program and within which bounds."""

    def __init__(self, ffmpeg: Ffmpeg) -> None:
        self._ffmpeg = ffmpeg

    async def copy(self, source: Path, facts: MediaFacts, out: Path, report: Report) -> CopiedTracks:
        """See MediaConverter."""
        chosen = plan(facts)
        look = asyncio.create_task(self._take_still(source, facts, chosen, out))
        try:
            video, audio = await self._copy_streams(source, facts, chosen, out, report)
            if audio is None and facts.audio is not None:
                audio = await self.encode_audio(source, facts, chosen, out, lambda _: None)
            return CopiedTracks(video=video, audio=audio, stills=await look)
        finally:
            look.cancel()
            await asyncio.wait({look})

    async def _copy_streams(
        self, source: Path, facts: MediaFacts, chosen: Plan, out: Path, report: Report
    ) -> tuple[Track, Track | None]:
        """Copy what can be copied; no sound where it has to be coded anew."""
        sound = facts.audio is not None and can_copy_audio(facts)
        with confined_process.workspace(self._ffmpeg.box, out) as work:
            await self._ffmpeg.run(
                commands.copy(self._ffmpeg.path, facts, chosen, sound=sound),
                work,
                (source,),
                wall=MIN_WALL + COPY_PER_SECOND * facts.duration,
                progress=Progress(report, seconds=facts.duration),
            )
            rate = facts.video.rate_num, facts.video.rate_den
            video = await asyncio.to_thread(tracks.collect, work, "copy", out, rate=rate, foreign=True)
            check_copy(facts.video, video.name, tracks.cuts(video), video.timescale)
            return video, await self._take_copied_sound(work, chosen, out) if sound else None

    async def _take_copied_sound(self, work: Path, chosen: Plan, out: Path) -> Track | None:
        """Take the copied sound over where it is whole; packets may be damaged that nobody had to decode."""
        try:
            audio = await asyncio.to_thread(tracks.collect, work, "audio", out)
            check_sound(chosen, audio.name, tracks.cuts(audio), audio.timescale)
            await verify.decode(self._ffmpeg, [audio], out)
        except RenditionDamaged:
            shutil.rmtree(out / "audio", ignore_errors=True)
            return None
        return audio

    async def _take_still(self, source: Path, facts: MediaFacts, chosen: Plan, out: Path) -> tuple[Still, ...]:
        """Take one frame for a first poster; going without one is no failure."""
        frame = min(round(chosen.frames * STILL_AT), round(STILL_LATEST * chosen.rate))
        with confined_process.workspace(self._ffmpeg.box, out) as work:
            try:
                await self._ffmpeg.run(
                    commands.still(self._ffmpeg.path, facts, chosen, frame),
                    work,
                    (source,),
                    wall=STILL_WALL,
                    progress=Progress(verify.ignore, frames=1),
                )
            except (MediaRefused, MediaWorkFailed):
                return ()
            return await asyncio.to_thread(tracks.stills, work, "poster", out, [frame])

    async def encode_chunk(
        self,
        source: Path,
        facts: MediaFacts,
        plan: Plan,
        ordinal: int,
        rungs: Sequence[Rung],
        out: Path,
        report: Report,
        *,
        fast: bool = False,
    ) -> ChunkOutput:
        """See MediaConverter."""
        first, end = plan.span(ordinal)
        with confined_process.workspace(self._ffmpeg.box, out) as work:
            used = await self._ffmpeg.run(
                commands.encode(self._ffmpeg.path, facts, plan, ordinal, rungs, fast=fast),
                work,
                (source,),
                wall=MIN_WALL + WALL_PER_SECOND * float((end - first) / plan.rate),
                progress=Progress(report, frames=end - first),
            )
            made, stills = await asyncio.to_thread(_take_chunk, work, plan, ordinal, rungs, out)
        used += await verify.decode(self._ffmpeg, [tracks.sample_track(track, n) for n, track in enumerate(made)], out)
        return ChunkOutput(ordinal=ordinal, tracks=made, stills=stills, cpu_seconds=used)

    async def encode_audio(self, source: Path, facts: MediaFacts, plan: Plan, out: Path, report: Report) -> Track:
        """See MediaConverter."""
        seconds = float(plan.seconds)
        with confined_process.workspace(self._ffmpeg.box, out) as work:
            await self._ffmpeg.run(
                commands.audio(self._ffmpeg.path, facts, plan),
                work,
                (source,),
                wall=MIN_WALL + COPY_PER_SECOND * seconds,
                progress=Progress(report, seconds=seconds),
            )
            made = await asyncio.to_thread(tracks.collect, work, "audio", out)
        check_sound(plan, made.name, tracks.cuts(made), made.timescale)
        await verify.decode(self._ffmpeg, [made], out)
        return made

    async def make_mp4(self, video: Track, audio: Track | None, out: Path, report: Report) -> MediaFile:
        """See MediaConverter."""
        seconds = sum(segment.ticks for segment in video.segments) / video.timescale
        parts = [video] if audio is None else [video, audio]
        with confined_process.workspace(self._ffmpeg.box, out) as work:
            joined = [await asyncio.to_thread(tracks.join, part, work / f"{part.kind}.mp4") for part in parts]
            await self._ffmpeg.run(
                commands.join_progressive(self._ffmpeg.path, sound=audio is not None),
                work,
                tuple(joined),
                wall=MIN_WALL + COPY_PER_SECOND * seconds,
                progress=Progress(report, seconds=seconds),
            )
            whole = confined_process.keep(work / "whole.mp4", out / f"{video.name}.mp4")
        return await asyncio.to_thread(tracks.measure, whole)

    async def make_pictures(self, stills: Sequence[Still], plan: Plan, out: Path) -> Pictures:
        """See MediaConverter."""
        return await posters.make_pictures(self._ffmpeg.box, stills, plan, out)

    async def check(self, plan: Plan, tracks_made: Sequence[Track], scratch: Path) -> None:
        """See MediaConverter."""
        await verify.check(self._ffmpeg, plan, tracks_made, scratch)


def _take_chunk(
    work: Path, plan: Plan, ordinal: int, rungs: Sequence[Rung], out: Path
) -> tuple[tuple[Track, ...], tuple[Still, ...]]:
    """Take a chunk's tracks and stills over; every rung must fill exactly the chunk's place in the plan."""
    first, end = plan.span(ordinal)
    rate, before = (plan.rate_num, plan.rate_den), plan.first_segment(ordinal)
    made = tuple(tracks.collect(work, rung.name, out, first=before, rate=rate) for rung in rungs)
    for track in made:
        check_rung(plan, track.name, tracks.cuts(track), track.timescale, first=first, end=end)
    tiles = tracks.stills(work, "tile", out, plan.tiles(ordinal))
    return made, tiles + tracks.stills(work, "poster", out, plan.posters(ordinal))
