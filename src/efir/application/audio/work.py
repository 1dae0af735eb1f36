"""The jobs and event consumers of recordings."""

from efir.application.audio.conversion import convert_audio, drop_recordings, handle_audio_failure, tidy_audio
from efir.application.audio.editing import edit_audio
from efir.application.jobs.engine import JobHandler, JobHandlers
from efir.application.jobs.outbox import Consumers
from efir.domain.jobs import EventName, JobKind, NewJob
from efir.ports.jobs.outbox import Event

JOBS: JobHandlers = {
    JobKind.CONVERT_AUDIO: JobHandler(work=convert_audio, after_failure=handle_audio_failure),
    JobKind.EDIT_AUDIO: JobHandler(work=edit_audio, after_failure=handle_audio_failure),
    JobKind.TIDY_AUDIO: JobHandler(work=tidy_audio),
    JobKind.DROP_RECORDINGS: JobHandler(work=drop_recordings),
}


def drop_recordings_job(event: Event) -> NewJob:
    """Return the job that deletes the recordings of a deleted account."""
    return NewJob(kind=JobKind.DROP_RECORDINGS, subject=event.subject, priority=3)


CONSUMERS: Consumers = {EventName.USER_DELETED: (drop_recordings_job,)}
