"""The job engine: claim a job, run it beside a heartbeat, complete it under its fence."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from efir.application.context import Ports
from efir.domain.jobs import (
    MAX_KILLS,
    PUBLIC_STATE,
    TRANSIENT_DELAYS,
    ClaimedJob,
    Failure,
    JobId,
    JobKind,
    JobNotFound,
    JobState,
    LeaseLost,
    Queue,
    UnknownJobKind,
    find_delay,
)
from efir.domain.kernel.errors import DomainError, FailureKind, WorkFailed
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.ownership import require_owner
from efir.ports.jobs.jobs import JobError, JobResult, JobRow, JobView
from efir.ports.kernel.correlation import correlation
from efir.ports.transactions import Transaction


@dataclass(slots=True)
class Progress:
    """Progress that a running job reports, from 0 to 1; the heartbeat stores it."""

    value: float = field(default=0.0)

    def __call__(self, value: float) -> None:
        """Set the progress."""
        self.value = min(1.0, max(0.0, value))


Work = Callable[[Ports, ClaimedJob, Progress], Awaitable[None]]
Hold = Callable[[Transaction, JobRow | ClaimedJob], Awaitable[None]]
AfterFailure = Callable[[Ports, Transaction, JobRow, Failure], Awaitable[None]]
Told = Callable[[str, ClaimedJob, BaseException | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobHandler:
    """How one kind of job is done, and what follows in the same transaction when it fails permanently.

    `hold` takes the locks that come before the job's own; taking them in another order may deadlock. `delays` are the
    seconds between attempts while a fault may be transient.
    """

    work: Work
    after_failure: AfterFailure | None = None
    hold: Hold | None = None
    delays: tuple[float, ...] = TRANSIENT_DELAYS


JobHandlers = Mapping[JobKind, JobHandler]


def handler_of(handlers: JobHandlers, kind: str) -> JobHandler:
    """Return the handler of a kind of job; for a kind unknown to this version, one that fails for that reason."""
    known = kind in JobKind.__members__.values()
    return handlers.get(JobKind(kind), UNKNOWN) if known else UNKNOWN


async def _refuse(_ports: Ports, job: ClaimedJob, _progress: Progress) -> None:
    raise UnknownJobKind(job.kind)


UNKNOWN = JobHandler(work=_refuse)


async def run_next(ports: Ports, handlers: JobHandlers, *, queue: Queue, worker: str, told: Told) -> bool:
    """Claim the best job of a queue and run it; return False when there is none. `told` is notified of its progress.

    Cancellation releases the job. A lost lease ends the work; its results are discarded.
    """
    lease = float(ports.limits.lease_seconds)
    async with ports.single() as tx:
        job = await tx.jobs.claim(queue, worker=worker, lease=lease)
    if job is None:
        return False
    correlation.set(job.correlation_id)
    told("job started", job, None)
    progress = Progress()
    work = asyncio.ensure_future(handler_of(handlers, job.kind).work(ports, job, progress))
    heart = asyncio.ensure_future(_beat(ports, job, progress, lease))
    try:
        await asyncio.wait({work, heart}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():  # the lease is lost
            raise LeaseLost  # noqa: TRY301  # handled with the losses noticed elsewhere
        work.result()
        told("job done", job, None)
    except LeaseLost as lost:
        told("job lost", job, lost)
    except asyncio.CancelledError as cancelled:
        await _cancel(work)
        told("job handed back", job, cancelled)
        async with ports.single() as tx:
            await tx.jobs.release(job)
        raise
    except Exception as error:  # noqa: BLE001  # whatever happened, the job must not stay claimed
        await _fail(ports, handlers, job, error, told)
    finally:
        await _cancel(work)
        await _cancel(heart)
    return True


def failure_of(
    error: Exception, attempt: int, delays: tuple[float, ...] = TRANSIENT_DELAYS
) -> tuple[Failure, float | None]:
    """Return the failure for an error, and the seconds until the next attempt (None: never)."""
    while isinstance(error, ExceptionGroup):  # of a task group: the first one ended the others
        error = error.exceptions[0]
    match error:
        case DomainError():
            failure = Failure(error.code, error.detail, error.failure)
        case WorkFailed():
            failure = Failure(error.code, error.explanation, error.failure)
        case _:
            failure = Failure("job-failed", "Something went wrong on our side.", FailureKind.TRANSIENT)
    return failure, find_delay(failure.kind, attempt, delays)


async def get_job(ports: Ports, *, job_id: JobId, user_id: UserId) -> JobView:
    """Return a job to its owner. Raises JobNotFound."""
    async with ports.read() as views:
        row = await views.jobs.one(job_id)
    require_owner(row.owner_id, user_id, JobNotFound)
    return view_of(row)


def view_of(row: JobRow) -> JobView:
    """Return a job as its owner sees it."""
    url = (row.output or {}).get("url")
    return JobView(
        id=row.id, kind=row.kind, state=PUBLIC_STATE[JobState(row.state)], progress=row.progress,
        result=None if url is None else JobResult(url=url),
        error=None if row.error is None else JobError(row.error["code"], row.error["detail"]),
        created_at=row.created_at,
    )  # fmt: skip


async def reconcile(ports: Ports, handlers: JobHandlers) -> int:
    """Free jobs of dead workers and wake waiting ones; return how many jobs were quarantined.

    A job that was running each time its worker died is quarantined after `MAX_KILLS` deaths.
    """
    async with ports.begin() as tx:
        await tx.jobs.reconcile(max_kills=MAX_KILLS)
        deadly = await tx.jobs.list_deadly(max_kills=MAX_KILLS)
    return sum([await _quarantine(ports, handler_of(handlers, row.kind), row) for row in deadly])


async def _quarantine(ports: Ports, handler: JobHandler, job: JobRow) -> bool:
    async with ports.begin() as tx:
        if handler.hold is not None:
            await handler.hold(tx, job)
        row = await tx.jobs.quarantine(JobId(job.id), max_kills=MAX_KILLS)
        if row is not None and row.error is not None and handler.after_failure is not None:
            failure = Failure(row.error["code"], row.error["detail"], FailureKind.ENGINE)
            await handler.after_failure(ports, tx, row, failure)
    return row is not None


async def _fail(ports: Ports, handlers: JobHandlers, job: ClaimedJob, error: Exception, told: Told) -> None:
    handler = handler_of(handlers, job.kind)
    failure, delay = failure_of(error, job.attempt, handler.delays)
    told("job failed" if delay is None else "job will be tried again", job, error)
    try:
        async with ports.begin() as tx:
            if delay is None and handler.hold is not None:
                await handler.hold(tx, job)
            state = await tx.jobs.fail(job, failure, delay=delay)
            if state is JobState.FAILED and handler.after_failure is not None:
                await handler.after_failure(ports, tx, await tx.views.jobs.one(job.id), failure)
    except LeaseLost as lost:
        told("job lost", job, lost)


async def _beat(ports: Ports, job: ClaimedJob, progress: Progress, lease: float) -> None:
    """Renew the lease until it is lost; an unavailable database is retried until the lease must have expired."""
    loop = asyncio.get_running_loop()
    good_until = loop.time() + lease
    while loop.time() < good_until:
        await asyncio.sleep(min(lease / 3, max(0.2, good_until - loop.time() - lease / 3)))
        started = loop.time()
        try:
            async with asyncio.timeout(lease / 3), ports.begin() as tx:
                if not await tx.jobs.beat(job, lease=lease, progress=progress.value):
                    return
            good_until = started + lease
        except (DomainError, TimeoutError):
            continue


async def _cancel(task: asyncio.Future[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()
