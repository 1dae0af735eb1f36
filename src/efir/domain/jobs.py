"""Background jobs, which run outside the request: kinds, states and retries."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from efir.domain.kernel.errors import Conflict, FailureKind, NotFound, WorkFailed

JobId = NewType("JobId", UUID)


class JobNotFound(NotFound):
    """There is no such job, or it belongs to another user."""

    code = "job-not-found"
    title = "There is no such job"


class LeaseLost(Conflict):
    """The lease has expired and another worker may have the job: all work done under it is discarded."""

    code = "lease-lost"
    title = "The lease of the job has been lost"


class UnknownEvents(WorkFailed):
    """The outbox has events that no area of this version consumes; they stay there."""

    code = "events-unknown"


class UnknownJobKind(WorkFailed):
    """No area of this version handles this kind of job; a newer version may."""

    code = "job-kind-unknown"
    failure = FailureKind.TRANSIENT


class JobKind(StrEnum):
    """Every kind of job; each has one handler, in the `JOBS` of an area."""

    PROBE_VIDEO = "probe_video"
    COPY_VIDEO = "copy_video"
    ENCODE_FIRST = "encode_first"
    ENCODE_AUDIO = "encode_audio"
    ENCODE_CHUNK = "encode_chunk"
    FINISH_VIDEO = "finish_video"
    DROP_FIRST_RENDITIONS = "drop_first_renditions"
    PURGE_VIDEO = "purge_video"
    CONVERT_AUDIO = "convert_audio"
    EDIT_AUDIO = "edit_audio"
    TIDY_AUDIO = "tidy_audio"
    DROP_RECORDINGS = "drop_recordings"
    SEND_MAIL = "send_mail"
    ANSWER_RESET = "answer_reset"
    EXPORT_USER = "export_user"
    DROP_EXPORT = "drop_export"
    PURGE_USER = "purge_user"
    DROP_WORKING_COPY = "drop_working_copy"


class EventName(StrEnum):
    """Every event of the outbox, in the past tense; each has consumers, in the `CONSUMERS` of areas."""

    VIDEO_READY = "video_ready"
    VIDEO_DELETED = "video_deleted"
    USER_DELETED = "user_deleted"


class JobState(StrEnum):
    """Blocked jobs wait for siblings; failed and poison are final, and poison jobs killed their workers."""

    BLOCKED = "blocked"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    POISON = "poison"
    CANCELLED = "cancelled"


class Queue(StrEnum):
    """Queues of jobs; slow work in one, such as encoding or a slow mail server, never delays the others."""

    FAST = "fast"
    MAIL = "mail"
    MEDIA = "media"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt; its owner sees `code` and `detail`."""

    code: str
    detail: str
    kind: FailureKind


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be stored.

    `subject` is the id of the object it works on; `cost` is the predicted CPU time in seconds, for fair queueing; the
    lowest `priority` runs first; `delay` is in seconds from now. With a generation, (subject, generation, kind,
    ordinal) is unique.
    Jobs of one subject and generation with `blocked` start when `tx.jobs.unblock` is called.
    """

    kind: JobKind
    subject: UUID
    owner_id: UUID | None = None
    generation: int = 0
    ordinal: int = 0
    priority: int = 1
    queue: Queue = Queue.FAST
    cost: float = 1.0
    delay: float = 0.0
    blocked: bool = False
    dedupe_key: str | None = None
    facts: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedJob:
    """A job claimed by one worker. `fence` proves that the claim is still valid; outputs carry it in their names."""

    id: JobId
    kind: str
    subject: UUID
    generation: int
    ordinal: int
    facts: dict[str, Any]
    correlation_id: str
    attempt: int
    fence: int


TRANSIENT_DELAYS = (5.0, 30.0, 180.0)
ENGINE_ATTEMPTS = 2
MAX_KILLS = 3


def find_delay(kind: FailureKind, attempt: int, delays: tuple[float, ...] = TRANSIENT_DELAYS) -> float | None:
    """Return the seconds until the next attempt, or None when `attempt` was the last.

    `delays` are the seconds after transient failures.

    >>> find_delay(FailureKind.TRANSIENT, 1), find_delay(FailureKind.ENGINE, 2), find_delay(FailureKind.INPUT, 1)
    (5.0, None, None)
    """
    match kind:
        case FailureKind.TRANSIENT if attempt <= len(delays):
            return delays[attempt - 1]
        case FailureKind.ENGINE if attempt < ENGINE_ATTEMPTS:
            return TRANSIENT_DELAYS[0]
        case _:
            return None


PUBLIC_STATE = {
    JobState.BLOCKED: "queued",
    JobState.READY: "queued",
    JobState.RUNNING: "running",
    JobState.DONE: "done",
    JobState.FAILED: "failed",
    JobState.POISON: "failed",
    JobState.CANCELLED: "cancelled",
}
