"""From an uploaded file to a video ready to watch: the jobs of `videos.md` §3, one function each.

Each does its work outside a transaction, puts its files into the store under names that carry their content's hash, and
then publishes them in one transaction that begins with the own fence. A worker that lost its lease publishes nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from efir.application.context import Ports
from efir.application.jobs import Progress
from efir.application.planning import FIRST, LADDER, Source, first_encodes, planned
from efir.application.publishing import (
    StoredStill,
    StoredTrack,
    joined,
    local_file,
    local_stills,
    local_track,
    publish_track,
    store_mp4,
    store_pictures,
    store_stills,
    store_track,
)
from efir.domain.jobs import ClaimedJob, Failure
from efir.domain.media import MediaWorkFailed, RenditionDamaged
from efir.domain.renditions import Plan, plan
from efir.domain.videos import WATCHABLE, Video, VideoId, VideoState
from efir.ports.jobs import JobRow
from efir.ports.media import Still
from efir.ports.renditions import Asset
from efir.ports.transactions import Transaction

PLAIN_HEIGHT = 480


class Made(msgspec.Struct, frozen=True):
    """What a job leaves for the last one: chunks of the ladder with their stills, or the sound."""

    tracks: list[StoredTrack]
    stills: list[StoredStill] = []


async def probe_video(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
    """Look into the source and plan every later job. Raises MediaRefused when it is no video we take."""
    async with ports.begin() as tx:
        video = await tx.videos.get(VideoId(job.subject))
    async with ports.scratch.directory("probe") as scratch:
        facts = await ports.probe.probe(await local_file(ports, video.source_key, scratch))
    progress(0.9)
    source = Source(facts, plan(facts))
    async with ports.begin() as tx:
        await tx.jobs.finish(job)
        video = await tx.videos.get(video.id, lock=True)
        await tx.videos.set_state(
            video.id, VideoState.PROCESSING, now=ports.clock(), duration=float(source.plan.seconds),
            width=facts.video.width, height=facts.video.height,
        )  # fmt: skip
        await tx.jobs.put(planned(video.id, video.owner_id, video.generation, source))


async def copy_video(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
    """Cut the source at its keyframes, so that it can be watched at once."""
    async with _opened(ports, job) as (video, source, local, out):
        copied = await ports.converter.copy(local, source.facts, out, progress)
        posters = await _early_posters(ports, video, copied.stills, source.plan, out)
        picture = await store_track(ports, video, copied.video, name="copy")
        sound = None if copied.audio is None else await store_track(ports, video, copied.audio)
    async with ports.begin() as tx:
        await tx.jobs.finish(job, _left(sound))
        video = await tx.videos.get(video.id, lock=True)
        await publish_track(tx, video, picture, temporary=True)
        if sound is not None:
            await publish_track(tx, video, sound)
        await _watchable(ports, tx, video, posters)
        await _finish_if_last(tx, video)


async def encode_first(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
    """Encode a chunk of one small rung fast; the first chunk brings the sound of the whole video with it."""
    async with _opened(ports, job) as (video, source, local, out):
        facts, chosen = source.facts, source.plan
        (out / "picture").mkdir()
        (out / "sound").mkdir()
        rungs = [chosen.first_rung]
        async with asyncio.TaskGroup() as both:
            chunk = both.create_task(
                ports.converter.encode_chunk(
                    local, facts, chosen, job.ordinal, rungs, out / "picture", progress, fast=True
                )
            )
            sound = None
            if job.ordinal == 0 and chosen.audio:
                sound = both.create_task(
                    ports.converter.encode_audio(local, facts, chosen, out / "sound", lambda _done: None)
                )
        posters: list[Asset] = []
        if job.ordinal == 0:
            posters = await _early_posters(ports, video, chunk.result().stills, chosen, out)
        picture = await store_track(ports, video, chunk.result().tracks[0], name="first")
        audio = None if sound is None else await store_track(ports, video, sound.result())
    async with ports.begin() as tx:
        await tx.jobs.finish(job, _left(audio))
        video = await tx.videos.get(video.id, lock=True)
        complete = await tx.jobs.unfinished(video.id, video.generation, ["encode_first"]) == 0
        await publish_track(tx, video, picture, temporary=True, complete=complete)
        if audio is not None:
            await publish_track(tx, video, audio)
        if job.ordinal == 0:
            await _watchable(ports, tx, video, posters)
        await _finish_if_last(tx, video)


async def encode_chunk(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
    """Encode one chunk for every rung from one decode; the last chunk to end starts the finish."""
    async with _opened(ports, job) as (video, source, local, out):
        chunk = await ports.converter.encode_chunk(
            local, source.facts, source.plan, job.ordinal, source.plan.rungs, out, progress
        )
        stills = await store_stills(ports, video, chunk.stills)
        tracks = [await store_track(ports, video, track) for track in chunk.tracks]
    async with ports.begin() as tx:
        await tx.jobs.finish(job, msgspec.to_builtins(Made(tracks, stills), enc_hook=_plain))
        await _finish_if_last(tx, await tx.videos.get(video.id, lock=True))


async def finish_video(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
    """Check every rendition, make the plain file, poster and storyboard, then serve it all."""
    async with _opened(ports, job) as (video, source, _local, out):
        done = await _made(ports, job, (LADDER,))
        stored = [
            joined([track for chunk in done for track in chunk.tracks if track.about.name == rung.name])
            for rung in source.plan.rungs
        ]
        audio = next((track for first in await _made(ports, job, FIRST) for track in first.tracks), None)
        tracks = [await local_track(ports, track, out) for track in stored]
        sound = None if audio is None else await local_track(ports, audio, out)
        try:
            await ports.converter.check(source.plan, [*tracks, sound] if sound else tracks, out)
        except RenditionDamaged as damage:
            if await _redone(ports, job, source.plan, damage):
                return
            raise
        progress(0.5)
        plain = next((track for track in tracks if track.height <= PLAIN_HEIGHT), tracks[-1])
        mp4 = await ports.converter.make_mp4(plain, sound, out, lambda part: progress(0.5 + part * 0.3))
        frames = await local_stills(ports, (still for chunk in done for still in chunk.stills), out)
        (out / "pictures").mkdir()
        pictures = await ports.converter.make_pictures(frames, source.plan, out / "pictures")
        assets = [await store_mp4(ports, video, plain, mp4), *await store_pictures(ports, video, pictures)]
    async with ports.begin() as tx:
        await tx.jobs.finish(job)
        video = await tx.videos.get(video.id, lock=True)
        for track in [*stored, audio] if audio else stored:
            await publish_track(tx, video, track)
        for asset in assets:
            await tx.renditions.put_asset(video.id, video.generation, asset)
        await tx.renditions.unlist_temporary(video.id, video.generation)
        await tx.videos.set_state(video.id, VideoState.READY, now=ports.clock(), failure_code=None, failure_detail=None)
        await tx.outbox.put("video_ready", video.id, generation=video.generation)


async def video_failed(ports: Ports, tx: Transaction, row: JobRow, failure: Failure) -> None:
    """Tell the owner why; what can be watched already stays so."""
    video = await _still_there(tx, row)
    if video is None:
        return
    state = video.state if video.state in WATCHABLE else VideoState.FAILED
    await tx.videos.set_state(
        video.id, state, now=ports.clock(), failure_code=failure.code, failure_detail=failure.detail
    )
    await tx.jobs.cancel(video.id)


async def copy_failed(_ports: Ports, tx: Transaction, row: JobRow, _failure: Failure) -> None:
    """Encode the first rung instead: a stream that cannot be cut may still be decoded."""
    video = await _still_there(tx, row)
    if video is not None and video.generation == row.generation:
        source = msgspec.convert(row.facts, Source)
        await tx.jobs.put(first_encodes(video.id, video.owner_id, video.generation, source))


@asynccontextmanager
async def _opened(ports: Ports, job: ClaimedJob) -> AsyncIterator[tuple[Video, Source, Path, Path]]:
    """The video, its plan, its source as a local file, and an empty directory for what is made of it."""
    async with ports.begin() as tx:
        video = await tx.videos.get(VideoId(job.subject))
    async with ports.scratch.directory(job.kind) as out:
        (out / "made").mkdir()
        yield video, msgspec.convert(job.facts, Source), await local_file(ports, video.source_key, out), out / "made"


async def _watchable(ports: Ports, tx: Transaction, video: Video, posters: Sequence[Asset]) -> None:
    for poster in posters:
        await tx.renditions.put_asset(video.id, video.generation, poster)
    if video.state not in WATCHABLE:
        await tx.videos.set_state(video.id, VideoState.PLAYABLE, now=ports.clock())


async def _early_posters(ports: Ports, video: Video, stills: Sequence[Still], chosen: Plan, out: Path) -> list[Asset]:
    if not any(still.kind == "poster" for still in stills):
        return []
    (out / "pictures").mkdir()
    try:
        pictures = await ports.converter.make_pictures(stills, chosen, out / "pictures")
    except MediaWorkFailed:  # the video can be watched without a picture until the last job makes it
        return []
    return [asset for asset in await store_pictures(ports, video, pictures) if asset.kind == "poster"]


async def _made(ports: Ports, job: ClaimedJob, kinds: Sequence[str]) -> list[Made]:
    async with ports.read() as views:
        outputs = await views.jobs.outputs(job.subject, job.generation, kinds)
    return [msgspec.convert(output, Made, dec_hook=_read_plain) for output in outputs]


def _left(sound: StoredTrack | None) -> Any:
    return msgspec.to_builtins(Made([] if sound is None else [sound]), enc_hook=_plain)


async def _finish_if_last(tx: Transaction, video: Video) -> None:
    """Start the finish when nothing else is left; the caller holds the video's row, so exactly one job sees it."""
    if await tx.jobs.unfinished(video.id, video.generation, [*FIRST, LADDER]) == 0:
        await tx.jobs.unblock(video.id, video.generation, "finish_video")


async def _redone(ports: Ports, job: ClaimedJob, chosen: Plan, damage: RenditionDamaged) -> bool:
    """Encode the damaged chunk once more; False when that was tried before or the damage has no place."""
    if job.attempt > 1 or damage.ordinal < 0 or damage.track == "audio":
        return False
    chunk = damage.ordinal * chosen.segment // chosen.chunk
    async with ports.begin() as tx:
        await tx.jobs.redo(job, kind=LADDER, ordinal=chunk)
    return True


async def _still_there(tx: Transaction, row: JobRow) -> Video | None:
    """The job's video, unless it was deleted or has a newer generation."""
    found = await tx.videos.find(VideoId(row.subject), lock=True)
    return found if found is not None and found.generation == row.generation else None


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(type(value))


def _read_plain(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise TypeError(kind)
