"""Background jobs: one table of work done outside the request, and wake-ups that are only hints to workers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.jobs import ClaimedJob, Failure, JobId, JobState, NewJob, Queue
from efir.domain.kernel.ids import UserId


class JobResult(Struct, frozen=True):
    """Location of the result of a job."""

    url: Annotated[str, Meta(description="URL of the result.")]


class JobError(Struct, frozen=True):
    """Reason why a job failed."""

    code: Annotated[str, Meta(description="Stable error code.")]
    detail: Annotated[str, Meta(description="Explanation of the error.")]


class JobView(Struct, frozen=True):
    """A job as shown by the API."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    kind: Annotated[str, Meta(description="Kind of work.", examples=["encode_chunk"])]
    state: Annotated[str, Meta(description="queued, running, done, failed or cancelled.", examples=["running"])]
    progress: Annotated[float, Meta(description="Progress from 0 to 1.", examples=[0.4])]
    result: Annotated[JobResult | None, Meta(description="Result; set when the job is done.")]
    error: Annotated[JobError | None, Meta(description="Error; set when the job has failed.")]
    created_at: Annotated[datetime, Meta(description="When the job was accepted.")]


class JobRow(Struct, frozen=True):
    """A job as shown to operators."""

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
    """Stores jobs within a transaction; leases are timed by the clock of the database."""

    async def put(self, jobs: Iterable[NewJob]) -> list[JobId]:
        """Store jobs; call at the end of the transaction. A job with a known `dedupe_key` is not stored.

        Return the ids of the stored jobs.
        """
        ...

    async def claim(self, queue: Queue, *, worker: str, lease: float) -> ClaimedJob | None:
        """Claim the next job of a queue by priority and fairness, for `lease` seconds; None when there is none."""
        ...

    async def beat(self, job: ClaimedJob, *, lease: float, progress: float) -> bool:
        """Extend the lease and store the progress. Return False when the lease is lost: stop and write nothing."""
        ...

    async def finish(self, job: ClaimedJob, output: dict[str, Any] | None = None) -> None:
        """Complete the job under its own fence; before this call, lock nothing but the subject. Raises LeaseLost."""
        ...

    async def fail(self, job: ClaimedJob, failure: Failure, *, delay: float | None) -> JobState:
        """End a failed attempt; retry after `delay` seconds (None: never). Return the new state. Raises LeaseLost."""
        ...

    async def release(self, job: ClaimedJob) -> None:
        """Release a job at shutdown; the attempt is not counted."""
        ...

    async def withdraw(self, owner: UserId) -> None:
        """Withdraw running jobs of a user from their workers; the attempts are not counted."""
        ...

    async def unblock(self, subject: UUID, generation: int, kind: str) -> None:
        """Make the blocked jobs of a kind ready to run."""
        ...

    async def cancel(self, subject: UUID) -> None:
        """Cancel all unfinished jobs of a subject; running ones lose their lease."""
        ...

    async def count_unfinished(self, subject: UUID, generation: int, kinds: Sequence[str]) -> int:
        """Count the waiting and running jobs of some kinds; lock the subject's row to keep the count valid."""
        ...

    async def redo(self, job: ClaimedJob, kind: str, ordinal: int | None = None) -> bool:
        """Run one sibling job, or all of a kind, once more. Return False when each has already been rerun."""
        ...

    async def block(self, job: ClaimedJob) -> None:
        """Block a running job until its siblings are finished; the attempt is not counted. Raises LeaseLost."""
        ...

    async def restart(
        self, subject: UUID, generation: int, kinds: Sequence[str], *, blocked: Sequence[str] = ()
    ) -> None:
        """Reset failed and cancelled jobs of some kinds to their first attempt; kinds in `blocked` start as blocked."""
        ...

    async def forget(self, subject: UUID, generation: int) -> None:
        """Delete all jobs of a subject's generation."""
        ...

    async def reconcile(self, *, max_kills: int, limit: int = 500) -> None:
        """Release expired leases and wake waiting jobs, except jobs that have killed `max_kills` workers."""
        ...

    async def list_deadly(self, *, max_kills: int, limit: int = 500) -> list[JobRow]:
        """List running jobs with an expired lease that have now killed `max_kills` workers."""
        ...

    async def quarantine(self, job_id: JobId, *, max_kills: int) -> JobRow | None:
        """Stop a job that `list_deadly` found permanently and return it; None when that no longer applies."""
        ...


class JobViews(Protocol):
    """Reads jobs."""

    async def one(self, job_id: JobId) -> JobRow:
        """Return a job. Raises JobNotFound."""
        ...

    async def find_newest(self, subject: UUID, kind: str) -> JobRow | None:
        """Find the newest job of a kind for a subject."""
        ...

    async def list_by_subject(self, subject: UUID, generation: int) -> list[JobRow]:
        """List all jobs of a subject's generation, without facts and outputs."""
        ...

    async def outputs(self, subject: UUID, generation: int, kinds: Sequence[str]) -> list[dict[str, Any]]:
        """Return the outputs of the finished jobs of some kinds, in order."""
        ...


class Wakeups(Protocol):
    """Hints to workers that a job is ready; losing one costs only delay."""

    async def send(self, woken: list[tuple[Queue, JobId]]) -> None:
        """Send wake-ups for jobs. Never raises, and never takes longer than a quarter of a second."""
        ...
