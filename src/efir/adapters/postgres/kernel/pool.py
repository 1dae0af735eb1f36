"""Idle connections: they wait outside asyncpg's pool, whose own acquire and release cost 50 µs.

The pool still opens, counts and closes them. An idle connection returns to it as soon as a caller waits there, when its
use ended with an error, and once a minute, so that the pool can close connections that a quiet service does not need.
"""

import asyncio
from typing import Any

import asyncpg

SWEEP_SECONDS = 60.0


class Connections:
    """Lends the connections of a pool, the most recently used one first."""

    def __init__(self, pool: Any, *, wait: float) -> None:
        self._pool = pool
        self._wait = wait
        self._ready: list[Any] = []
        self._waiting = 0
        self._sweep: asyncio.TimerHandle | None = None
        self._returning: set[asyncio.Task[None]] = set()

    async def take(self) -> Any:
        """Borrow a connection, waiting no longer than `wait` seconds. Raises TimeoutError and errors of the driver."""
        while self._ready:
            connection = self._ready.pop()
            if _lives(connection):
                return connection
            await self._pool.release(connection)
        self._waiting += 1
        try:
            return await self._pool.acquire(timeout=self._wait)
        finally:
            self._waiting -= 1

    async def give_back(self, connection: Any, *, clean: bool) -> None:
        """Return a connection; one whose use ended with an error may still have a statement to cancel."""
        if not clean or self._waiting or not _lives(connection):
            await self._pool.release(connection)
            return
        self._ready.append(connection)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._return_all)

    async def close(self) -> None:
        """Return all connections to the pool."""
        self._return_all()
        await asyncio.gather(*self._returning, return_exceptions=True)  # the pool closes those that are not returned

    def _return_all(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        while self._ready:
            task = asyncio.ensure_future(self._pool.release(self._ready.pop()))
            self._returning.add(task)
            task.add_done_callback(self._returning.discard)


def _lives(connection: Any) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # it was lost while idle, and the pool already has it back
        return False
