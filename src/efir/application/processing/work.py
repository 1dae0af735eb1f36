"""The jobs and event consumers of video processing."""

from efir.application.jobs.engine import JobHandler, JobHandlers
from efir.application.jobs.outbox import Consumers
from efir.application.processing.cleanup import drop_first_renditions, purge_video
from efir.application.processing.completion import finish_video
from efir.application.processing.pipeline import (
    copy_video,
    encode_audio,
    encode_chunk,
    encode_first,
    handle_copy_failure,
    handle_video_failure,
    hold_video,
    probe_video,
)
from efir.domain.jobs import EventName, JobKind, NewJob
from efir.ports.jobs.outbox import Event

STILL_WRITING = 30.0  # seconds; a worker notices within a heartbeat that it has lost its job
STILL_WATCHED = 6 * 3600.0  # seconds; a player of a first rendition keeps its playlist


JOBS: JobHandlers = {
    JobKind.PROBE_VIDEO: JobHandler(work=probe_video, after_failure=handle_video_failure, hold=hold_video),
    JobKind.COPY_VIDEO: JobHandler(work=copy_video, after_failure=handle_copy_failure, hold=hold_video),
    JobKind.ENCODE_FIRST: JobHandler(work=encode_first, after_failure=handle_video_failure, hold=hold_video),
    JobKind.ENCODE_AUDIO: JobHandler(work=encode_audio, after_failure=handle_video_failure, hold=hold_video),
    JobKind.ENCODE_CHUNK: JobHandler(work=encode_chunk, after_failure=handle_video_failure, hold=hold_video),
    JobKind.FINISH_VIDEO: JobHandler(work=finish_video, after_failure=handle_video_failure, hold=hold_video),
    JobKind.DROP_FIRST_RENDITIONS: JobHandler(work=drop_first_renditions),
    JobKind.PURGE_VIDEO: JobHandler(work=purge_video),
}


def purge_job(event: Event) -> NewJob:
    """Return the job that deletes the files of a deleted video."""
    return NewJob(kind=JobKind.PURGE_VIDEO, subject=event.subject, priority=3, delay=STILL_WRITING)


def drop_first_job(event: Event) -> NewJob:
    """Return the job that deletes the first renditions of a video whose ladder is complete."""
    return NewJob(
        kind=JobKind.DROP_FIRST_RENDITIONS, subject=event.subject, priority=3, delay=STILL_WATCHED,
        facts={"generation": event.facts["generation"]},
    )  # fmt: skip


CONSUMERS: Consumers = {EventName.VIDEO_DELETED: (purge_job,), EventName.VIDEO_READY: (drop_first_job,)}
