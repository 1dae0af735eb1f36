"""Connections and transactions: one asyncpg pool for reads and writes (decision 0002)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Generic, TypeVar

import asyncpg
import msgspec

from efir.adapters.postgres.access.group import AccessRepositories
from efir.adapters.postgres.accounts.group import AccountRepositories
from efir.adapters.postgres.audio.group import AudioRepositories
from efir.adapters.postgres.auth.group import AuthRepositories
from efir.adapters.postgres.channels.group import ChannelRepositories
from efir.adapters.postgres.jobs.group import JobRepositories
from efir.adapters.postgres.jobs.jobs import PostgresJobRepository
from efir.adapters.postgres.joined import BROKEN
from efir.adapters.postgres.kernel.blobs import PostgresBlobStore
from efir.adapters.postgres.kernel.constraints import UNREACHED, DatabaseUnavailable, reached, translated
from efir.adapters.postgres.kernel.lazy import LazyTransaction, OneStatement
from efir.adapters.postgres.kernel.pool import Connections
from efir.adapters.postgres.kernel.stored_responses import PostgresStoredResponses
from efir.adapters.postgres.mail.mails import PostgresMailRepository
from efir.adapters.postgres.pictures.group import PictureRepositories
from efir.adapters.postgres.quiz.group import QuizRepositories
from efir.adapters.postgres.uploads.group import UploadRepositories
from efir.adapters.postgres.users.group import UserRepositories
from efir.adapters.postgres.videos.group import VideoRepositories
from efir.adapters.postgres.views import PostgresViews, Seal
from efir.domain.jobs import JobId, Queue
from efir.ports.transactions import Transaction

Woken = list[tuple[Queue, JobId]]
Shown = TypeVar("Shown")
AfterCommit = Callable[[Woken], Awaitable[None]]


class PostgresTransaction(
    UserRepositories,
    AuthRepositories,
    AccessRepositories,
    ChannelRepositories,
    VideoRepositories,
    AudioRepositories,
    PictureRepositories,
    AccountRepositories,
    JobRepositories,
    QuizRepositories,
    UploadRepositories,
):
    """All repositories on one connection with an open transaction."""

    def __init__(self, connection: Any, seal: Seal) -> None:
        self.connection = connection
        self.woken: Woken = []
        self._seal = seal

    @property
    def blobs(self) -> PostgresBlobStore:
        """Return the blob store inside the database."""
        return PostgresBlobStore(lambda: nullcontext(self.connection))

    @property
    def mails(self) -> PostgresMailRepository:
        """Return the repository of mails, which are sealed."""
        return PostgresMailRepository(self.connection, *self._seal)

    @property
    def jobs(self) -> PostgresJobRepository:
        """Return the repository of jobs; those that become ready wake workers after the commit."""
        return PostgresJobRepository(self.connection, self.woken)

    @property
    def stored_responses(self) -> PostgresStoredResponses:
        """Return the repository of responses under idempotency keys, which are sealed."""
        return PostgresStoredResponses(self.connection, *self._seal)

    @property
    def views(self) -> PostgresViews:
        """Return the read models, inside the transaction."""
        return PostgresViews(self.connection, self._seal)


class Database:
    """The database: a pool of connections; use cases get its `begin`, `single` and `read`."""

    def __init__(self, connections: Connections, *, seal: Seal, after_commit: AfterCommit) -> None:
        self._connections = connections
        self.seal = seal
        self._after_commit = after_commit

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresTransaction]:
        """Open a transaction; leaving the block commits it, then wakes workers."""
        connection = await self.take()
        lazy = LazyTransaction(connection)
        tx, clean = PostgresTransaction(lazy, self.seal), False
        try:
            with translated(BROKEN):
                try:
                    yield tx
                except BaseException:
                    await lazy.rollback()
                    raise
                await lazy.commit()
                clean = True
        finally:
            await self.give_back(connection, clean=clean)
        if tx.woken:
            await self._after_commit(tx.woken)

    def single(self) -> "_Lent[PostgresTransaction]":
        """Open a transaction for one statement that changes data; a second one is refused."""
        return _Lent(self, lambda connection: PostgresTransaction(OneStatement(connection), self.seal))

    def read(self) -> "_Lent[PostgresViews]":
        """Borrow a connection for reading; each statement sees the newest committed state."""
        return _Lent(self, lambda connection: PostgresViews(connection, self.seal))

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Any]:
        """Borrow a raw connection."""
        connection, clean = await self.take(), False
        try:
            with translated(BROKEN):
                yield connection
                clean = True
        finally:
            await self.give_back(connection, clean=clean)

    async def take(self) -> Any:
        """Borrow a connection, waiting no longer than the pool allows. Raises DatabaseUnavailable."""
        try:
            return await self._connections.take()
        except UNREACHED as error:
            raise DatabaseUnavailable from error

    async def give_back(self, connection: Any, *, clean: bool) -> None:
        """Return a connection; `clean` is whether its use ended without an error."""
        await self._connections.give_back(connection, clean=clean)

    def nest(self, outer: Transaction) -> Callable[[], AbstractAsyncContextManager[PostgresTransaction]]:
        """Return a `begin` whose transactions are savepoints of `outer`: they are committed or rolled back with it."""
        if not isinstance(outer, PostgresTransaction):
            raise TypeError(outer)

        @asynccontextmanager
        async def begin() -> AsyncIterator[PostgresTransaction]:
            with translated(BROKEN):
                async with outer.connection.transaction():
                    yield outer

        return begin

    async def ping(self) -> None:
        """Check that the database responds. Raises DatabaseUnavailable."""
        async with self.read() as views:
            await views.users.ping()


class _Lent(Generic[Shown]):
    """A borrowed connection; a class, because a generator would add a fifth to the time of a short request."""

    __slots__ = ("_connection", "_database", "_shown")

    def __init__(self, database: Database, shown: Callable[[Any], Shown]) -> None:
        self._database, self._shown = database, shown
        self._connection: Any = None

    async def __aenter__(self) -> Shown:
        self._connection = await self._database.take()
        return self._shown(self._connection)

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        await self._database.give_back(self._connection, clean=error is None)
        if error is not None:
            with translated(BROKEN):
                raise error


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
    """Open the pool for as long as the block lasts; connections are opened on first use."""
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
            "jit": "off",  # short statements: planning a compilation costs more than it gains
        },
    )
    with reached():
        await pool
    connections = Connections(pool, wait=wait)
    try:
        yield Database(connections, seal=seal, after_commit=after_commit)
    finally:
        await connections.close()
        pool.terminate() if pool.is_closing() else await pool.close()


async def _prepare(connection: Any) -> None:
    def encode(value: object) -> str:
        return msgspec.json.encode(value).decode()

    await connection.set_type_codec(
        "jsonb", encoder=encode, decoder=msgspec.json.decode, schema="pg_catalog", format="text"
    )


async def _keep(_connection: Any) -> None:
    """Skip the reset round trip: no state of Efir outlives a transaction on a connection."""
