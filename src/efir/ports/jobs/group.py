"""What the area offers to use cases: jobs and events."""

from typing import Protocol

from efir.ports.jobs.jobs import JobRepository, JobViews
from efir.ports.jobs.outbox import Outbox


class JobRepositories(Protocol):
    """What is changed of jobs and events."""

    @property
    def jobs(self) -> JobRepository: ...

    @property
    def outbox(self) -> Outbox: ...


class JobReadModels(Protocol):
    """What is read of jobs and events."""

    @property
    def jobs(self) -> JobViews: ...
