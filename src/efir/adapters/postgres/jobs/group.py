"""PostgreSQL repositories and read models of jobs and events."""

from efir.adapters.postgres.jobs.jobs import PostgresJobViews
from efir.adapters.postgres.jobs.outbox import PostgresOutbox
from efir.adapters.postgres.kernel.repository_attribute import Connected, RepositoryAttribute


class JobRepositories(Connected):
    """Repositories of jobs and events."""

    __slots__ = ()

    outbox = RepositoryAttribute(PostgresOutbox)


class JobReadModels(Connected):
    """Read models of jobs and events."""

    __slots__ = ()

    jobs = RepositoryAttribute(PostgresJobViews)
