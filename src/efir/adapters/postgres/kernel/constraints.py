"""Broken constraints become domain errors; areas say which, and a test compares what they say with the schema."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import asyncpg

from efir.domain.kernel.errors import DomainError, Unavailable

UNREACHED = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""Errors of an attempt to get a connection that failed or took too long."""


class DatabaseUnavailable(Unavailable):
    """PostgreSQL does not answer, or all connections are in use."""

    code = "database-away"
    title = "The database does not answer"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, retry_after=2)


Broken = Mapping[str, type[DomainError]]
"""What a broken constraint means, by its name."""


@contextmanager
def translated(meanings: Broken) -> Iterator[None]:
    """Turn errors of the driver into errors of the domain; unknown ones stay, and become a 500."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        if (known := meanings.get(error.constraint_name or "")) is None:
            raise
        raise known from error
    except (
        asyncpg.PostgresConnectionError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,  # of a connection whose end the driver has only half noticed
        asyncpg.TooManyConnectionsError,
        asyncpg.CannotConnectNowError,
        asyncpg.AdminShutdownError,
        asyncpg.CrashShutdownError,
        asyncpg.QueryCanceledError,
    ) as error:
        raise DatabaseUnavailable from error


@contextmanager
def reached() -> Iterator[None]:
    """Turn a failed or too slow attempt to get a connection into DatabaseUnavailable."""
    try:
        yield
    except UNREACHED as error:
        raise DatabaseUnavailable from error
