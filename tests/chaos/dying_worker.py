"""A real worker that kills itself with SIGKILL at one exact point of one kind of job: `dying_worker.py POINT KIND`.

The points: `claimed` (nothing done yet), `stored` (files made and in the store, nothing published), `unpublished` (the
publishing transaction is complete but not committed), `published` (just committed).
"""

import os
import signal
import sys
from typing import Any

from efir.adapters.postgres import transactions
from efir.adapters.postgres.jobs import jobs
from efir.bootstrap.processes.workers import run_workers
from efir.settings import current

POINT, KIND = sys.argv[1], sys.argv[2]
finishing = False


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


claim, finish, begin = jobs.PostgresJobRepository.claim, jobs.PostgresJobRepository.finish, transactions.Database.begin


async def claimed(self: Any, *args: Any, **kwargs: Any) -> Any:
    job = await claim(self, *args, **kwargs)
    if job is not None and job.kind == KIND and POINT == "claimed":
        die()  # a claim is one statement, so it is committed
    return job


async def finished(self: Any, job: Any, output: Any = None) -> None:
    global finishing  # noqa: PLW0603  # one job, one process, a short life
    if job.kind == KIND and POINT == "stored":
        die()
    await finish(self, job, output)
    finishing = job.kind == KIND


class Dying:
    """Wraps a transaction: dies just before or just after the commit of the job's completion."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __aenter__(self) -> Any:
        self._tx = await self._inner.__aenter__()
        return self._tx

    async def __aexit__(self, *about: object) -> Any:
        if finishing and POINT == "unpublished":
            die()
        result = await self._inner.__aexit__(*about)
        if finishing and POINT == "published":
            die()
        return result


jobs.PostgresJobRepository.claim = claimed  # type: ignore[method-assign]  # the point of this program
jobs.PostgresJobRepository.finish = finished  # type: ignore[method-assign]  # the point of this program
transactions.Database.begin = lambda self: Dying(begin(self))  # type: ignore[method-assign]  # the point of this program
run_workers(current(), ("fast", "media"))
