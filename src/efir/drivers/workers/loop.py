"""The worker process: wake-ups start jobs, and a tick recovers from lost wake-ups."""

import asyncio
import os
import socket
from collections.abc import Collection

import structlog

from efir.application.context import Ports
from efir.application.jobs.engine import run_next
from efir.application.jobs.work import Tick, Work
from efir.domain.jobs import ClaimedJob, Queue
from efir.domain.kernel.errors import DomainError
from efir.drivers.workers.actors import handlers_of

log = structlog.get_logger("efir.jobs")


class Worker:
    """Runs one job of each of its queues at a time, until it is stopped."""

    def __init__(self, ports: Ports, work: Work, queues: Collection[Queue]) -> None:
        self._ports = ports
        self._work = work
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._handlers = {queue: handlers_of(queue, work.jobs) for queue in queues}
        self._turns = {queue: asyncio.Lock() for queue in queues}
        self._running: set[asyncio.Task[None]] = set()
        self._due: set[Queue] = set()
        self._stopping = False

    async def wake(self, queue: Queue) -> None:
        """Run jobs of a queue until none is left; a wake-up that arrives meanwhile causes another look."""
        self._due.add(queue)
        turn = self._turns[queue]
        while queue in self._due and not turn.locked():
            async with turn:
                self._due.discard(queue)
                task = asyncio.ensure_future(self._drain(queue))
                self._running.add(task)
                try:
                    await task
                finally:
                    self._running.discard(task)

    async def tick(self) -> None:
        """Run the ticks until stopped, and look for work without a wake-up: the broker may be unavailable for long."""
        while not self._stopping:
            for name, step in self._work.steps().items():
                await self._do(name, step)
            for queue in self._turns:
                looking = asyncio.ensure_future(self.wake(queue))
                self._running.add(looking)
                looking.add_done_callback(self._running.discard)
            await asyncio.sleep(self._ports.limits.reconcile_seconds)

    async def _do(self, name: str, step: Tick) -> None:
        """Run one step of a tick; its failure does not prevent the others."""
        try:
            await step(self._ports)
        except DomainError as error:
            log.warning("tick failed", step=name, code=error.code)
        except Exception:
            log.exception("tick failed", step=name)

    async def stop(self) -> None:
        """Release running jobs, and claim no more."""
        self._stopping = True
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(set(self._running))

    async def _drain(self, queue: Queue) -> None:
        try:
            while not self._stopping:
                if not await run_next(self._ports, self._handlers[queue], queue=queue, worker=self._name, told=_tell):
                    return
        except DomainError as error:  # the database is unavailable: a later tick finds the work again
            log.warning("queue left", queue=queue.value, code=error.code)


def _tell(event: str, job: ClaimedJob, error: BaseException | None) -> None:
    facts = {"kind": job.kind, "job_id": str(job.id), "subject": str(job.subject), "ordinal": job.ordinal}
    if error is None or isinstance(error, asyncio.CancelledError):
        log.info(event, **facts, attempt=job.attempt)
    elif isinstance(error, DomainError):
        log.warning(event, **facts, attempt=job.attempt, code=error.code)
    else:
        log.error(event, **facts, attempt=job.attempt, exc_info=error)
