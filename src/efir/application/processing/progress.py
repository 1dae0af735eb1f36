"""The progress of a video's processing."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from efir.application.context import Ports
from efir.application.processing.planning import AT_WORK, COPY, FINISH, FIRST, LADDER, SOUND
from efir.application.videos.playback import failure_of
from efir.application.videos.videos import PROBE
from efir.domain.jobs import PUBLIC_STATE, JobState
from efir.domain.kernel.ids import UserId, VideoId
from efir.domain.kernel.ownership import require_owner
from efir.domain.videos.video import WATCHABLE, VideoNotFound, VideoState
from efir.ports.jobs.jobs import JobRow
from efir.ports.videos.videos import FailureView

STAGES = {"inspect": (PROBE,), "first": (COPY, FIRST, SOUND), "encode": (LADDER,), "finish": (FINISH,)}
TELLING = 0.03  # below this share of the work an estimate of the remaining time would mislead


class Stage(Struct, frozen=True):
    """A step of processing."""

    name: Annotated[str, Meta(description="inspect, first, encode or finish.", examples=["encode"])]
    state: Annotated[str, Meta(description="queued, running, done, failed or cancelled.", examples=["running"])]
    progress: Annotated[float, Meta(description="From 0 to 1.", examples=[0.5])]


class Processing(Struct, frozen=True):
    """The progress of processing, weighted by the cost of the jobs."""

    state: Annotated[VideoState, Meta(description="State of the video.")]
    stages: Annotated[list[Stage], Meta(description="Steps in order.")]
    progress: Annotated[float, Meta(description="Of everything, from 0 to 1.", examples=[0.4])]
    eta: Annotated[float | None, Meta(description="Seconds left, once it can be told.", examples=[12.5])]
    ended: Annotated[bool, Meta(description="Nothing more will change, unless it is processed again.")] = False
    failure: Annotated[FailureView | None, Meta(description="Why it ended before the video was ready.")] = None


async def get_processing(ports: Ports, *, video_id: VideoId, owner: UserId, now: datetime) -> Processing:
    """Return the progress of processing to the owner of a video. Raises VideoNotFound."""
    async with ports.read() as views:
        facts = await views.videos.one(video_id)
        require_owner(facts.owner_id, owner, VideoNotFound)
        jobs = await views.jobs.list_by_subject(video_id, facts.generation)
        at_work = any(job.state in AT_WORK for job in jobs)
        if not at_work:  # the last job may have ended since the first read: read the video again
            facts = await views.videos.one(video_id)
    state = VideoState(facts.state)
    ended = not at_work or state in {VideoState.READY, VideoState.FAILED}
    needed = _needed_jobs(jobs, watchable=state in WATCHABLE and facts.failure_code is None)
    share = 1.0 if state is VideoState.READY else _share_of(needed)
    elapsed = (now - min((job.created_at for job in needed), default=now)).total_seconds()
    eta = elapsed * (1 - share) / share if share > TELLING and not ended else None
    return Processing(
        state=state,
        stages=[
            _stage(name, [job for job in needed if job.kind in kinds], ended=ended, watchable=state in WATCHABLE)
            for name, kinds in STAGES.items()
        ],
        progress=round(share, 4),
        eta=None if eta is None else round(eta, 1),
        ended=ended,
        failure=failure_of(facts),
    )


def _needed_jobs(jobs: Collection[JobRow], *, watchable: bool) -> list[JobRow]:
    """Return the jobs without those that failed and are not needed any more.

    These are a copy that was replaced by encoding, and a first rendition of which enough exists to be `watchable`.
    """
    gone = {JobState.FAILED, JobState.POISON, JobState.CANCELLED}
    replaced = {COPY} if any(job.kind == FIRST for job in jobs) else set()
    replaced |= {COPY, FIRST} if watchable else set()
    return [job for job in jobs if not (job.kind in replaced and job.state in gone)]


def _share_of(jobs: Collection[JobRow]) -> float:
    total = sum(job.cost for job in jobs)
    return sum(job.cost * _share(job) for job in jobs) / total if total and len(jobs) > 1 else 0.0


def _stage(name: str, jobs: Collection[JobRow], *, ended: bool, watchable: bool) -> Stage:
    states = {PUBLIC_STATE[JobState(job.state)] for job in jobs}
    progress = sum(_share(job) for job in jobs) / len(jobs) if jobs else 0.0
    if states == {"done"} or (name == "first" and watchable and not states - {"done"}):
        state, progress = "done", 1.0
    elif states & {"failed", "cancelled"}:
        state = "failed" if "failed" in states else "cancelled"
    elif states <= {"queued"}:
        state = "cancelled" if ended else "queued"
    else:
        state = "running"
    return Stage(name=name, state=state, progress=round(progress, 4))


def _share(job: JobRow) -> float:
    return 1.0 if job.state == JobState.DONE else job.progress if job.state == JobState.RUNNING else 0.0
