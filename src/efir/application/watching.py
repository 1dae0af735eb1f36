"""How far the processing of a video has come."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from efir.application.context import Ports
from efir.domain.jobs import PUBLIC_STATE, JobState
from efir.domain.users import UserId
from efir.domain.videos import VideoId, VideoNotFound, VideoState
from efir.ports.jobs import JobRow

STAGES = {
    "inspect": ("probe_video",),
    "first": ("copy_video", "encode_first"),
    "encode": ("encode_chunk",),
    "finish": ("finish_video",),
}
TELLING = 0.03  # below this share of the work a guess of the remaining time would mislead


class Stage(Struct, frozen=True):
    """A step of processing."""

    name: Annotated[str, Meta(description="inspect, first, encode or finish.", examples=["encode"])]
    state: Annotated[str, Meta(description="queued, running, done, failed or cancelled.", examples=["running"])]
    progress: Annotated[float, Meta(description="From 0 to 1.", examples=[0.5])]


class Processing(Struct, frozen=True):
    """How far processing has come, weighted by the cost of its jobs."""

    state: Annotated[VideoState, Meta(description="State of the video.")]
    stages: Annotated[list[Stage], Meta(description="Steps in order.")]
    progress: Annotated[float, Meta(description="Of everything, from 0 to 1.", examples=[0.4])]
    eta: Annotated[float | None, Meta(description="Seconds left, once it can be told.", examples=[12.5])]

    @property
    def ended(self) -> bool:
        """Nothing more will change."""
        return self.state in {VideoState.READY, VideoState.FAILED}


async def get_processing(ports: Ports, *, video_id: VideoId, owner: UserId, now: datetime) -> Processing:
    """Tell the owner how far processing has come. Raises VideoNotFound."""
    async with ports.read() as views:
        facts = await views.videos.one(video_id)
        if facts.owner_id != owner:
            raise VideoNotFound
        jobs = await views.jobs.of_subject(video_id, facts.generation)
    stages = [_stage(name, [job for job in jobs if job.kind in kinds]) for name, kinds in STAGES.items()]
    total = sum(job.cost for job in jobs)
    done = sum(job.cost * _share(job) for job in jobs)
    share = 1.0 if facts.state == VideoState.READY else done / total if total and len(jobs) > 1 else 0.0
    elapsed = (now - min((job.created_at for job in jobs), default=now)).total_seconds()
    eta = elapsed * (1 - share) / share if share > TELLING and facts.state != VideoState.FAILED else None
    return Processing(
        state=VideoState(facts.state),
        stages=stages,
        progress=round(share, 4),
        eta=None if eta is None else round(eta, 1),
    )


def _stage(name: str, jobs: list[JobRow]) -> Stage:
    states = {PUBLIC_STATE[JobState(job.state)] for job in jobs}
    progress = sum(_share(job) for job in jobs) / len(jobs) if jobs else 0.0
    if states <= {"queued"}:
        state = "queued"
    elif states == {"done"}:
        state = "done"
    elif states & {"failed", "cancelled"}:
        state = "failed" if "failed" in states else "cancelled"
    else:
        state = "running"
    return Stage(name=name, state=state, progress=round(progress, 4))


def _share(job: JobRow) -> float:
    return 1.0 if job.state == JobState.DONE else job.progress if job.state == JobState.RUNNING else 0.0
