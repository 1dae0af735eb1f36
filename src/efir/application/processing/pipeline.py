"""The processing of a video, from the uploaded file to playback: one function per job but the last (`completion.py`).

Each works outside a transaction, puts its files into the store under names that contain the hash of their content, and
then publishes them in one transaction. The transaction locks the video's row first, so that only one job of a video at
a time decides what follows, and then checks the job's fence: a worker that lost its lease publishes nothing.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from efir.application.context import Ports
from efir.application.jobs.engine import Progress
from efir.application.processing.listing import publish_track, target_of
from efir.application.processing.planning import (
    BEFORE_FINISH,
    FINISH,
    FIRST,
    PlanOutdated,
    Source,
    missing,
    plan_anew,
    plan_first_encodes,
    source_of,
)
from efir.application.processing.publishing import (
    StoredStill,
    StoredTrack,
    local_file,
    store_pictures,
    store_stills,
    store_track,
)
from efir.domain.jobs import ClaimedJob, Failure
from efir.domain.kernel.ids import VideoId
from efir.domain.processing.ladder import Plan, plan, plan_target_duration
from efir.domain.processing.source_facts import MediaSoundUnreadable, MediaUnreadable, MediaWorkFailed, RenditionDamaged
from efir.domain.videos.video import WATCHABLE, MediaRefused, SourceMissing, Video, VideoState
from efir.ports.jobs.jobs import JobRow
from efir.ports.kernel.blobs import BlobMissing
from efir.ports.processing.media import Still
from efir.ports.transactions import Transaction
from efir.ports.videos.renditions import Asset

FIRST_PICTURE, FIRST_SOUND = "first", "first_audio"


class Made(msgspec.Struct, frozen=True):
    """The output of a job for the last one: chunks of the ladder with their stills, or the sound."""

    tracks: list[StoredTrack]
    stills: list[StoredStill] = []


async def probe_video(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
    """Probe the source and plan all later jobs. Raises MediaRefused when the video cannot be accepted."""
    async with ports.begin() as tx:
        video = await tx.videos.get(VideoId(job.subject))
    async with ports.scratch.directory("probe") as scratch:
        facts = await ports.media.probe.probe(await local_source(ports, video, scratch))
    progress(0.9)
    source = Source(facts, plan(facts))
    async with ports.begin() as tx:
        video = await complete_job(tx, job)
        watchable = video.state in WATCHABLE
        await tx.videos.set_state(
            video.id, video.state if watchable else VideoState.PROCESSING, now=ports.clock(),
            duration=float(source.plan.seconds), width=facts.video.width, height=facts.video.height,
        )  # fmt: skip
        await tx.jobs.put(missing(video, source, [], watchable=watchable))


async def copy_video(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
    """Cut the source at its keyframes without encoding, so that it can be watched at once."""
    async with workspace(ports, job) as (video, source, local, out):
        copied = await ports.media.converter.copy(local, source.facts, out, progress)
        if not all(segment.independent for segment in copied.video.segments):
            raise RenditionDamaged("a segment needs the one before it", track=copied.video.name)
        posters = await _make_early_posters(ports, video, copied.stills, source.plan, out)
        tracks = [await store_track(ports, video, copied.video, name="copy")]
        if copied.audio is not None:
            tracks.append(await store_track(ports, video, copied.audio, name=FIRST_SOUND))
    async with ports.begin() as tx:
        video = await complete_job(tx, job, job_output(tracks[1:]))
        for track in tracks:
            await publish_track(tx, video, track, target=target_of(tracks), temporary=True)
        await _show_once_watchable(ports, tx, video, source, posters)
        await finish_if_last(tx, video)


async def encode_first(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
    """Encode a chunk of the first rendition, fast."""
    posters: list[Asset] = []
    async with workspace(ports, job) as (video, source, local, out):
        facts, chosen = source.facts, source.plan
        rungs = [chosen.first_rung]
        chunk = await ports.media.converter.encode_chunk(
            local, facts, chosen, job.ordinal, rungs, out, progress, fast=True
        )
        if job.ordinal == 0:
            posters = await _make_early_posters(ports, video, chunk.stills, chosen, out)
        picture = await store_track(ports, video, chunk.tracks[0], name=FIRST_PICTURE)
    async with ports.begin() as tx:
        video = await complete_job(tx, job)
        complete = await tx.jobs.count_unfinished(video.id, video.generation, [FIRST]) == 0
        target = plan_target_duration(chosen)
        await publish_track(tx, video, picture, target=target, temporary=True, growing=True, complete=complete)
        await _show_once_watchable(ports, tx, video, source, posters)
        await finish_if_last(tx, video)


async def encode_audio(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
    """Encode the sound of the whole video. Raises MediaSoundUnreadable when nothing of it can be decoded."""
    async with workspace(ports, job) as (video, source, local, out):
        try:
            encoded = await ports.media.converter.encode_audio(local, source.facts, source.plan, out, progress)
        except MediaUnreadable as error:
            raise MediaSoundUnreadable from error
        sound = await store_track(ports, video, encoded, name=FIRST_SOUND)
    async with ports.begin() as tx:
        video = await complete_job(tx, job, job_output([sound]))
        if video.state not in WATCHABLE:  # otherwise another sound exists, which a viewer may be in the middle of
            await publish_track(tx, video, sound, target=plan_target_duration(source.plan), temporary=True)
            await _show_once_watchable(ports, tx, video, source, [])
        await finish_if_last(tx, video)


async def encode_chunk(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
    """Encode one chunk for every rung from one decode; the last chunk to be done starts the finish."""
    async with workspace(ports, job) as (video, source, local, out):
        chunk = await ports.media.converter.encode_chunk(
            local, source.facts, source.plan, job.ordinal, source.plan.rungs, out, progress
        )
        stills = await store_stills(ports, video, chunk.stills)
        tracks = [await store_track(ports, video, track) for track in chunk.tracks]
    async with ports.begin() as tx:
        await finish_if_last(tx, await complete_job(tx, job, job_output(tracks, stills)))


async def handle_video_failure(ports: Ports, tx: Transaction, row: JobRow, failure: Failure) -> None:
    """Store the failure and cancel the remaining jobs; renditions that can be watched stay."""
    video = await _find_current(tx, row)
    if video is None:
        return
    if failure.code == PlanOutdated.code:
        await plan_anew(tx, video, now=ports.clock())
        return
    state = video.state if video.state in WATCHABLE else VideoState.FAILED
    await tx.videos.set_state(
        video.id, state, now=ports.clock(), failure_code=failure.code, failure_detail=failure.detail
    )
    await tx.jobs.cancel(video.id)
    if state in WATCHABLE:
        await tx.renditions.end_growing(video.id, video.generation)


async def handle_copy_failure(ports: Ports, tx: Transaction, row: JobRow, failure: Failure) -> None:
    """Schedule the first rendition and the sound instead: streams that cannot be copied may still decode."""
    if failure.code == PlanOutdated.code:
        await handle_video_failure(ports, tx, row, failure)
        return
    video = await _find_current(tx, row)
    if video is not None:
        await tx.jobs.put(plan_first_encodes(video, source_of(row.facts or {})))


async def hold_video(tx: Transaction, row: JobRow | ClaimedJob) -> None:
    """Lock the row of a job's video before the job's own row, the order of every transaction that locks both."""
    await tx.videos.find(VideoId(row.subject), lock=True)


async def complete_job(tx: Transaction, job: ClaimedJob, output: Any = None) -> Video:
    """Lock the job's video, then complete the job under its fence. Raises LeaseLost, VideoNotFound."""
    video = await tx.videos.get(VideoId(job.subject), lock=True)
    await tx.jobs.finish(job, output)
    return video


@asynccontextmanager
async def workspace(ports: Ports, job: ClaimedJob) -> AsyncIterator[tuple[Video, Source, Path, Path]]:
    """Yield the video, its plan, its source as a local file, and an empty directory for the output."""
    async with ports.begin() as tx:
        video = await tx.videos.get(VideoId(job.subject))
    async with ports.scratch.directory(job.kind) as out:
        (out / "made").mkdir()
        yield video, source_of(job.facts), await local_source(ports, video, out), out / "made"


async def local_source(ports: Ports, video: Video, scratch: Path) -> Path:
    """Return the uploaded file as a local file. Raises SourceMissing."""
    try:
        return await local_file(ports, video.source_key, scratch)
    except BlobMissing as error:
        raise SourceMissing from error


async def finish_if_last(tx: Transaction, video: Video) -> None:
    """Start the finish when nothing else is left; the caller locks the video's row, so exactly one job starts it."""
    if await tx.jobs.count_unfinished(video.id, video.generation, BEFORE_FINISH) == 0:
        await tx.jobs.unblock(video.id, video.generation, FINISH)


def job_output(tracks: list[StoredTrack], stills: list[StoredStill] | None = None) -> Any:
    """Return the output of a job for the last one."""
    return msgspec.to_builtins(Made(tracks, stills or []), enc_hook=_to_plain)


async def _show_once_watchable(
    ports: Ports, tx: Transaction, video: Video, source: Source, posters: Sequence[Asset]
) -> None:
    """Make the video watchable as soon as it has a picture from its start, and its sound if it has one."""
    for poster in posters:
        await tx.renditions.put_asset(video.id, video.generation, poster)
    listed = {row.kind for row in await tx.views.renditions.list_by_video(video.id, video.generation) if row.listed}
    if video.state not in WATCHABLE and listed >= ({"video", "audio"} if source.plan.audio else {"video"}):
        await tx.videos.set_state(video.id, VideoState.PLAYABLE, now=ports.clock())


async def _make_early_posters(
    ports: Ports, video: Video, stills: Sequence[Still], chosen: Plan, out: Path
) -> list[Asset]:
    if not any(still.kind == "poster" for still in stills):
        return []
    (out / "pictures").mkdir()
    try:
        pictures = await ports.media.converter.make_pictures(stills, chosen, out / "pictures")
    except (MediaRefused, MediaWorkFailed):  # the video can be watched without a poster until the last job creates it
        return []
    return [asset for asset in await store_pictures(ports, video, pictures) if asset.kind == "poster"]


async def _find_current(tx: Transaction, row: JobRow) -> Video | None:
    """Return the job's video; None when it was deleted or has a newer generation."""
    found = await tx.videos.find(VideoId(row.subject), lock=True)
    return found if found is not None and found.generation == row.generation else None


def _to_plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(type(value))
