"""Connections and transactions: one asyncpg pool for reads and writes (decision 0002)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg
import msgspec

from efir.adapters.postgres.channels import Channels, ReadChannels
from efir.adapters.postgres.constraints import reached, translated
from efir.adapters.postgres.jobs import Jobs, ReadJobs
from efir.adapters.postgres.outbox import PostgresOutbox
from efir.adapters.postgres.renditions import ReadRenditions, Renditions
from efir.adapters.postgres.replies import PostgresReplies
from efir.adapters.postgres.sessions import ReadSessions, Sessions
from efir.adapters.postgres.uploads import ReadUploads, Uploads
from efir.adapters.postgres.users import ReadUsers, Users
from efir.adapters.postgres.videos import ReadVideos, Videos
from efir.domain.jobs import JobId, Queue

Woken = list[tuple[Queue, JobId]]
AfterCommit = Callable[[Woken], Awaitable[None]]


class PostgresViews:
    """Everything that can be read, on one connection."""

    def __init__(self, connection: Any) -> None:
        self.users = ReadUsers(connection)
        self.sessions = ReadSessions(connection)
        self.channels = ReadChannels(connection)
        self.videos = ReadVideos(connection)
        self.renditions = ReadRenditions(connection)
        self.uploads = ReadUploads(connection)
        self.jobs = ReadJobs(connection)


class PostgresTransaction:
    """Everything that can be changed, on one connection with an open transaction."""

    def __init__(self, connection: Any, seal: "Seal") -> None:
        self.connection = connection
        self.woken: Woken = []
        self.users = Users(connection)
        self.sessions = Sessions(connection)
        self.channels = Channels(connection)
        self.videos = Videos(connection)
        self.renditions = Renditions(connection)
        self.uploads = Uploads(connection)
        self.jobs = Jobs(connection, self.woken)
        self.outbox = PostgresOutbox(connection)
        self.replies = PostgresReplies(connection, *seal)
        self.views = PostgresViews(connection)


Seal = tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]


class Database:
    """The pool; `begin` and `read` are what use cases get."""

    def __init__(self, pool: Any, *, wait: float, seal: Seal, after_commit: AfterCommit) -> None:
        self._pool = pool
        self._wait = wait
        self._seal = seal
        self._after_commit = after_commit

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresTransaction]:
        """Open a transaction; leaving the block commits, then wakes workers."""
        async with self._connection() as connection:
            tx = PostgresTransaction(connection, self._seal)
            with translated():
                async with connection.transaction():
                    yield tx
        if tx.woken:
            await self._after_commit(tx.woken)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[PostgresViews]:
        """Lend a connection for reading; each statement sees the newest committed state."""
        async with self._connection() as connection:
            with translated():
                yield PostgresViews(connection)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        with reached():
            connection = await self._pool.acquire(timeout=self._wait)
        try:
            yield connection
        finally:
            await self._pool.release(connection)

    def joined(self, outer: PostgresTransaction) -> Callable[[], AbstractAsyncContextManager[PostgresTransaction]]:
        """Answer a `begin` whose transactions are savepoints of `outer`: they commit, or not, together with it."""

        @asynccontextmanager
        async def begin() -> AsyncIterator[PostgresTransaction]:
            with translated():
                async with outer.connection.transaction():
                    yield outer

        return begin

    async def ping(self) -> None:
        """Raises DatabaseAway."""
        async with self.read() as views:
            await views.users.ping()


@asynccontextmanager
async def connected(
    url: str,
    *,
    schema: str,
    pool_size: int,
    wait: float,
    statement_seconds: float,
    seal: Seal,
    after_commit: AfterCommit,
) -> AsyncIterator[Database]:
    """Open the pool for as long as the block lasts; connections are made when first needed."""
    pool = asyncpg.create_pool(
        url,
        min_size=0,
        max_size=pool_size,
        init=_prepare,
        reset=_keep,
        timeout=5,
        server_settings={
            "search_path": f"{schema},public",
            "application_name": "efir",
            "statement_timeout": str(int(statement_seconds * 1000)),
            "idle_in_transaction_session_timeout": "60000",
            "jit": "off",  # short statements: planning a compilation costs more than it saves
        },
    )
    with reached():
        await pool
    try:
        yield Database(pool, wait=wait, seal=seal, after_commit=after_commit)
    finally:
        pool.terminate() if pool.is_closing() else await pool.close()


async def _prepare(connection: Any) -> None:
    def encode(value: object) -> str:
        return msgspec.json.encode(value).decode()

    await connection.set_type_codec(
        "jsonb", encoder=encode, decoder=msgspec.json.decode, schema="pg_catalog", format="text"
    )


async def _keep(_connection: Any) -> None:
    """Skip the reset round trip: nothing of ours outlives a transaction on a connection."""
