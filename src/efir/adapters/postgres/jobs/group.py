"""What the area keeps in PostgreSQL: jobs and events."""

from efir.adapters.postgres.jobs.jobs import ReadJobs
from efir.adapters.postgres.jobs.outbox import PostgresOutbox
from efir.adapters.postgres.kernel.repository_attribute import Connected, On


class JobRepositories(Connected):
    """Repositories of jobs and events."""

    __slots__ = ()

    outbox = On(PostgresOutbox)


class JobReadModels(Connected):
    """Read models of jobs and events."""

    __slots__ = ()

    jobs = On(ReadJobs)
