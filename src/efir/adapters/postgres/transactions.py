"""Connections and transactions: one asyncpg pool for reads and writes (decision 0002)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

import asyncpg
import msgspec

from efir.adapters.postgres.access_changes import WaitingChanges
from efir.adapters.postgres.audio import Audio
from efir.adapters.postgres.audit import Audit
from efir.adapters.postgres.bans import Bans
from efir.adapters.postgres.blobs import PostgresBlobStore
from efir.adapters.postgres.channels import Channels
from efir.adapters.postgres.constraints import reached, translated
from efir.adapters.postgres.identities import Identities
from efir.adapters.postgres.jobs import Jobs
from efir.adapters.postgres.logins import Logins
from efir.adapters.postgres.mails import Mails
from efir.adapters.postgres.outbox import PostgresOutbox
from efir.adapters.postgres.passkeys import Passkeys
from efir.adapters.postgres.pictures import Pictures
from efir.adapters.postgres.profiles import Profiles
from efir.adapters.postgres.proofs import Proofs
from efir.adapters.postgres.questions import Questions
from efir.adapters.postgres.registrations import Registrations
from efir.adapters.postgres.renditions import Renditions
from efir.adapters.postgres.replies import PostgresReplies
from efir.adapters.postgres.roles import Roles
from efir.adapters.postgres.second_factors import SecondFactors
from efir.adapters.postgres.sessions import Sessions
from efir.adapters.postgres.signing_keys import SigningKeys
from efir.adapters.postgres.uploads import Uploads
from efir.adapters.postgres.users import Users
from efir.adapters.postgres.videos import Videos
from efir.adapters.postgres.views import PostgresViews, Seal
from efir.domain.jobs import JobId, Queue

Woken = list[tuple[Queue, JobId]]
AfterCommit = Callable[[Woken], Awaitable[None]]


class PostgresTransaction:
    """Everything that can be changed, on one connection with an open transaction."""

    def __init__(self, connection: Any, seal: Seal) -> None:
        self.connection = connection
        self.woken: Woken = []
        self.users = Users(connection)
        self.sessions = Sessions(connection)
        self.second_factors = SecondFactors(connection)
        self.passkeys = Passkeys(connection)
        self.identities = Identities(connection)
        self.roles = Roles(connection)
        self.bans = Bans(connection)
        self.logins = Logins(connection)
        self.audit = Audit(connection)
        self.signing_keys = SigningKeys(connection)
        self.access_changes = WaitingChanges(connection)
        self.channels = Channels(connection)
        self.videos = Videos(connection)
        self.renditions = Renditions(connection)
        self.uploads = Uploads(connection)
        self.audio = Audio(connection)
        self.blobs = PostgresBlobStore(lambda: nullcontext(connection))
        self.profiles = Profiles(connection)
        self.mails = Mails(connection, *seal)
        self.proofs = Proofs(connection)
        self.pictures = Pictures(connection)
        self.registrations = Registrations(connection)
        self.jobs = Jobs(connection, self.woken)
        self.questions = Questions(connection)
        self.outbox = PostgresOutbox(connection)
        self.replies = PostgresReplies(connection, *seal)
        self.views = PostgresViews(connection, seal)


class Database:
    """The pool; `begin` and `read` are what use cases get."""

    def __init__(self, pool: Any, *, wait: float, seal: Seal, after_commit: AfterCommit) -> None:
        self._pool = pool
        self._wait = wait
        self.seal = seal
        self._after_commit = after_commit

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresTransaction]:
        """Open a transaction; leaving the block commits, then wakes workers."""
        connection = await self.acquire()
        try:
            tx = PostgresTransaction(connection, self.seal)
            with translated():
                async with connection.transaction():
                    yield tx
        finally:
            await self.release(connection)
        if tx.woken:
            await self._after_commit(tx.woken)

    def read(self) -> "_Reading":
        """Lend a connection for reading; each statement sees the newest committed state."""
        return _Reading(self)

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Any]:
        """Lend a connection as it is."""
        connection = await self.acquire()
        try:
            with translated():
                yield connection
        finally:
            await self.release(connection)

    async def acquire(self) -> Any:
        """Take a connection, waiting for one no longer than agreed. Raises DatabaseAway."""
        with reached():
            if self._pool.get_idle_size():  # the usual case: no timer needed
                return await self._pool.acquire()
            return await self._pool.acquire(timeout=self._wait)

    async def release(self, connection: Any) -> None:
        """Give a connection back."""
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


class _Reading:
    """A lent connection; a class, because a generator costs a fifth of a short request more."""

    __slots__ = ("_connection", "_database")

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Any = None

    async def __aenter__(self) -> PostgresViews:
        self._connection = await self._database.acquire()
        return PostgresViews(self._connection, self._database.seal)

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        await self._database.release(self._connection)
        if error is not None:
            with translated():
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
