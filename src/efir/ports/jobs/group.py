"""Ports of background jobs, grouped for use cases: jobs and events."""

from typing import Protocol

from efir.ports.jobs.jobs import JobRepository, JobViews
from efir.ports.jobs.outbox import Outbox


class JobRepositories(Protocol):
    """Repositories of jobs and events."""

    @property
    def jobs(self) -> JobRepository: ...

    @property
    def outbox(self) -> Outbox: ...


class JobReadModels(Protocol):
    """Read models of jobs."""

    @property
    def jobs(self) -> JobViews: ...
