"""Transactions with as few round trips as possible: each costs the process 60 µs and two turns of the scheduler.

A transaction begins with its first statement, so one without statements sends nothing, and BEGIN travels in one message
with a first statement without parameters, such as taking a lock. A single-statement change needs neither BEGIN nor
COMMIT: PostgreSQL commits it by itself.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

STATEMENTS = ("execute", "executemany", "fetch", "fetchrow", "fetchval", "copy_records_to_table")


class NotCommitted(RuntimeError):  # a programming error, never a user's
    """A statement of the block failed, so PostgreSQL rolled back instead of committing at its end."""


class LazyTransaction:
    """A connection whose statements form one transaction; once it has begun, they are the connection's own methods."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._savepoints = 0
        self.begun = False

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        if name not in STATEMENTS:
            raise AttributeError(name)

        async def first(*given: Any, **options: Any) -> Any:
            if name == "execute" and len(given) == 1 and not options:
                return await self._begin(f"BEGIN; {given[0]}")
            await self._begin("BEGIN")
            return await getattr(self._connection, name)(*given, **options)

        return first

    async def _begin(self, sql: str) -> Any:
        self.begun = True  # even if BEGIN fails: leaving the block must roll back
        vars(self).update({name: getattr(self._connection, name) for name in STATEMENTS})
        return await self._connection.execute(sql)

    async def commit(self) -> None:
        """Commit the transaction. Raises NotCommitted."""
        if self.begun and await self._connection.execute("COMMIT") != "COMMIT":
            raise NotCommitted

    async def rollback(self) -> None:
        """Roll the transaction back; a lost connection has already been rolled back."""
        if self.begun and not self._connection.is_closed():
            await self._connection.execute("ROLLBACK")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Open a savepoint, so that this part can fail alone."""
        self._savepoints += 1
        name = f"s{self._savepoints}"
        await self.execute(f"savepoint {name}")
        try:
            yield
        except BaseException:
            if not self._connection.is_closed():
                await self._connection.execute(f"rollback to {name}; release {name}")
            raise
        await self._connection.execute(f"release {name}")


class OneStatement:
    """A connection for one statement, which is a transaction by itself; a second statement is a programming error."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        if name not in STATEMENTS or self._connection is None:
            raise RuntimeError(f"{name}: only one statement may be a transaction by itself")
        statement = getattr(self._connection, name)
        self._connection = None
        return statement
