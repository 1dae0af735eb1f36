"""Planning of a video's jobs: all of them at once after the probe, so that no job has to create the next."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec

from efir.application.videos.videos import probe_job
from efir.domain.jobs import JobKind, JobState, NewJob, Queue
from efir.domain.kernel.errors import Conflict
from efir.domain.processing.ladder import Plan, can_copy_video
from efir.domain.processing.source_facts import MediaFacts
from efir.domain.videos.video import WATCHABLE, Video
from efir.ports.jobs.jobs import JobRow
from efir.ports.transactions import Transaction

COPY = JobKind.COPY_VIDEO
FIRST = JobKind.ENCODE_FIRST
SOUND = JobKind.ENCODE_AUDIO
LADDER = JobKind.ENCODE_CHUNK
FINISH = JobKind.FINISH_VIDEO
BEFORE_FINISH = (COPY, FIRST, SOUND, LADDER)
AT_WORK = frozenset({JobState.READY, JobState.RUNNING})


class Source(msgspec.Struct, frozen=True):
    """The facts and decisions of the probe; every later job carries them."""

    facts: MediaFacts
    plan: Plan


class PlanOutdated(Conflict):
    """The plan was made by an earlier version that knew less about the file: the file is probed again."""

    code = "plan-outdated"
    title = "The video is being planned again"


def source_of(facts: dict[str, Any]) -> Source:
    """Return the source that a job carries. Raises PlanOutdated for the plan of an earlier version."""
    try:
        return msgspec.convert(facts, Source)
    except msgspec.ValidationError as error:
        raise PlanOutdated from error


async def plan_anew(tx: Transaction, video: Video, *, now: datetime) -> None:
    """Schedule a new probe of a video whose row is locked; what can be watched stays watchable."""
    if video.state in WATCHABLE:
        await tx.jobs.forget(video.id, video.generation)
        await tx.videos.set_state(video.id, video.state, now=now, failure_code=None, failure_detail=None)
        await tx.jobs.put([probe_job(video)])
    else:
        await tx.videos.start_again(video.id, now=now)
        await tx.jobs.put([probe_job(await tx.videos.get(video.id))])


def plan_jobs(video: Video, source: Source) -> list[NewJob]:
    """Return all jobs at once: the first rendition, then the ladder, then those that need all of it."""
    whole = float(source.plan.seconds)
    if can_copy_video(source.facts):
        first = [_job(video, source, COPY, queue=Queue.FAST, priority=0, cost=1 + 0.01 * whole)]
    else:
        first = plan_first_encodes(video, source)
    return [*first, *ladder(video, source)]


def plan_first_encodes(video: Video, source: Source) -> list[NewJob]:
    """Return the jobs for the chunks of the first rendition, and for the sound beside them."""
    part = float(source.plan.seconds) / source.plan.chunks
    chunks = [
        _job(video, source, FIRST, ordinal=ordinal, priority=0, cost=max(0.1, 0.1 * part))
        for ordinal in range(source.plan.chunks)
    ]
    return [*([sound_job(video, source)] if source.plan.audio else []), *chunks]


def sound_job(video: Video, source: Source) -> NewJob:
    """Return the job that encodes the sound; a copy of the source's sound, if there is one, is not used any more."""
    cost = 1 + 0.02 * float(source.plan.seconds)
    return _job(video, source, SOUND, queue=Queue.FAST, priority=0, cost=cost)


def ladder(video: Video, source: Source) -> list[NewJob]:
    """Return the jobs for the chunks of all rungs, and the finish that needs all of them."""
    whole = float(source.plan.seconds)
    part, pixels = whole / source.plan.chunks, sum(rung.width * rung.height for rung in source.plan.rungs) / 1e6
    chunks = [
        _job(video, source, LADDER, ordinal=ordinal, cost=max(0.1, 0.4 * part * pixels))
        for ordinal in range(source.plan.chunks)
    ]
    return [*chunks, _job(video, source, FINISH, cost=1 + 0.05 * whole, blocked=True)]


def missing(video: Video, source: Source, jobs: Collection[JobRow], *, watchable: bool) -> list[NewJob]:
    """Return the jobs that interrupted processing needs to complete; existing jobs may be among them.

    A watchable video needs no first rendition; if the sound is missing, the finish schedules it.
    """
    if watchable:
        return ladder(video, source)
    no_copy = any(job.kind == COPY and job.state in {JobState.FAILED, JobState.POISON} for job in jobs)
    return [*(plan_first_encodes(video, source) if no_copy else []), *plan_jobs(video, source)]


def _job(video: Video, source: Source, kind: JobKind, **about: Any) -> NewJob:
    given = {"queue": Queue.MEDIA, "facts": msgspec.to_builtins(source)} | about
    return NewJob(kind=kind, subject=video.id, owner_id=video.owner_id, generation=video.generation, **given)
