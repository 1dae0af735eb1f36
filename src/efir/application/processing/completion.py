"""The last job of a video: check, complete and serve everything; parts that fail the check are created once more."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec

from efir.application.context import Ports
from efir.application.jobs.engine import Progress
from efir.application.processing.listing import publish_track, target_of
from efir.application.processing.pipeline import FIRST_SOUND, Made, complete_job
from efir.application.processing.planning import COPY, FIRST, LADDER, SOUND, Source, sound_job, source_of
from efir.application.processing.publishing import (
    StoredStill,
    StoredTrack,
    join_chunks,
    local_stills,
    local_track,
    store_copy,
    store_mp4,
    store_pictures,
)
from efir.domain.jobs import ClaimedJob, EventName
from efir.domain.kernel.ids import VideoId
from efir.domain.processing.ladder import Plan
from efir.domain.processing.source_facts import MediaWorkFailed, RenditionDamaged
from efir.domain.videos.video import MediaRefused, Video, VideoState
from efir.ports.processing.media import Track
from efir.ports.transactions import Transaction
from efir.ports.videos.renditions import Asset

PLAIN_HEIGHT = 480
SOUND_TRACK = "audio"


class Parts(msgspec.Struct, frozen=True):
    """The parts created for a video: rungs from the largest to the smallest, the sound, frames for pictures."""

    rungs: list[StoredTrack]
    sound: StoredTrack | None
    stills: list[StoredStill]


async def finish_video(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
    """Check every rendition, create the plain file, poster and storyboard, then serve them all."""
    source = source_of(job.facts)
    try:
        async with _workshop(ports, job) as (video, out):
            parts = await _parts(ports, job, source.plan)
            tracks = [await local_track(ports, track, out) for track in parts.rungs]
            sound = None if parts.sound is None else await local_track(ports, parts.sound, out)
            await ports.media.converter.check(source.plan, [*tracks, sound] if sound else tracks, out)
            progress(0.5)
            listed = list(parts.rungs)
            if parts.sound is not None and sound is not None:
                listed.append(await store_copy(ports, video, parts.sound, sound, name=SOUND_TRACK))
            assets = await _assets(ports, video, source.plan, (tracks, sound, parts.stills), out, progress)
    except RenditionDamaged as damage:
        if await _try_again(ports, job, source, damage):
            return
        raise
    async with ports.begin() as tx:
        await _serve(ports, tx, await complete_job(tx, job), listed, assets)


async def _serve(
    ports: Ports, tx: Transaction, video: Video, listed: Sequence[StoredTrack], assets: Sequence[Asset]
) -> None:
    for track in listed:
        await publish_track(tx, video, track, target=target_of(listed))
    for asset in assets:
        await tx.renditions.put_asset(video.id, video.generation, asset)
    await tx.renditions.unlist_temporary(video.id, video.generation)
    await tx.videos.set_state(video.id, VideoState.READY, now=ports.clock(), failure_code=None, failure_detail=None)
    await tx.outbox.put(EventName.VIDEO_READY, video.id, generation=video.generation)


@asynccontextmanager
async def _workshop(ports: Ports, job: ClaimedJob) -> AsyncIterator[tuple[Video, Path]]:
    """Yield the video and an empty directory; a file refused within is Efir's own, so the source is not to blame."""
    async with ports.begin() as tx:
        video = await tx.videos.get(VideoId(job.subject))
    async with ports.scratch.directory(job.kind) as out:
        with _ours():
            yield video, out


@contextmanager
def _ours() -> Iterator[None]:
    try:
        yield
    except MediaRefused as refused:
        raise MediaWorkFailed(f"what was made is refused: {refused.detail}") from refused


async def _parts(ports: Ports, job: ClaimedJob, chosen: Plan) -> Parts:
    """Collect the output of the other jobs. Raises RenditionDamaged for missing parts and those that do not fit."""
    chunks = await _outputs(ports, job, LADDER)
    rungs = [
        join_chunks([track for chunk in chunks for track in chunk.tracks if track.about.name == rung.name])
        for rung in chosen.rungs
    ]
    sounds = [
        track for kind in (SOUND, COPY, FIRST) for made in await _outputs(ports, job, kind) for track in made.tracks
    ]
    if chosen.audio and not sounds:
        raise RenditionDamaged("no sound was made", track=FIRST_SOUND)
    return Parts(rungs, sounds[0] if sounds else None, [still for chunk in chunks for still in chunk.stills])


async def _outputs(ports: Ports, job: ClaimedJob, kind: str) -> list[Made]:
    async with ports.read() as views:
        outputs = await views.jobs.outputs(job.subject, job.generation, [kind])
    return [msgspec.convert(output, Made, dec_hook=_read_plain) for output in outputs]


async def _assets(
    ports: Ports,
    video: Video,
    chosen: Plan,
    made: tuple[Sequence[Track], Track | None, Sequence[StoredStill]],
    out: Path,
    progress: Progress,
) -> list[Asset]:
    """Create the plain file and the pictures."""
    tracks, sound, stills = made
    plain = next((track for track in tracks if track.height <= PLAIN_HEIGHT), tracks[-1])
    mp4 = await ports.media.converter.make_mp4(plain, sound, out, lambda part: progress(0.5 + part * 0.3))
    frames = await local_stills(ports, stills, out)
    (out / "pictures").mkdir()
    pictures = await ports.media.converter.make_pictures(frames, chosen, out / "pictures")
    return [await store_mp4(ports, video, plain, mp4), *await store_pictures(ports, video, pictures)]


async def _try_again(ports: Ports, job: ClaimedJob, source: Source, damage: RenditionDamaged) -> bool:
    """Schedule damaged parts once more, each of them once; return False when that has already been done for all.

    The sound is encoded instead of copied. Damage without a location is that of every chunk.
    """
    async with ports.begin() as tx:
        video = await tx.videos.get(VideoId(job.subject), lock=True)
        if damage.track in {FIRST_SOUND, SOUND_TRACK}:
            again = bool(await tx.jobs.put([sound_job(video, source)])) or await tx.jobs.redo(job, SOUND)
        elif damage.ordinal < 0:
            again = await tx.jobs.redo(job, LADDER)
        else:
            again = await tx.jobs.redo(job, LADDER, damage.ordinal * source.plan.segment // source.plan.chunk)
        if again:
            await tx.jobs.block(job)
    return again


def _read_plain(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise TypeError(kind)
