"""Translation of broken constraints to domain errors; a test compares the names with the schema."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import asyncpg

from efir.domain.kernel.errors import DomainError, Unavailable

UNREACHED = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""Errors of an attempt to get a connection that failed or timed out."""


class DatabaseUnavailable(Unavailable):
    """PostgreSQL does not respond, or all connections are in use."""

    code = "database-away"
    title = "The database does not answer"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, retry_after=2)


Broken = Mapping[str, type[DomainError]]
"""Domain errors by the name of the constraint."""


@contextmanager
def translated(meanings: Broken) -> Iterator[None]:
    """Translate errors of the driver to domain errors; unknown ones are raised as they are, and become a 500."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        if (known := meanings.get(error.constraint_name or "")) is None:
            raise
        raise known from error
    except (
        asyncpg.PostgresConnectionError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,  # from a connection whose loss the driver has only partly noticed
        asyncpg.TooManyConnectionsError,
        asyncpg.CannotConnectNowError,
        asyncpg.AdminShutdownError,
        asyncpg.CrashShutdownError,
        asyncpg.QueryCanceledError,
    ) as error:
        raise DatabaseUnavailable from error


@contextmanager
def reached() -> Iterator[None]:
    """Translate a failed or timed-out attempt to get a connection to DatabaseUnavailable."""
    try:
        yield
    except UNREACHED as error:
        raise DatabaseUnavailable from error
