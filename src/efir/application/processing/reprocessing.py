"""Reprocessing: resuming where the processing of a video stopped, without losing what can be watched."""

from collections.abc import Collection
from datetime import datetime

from efir.application.context import Ports
from efir.application.processing.pipeline import finish_if_last
from efir.application.processing.planning import (
    AT_WORK,
    COPY,
    FINISH,
    FIRST,
    LADDER,
    SOUND,
    PlanOutdated,
    Source,
    missing,
    plan_anew,
    source_of,
)
from efir.application.videos.playback import video_view
from efir.domain.jobs import JobId, JobState
from efir.domain.kernel.ids import UserId, VideoId
from efir.domain.videos.video import WATCHABLE, Video, VideoInProgress, VideoNotRetryable, VideoState
from efir.ports.jobs.jobs import JobRow
from efir.ports.transactions import Transaction
from efir.ports.videos.videos import VideoView


async def resume_processing(tx: Transaction, video: Video, *, now: datetime) -> None:
    """Resume processing of a video whose row is locked; probe the file again when there is no plan.

    Raises VideoNotRetryable for a video that is ready, VideoInProgress while anything waits or runs.
    """
    if video.state is VideoState.READY:
        raise VideoNotRetryable
    jobs = await tx.views.jobs.list_by_subject(video.id, video.generation)
    if any(job.state in AT_WORK for job in jobs):
        raise VideoInProgress
    source = await _plan_of(tx, jobs)
    if source is not None:
        await _resume(tx, video, source, jobs, now=now)
    else:
        await plan_anew(tx, video, now=now)


async def _plan_of(tx: Transaction, jobs: Collection[JobRow]) -> Source | None:
    """Return the plan that the jobs carry; None when there is none that this version can read."""
    carrier = next((job for job in jobs if job.kind in {FINISH, LADDER}), None)
    if carrier is None:
        return None
    try:
        return source_of((await tx.views.jobs.one(JobId(carrier.id))).facts or {})
    except PlanOutdated:
        return None


async def _resume(tx: Transaction, video: Video, source: Source, jobs: Collection[JobRow], *, now: datetime) -> None:
    watchable = video.state in WATCHABLE
    await tx.jobs.put(missing(video, source, jobs, watchable=watchable))
    again = [SOUND, LADDER, FINISH]
    if not watchable:  # the playlist of a watchable first rendition has ended, and must not grow again
        again.append(FIRST)
    if not watchable and any(job.kind == COPY and job.state == JobState.CANCELLED for job in jobs):
        again.append(COPY)
    await tx.jobs.restart(video.id, video.generation, again, blocked=[FINISH])
    state = video.state if watchable else VideoState.PROCESSING
    await tx.videos.set_state(video.id, state, now=now, failure_code=None, failure_detail=None)
    await finish_if_last(tx, video)


async def retry_video(ports: Ports, *, video_id: VideoId, owner: UserId, now: datetime) -> VideoView:
    """Process a video again that is not ready and has no job waiting or running.

    Raises VideoNotFound, VideoNotRetryable, VideoInProgress.
    """
    async with ports.begin() as tx:
        await resume_processing(tx, (await tx.videos.get(video_id, lock=True)).require_owner(owner), now=now)
        return video_view(ports, await tx.views.videos.one(video_id), now=now)
