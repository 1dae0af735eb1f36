"""Jobs: the one table of work that leaves the request, and the wake-ups that only hint at it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.jobs import ClaimedJob, Failure, JobId, JobState, NewJob, Queue
from efir.domain.kernel.ids import UserId


class JobResult(Struct, frozen=True):
    """Where the result of a job is."""

    url: Annotated[str, Meta(description="Address of the result.")]


class JobError(Struct, frozen=True):
    """Why a job failed."""

    code: Annotated[str, Meta(description="Stable code.")]
    detail: Annotated[str, Meta(description="The reason in words.")]


class JobView(Struct, frozen=True):
    """A job as the API shows it."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    kind: Annotated[str, Meta(description="What is being done.", examples=["encode_chunk"])]
    state: Annotated[str, Meta(description="queued, running, done, failed or cancelled.", examples=["running"])]
    progress: Annotated[float, Meta(description="From 0 to 1.", examples=[0.4])]
    result: Annotated[JobResult | None, Meta(description="Set when done.")]
    error: Annotated[JobError | None, Meta(description="Set when failed.")]
    created_at: Annotated[datetime, Meta(description="When it was accepted.")]


class JobRow(Struct, frozen=True):
    """A job as operators see it."""

    id: UUID
    kind: str
    state: str
    subject: UUID
    owner_id: UUID | None
    generation: int
    ordinal: int
    queue: str
    attempt: int
    kills: int
    progress: float
    cost: float
    worker: str | None
    facts: dict[str, Any]
    output: dict[str, Any] | None
    error: dict[str, str] | None
    created_at: datetime


class JobRepository(Protocol):
    """Jobs inside a transaction; lease times are the database's."""

    async def put(self, jobs: Iterable[NewJob]) -> list[JobId]:
        """Store jobs, at the end of the transaction; a known `dedupe_key` stores nothing."""
        ...

    async def claim(self, queue: Queue, *, worker: str, lease: float) -> ClaimedJob | None:
        """Take the best job of a queue, by priority and fairness."""
        ...

    async def beat(self, job: ClaimedJob, *, lease: float, progress: float) -> bool:
        """Extend the lease; False: it is lost, so stop and write nothing."""
        ...

    async def finish(self, job: ClaimedJob, output: dict[str, Any] | None = None) -> None:
        """Complete under the own fence, after a lock of the subject at most. Raises LeaseLost."""
        ...

    async def fail(self, job: ClaimedJob, failure: Failure, *, delay: float | None) -> JobState:
        """End an attempt: again after `delay` seconds, or never. Raises LeaseLost."""
        ...

    async def release(self, job: ClaimedJob) -> None:
        """Return a job at shutdown, the attempt uncounted."""
        ...

    async def withdraw(self, owner: UserId) -> None:
        """Take running jobs of a user from their workers, the attempts uncounted."""
        ...

    async def unblock(self, subject: UUID, generation: int, kind: str) -> None:
        """Make the blocked jobs of a kind ready."""
        ...

    async def cancel(self, subject: UUID) -> None:
        """End all unfinished jobs about a subject; running ones lose their fence."""
        ...

    async def count_unfinished(self, subject: UUID, generation: int, kinds: Sequence[str]) -> int:
        """Count the jobs of some kinds that wait or run; lock the subject's row for a count that stays true."""
        ...

    async def redo(self, job: ClaimedJob, kind: str, ordinal: int | None = None) -> bool:
        """Do one sibling or all of a kind again; False when each was done again before."""
        ...

    async def block(self, job: ClaimedJob) -> None:
        """Let the own job wait for its siblings, the attempt uncounted. Raises LeaseLost."""
        ...

    async def restart(
        self, subject: UUID, generation: int, kinds: Sequence[str], *, blocked: Sequence[str] = ()
    ) -> None:
        """Set jobs of some kinds that failed or were cancelled back to their first attempt; `blocked` ones wait."""
        ...

    async def forget(self, subject: UUID, generation: int) -> None:
        """Remove all jobs about a subject's generation."""
        ...

    async def reconcile(self, *, max_kills: int, limit: int = 500) -> None:
        """Free expired leases and wake what waits, but for jobs that kill their workers."""
        ...

    async def list_deadly(self, *, max_kills: int, limit: int = 500) -> list[JobRow]:
        """List jobs that have just killed the last worker they may kill."""
        ...

    async def quarantine(self, job_id: JobId, *, max_kills: int) -> JobRow | None:
        """End a deadly job permanently; None when it is no longer deadly."""
        ...


class JobViews(Protocol):
    """Jobs, read."""

    async def one(self, job_id: JobId) -> JobRow:
        """Raises JobNotFound."""
        ...

    async def find_newest(self, subject: UUID, kind: str) -> JobRow | None:
        """Find the youngest job of a kind about a subject."""
        ...

    async def list_by_subject(self, subject: UUID, generation: int) -> list[JobRow]:
        """All jobs about a subject, without facts and outputs."""
        ...

    async def outputs(self, subject: UUID, generation: int, kinds: Sequence[str]) -> list[dict[str, Any]]:
        """Return the outputs of the finished jobs of some kinds, in order."""
        ...


class Wakeups(Protocol):
    """Hints to workers that a job is ready; losing one costs only delay."""

    async def send(self, woken: list[tuple[Queue, JobId]]) -> None:
        """Never raises, never takes longer than a quarter of a second."""
        ...
