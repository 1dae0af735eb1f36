"""The service for each worker on the servers of the run: a database of its own, emptied after each test."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from efir.adapters.postgres.migrate import upgrade
from efir.adapters.postgres.tables import Row
from efir.adapters.quiz.cldr import write_bank
from efir.application.context import Ports
from efir.bootstrap.startup import logs
from efir.bootstrap.wiring.http import served
from efir.bootstrap.wiring.ports import opened
from efir.domain.kernel.ids import UserId
from efir.settings import Settings, from_environment
from publishing import Published, owner_of, publisher
from shared_servers import alone, room

TEMPLATE = "template_efir"
KEPT = {"role", "signing_key"}  # what an installation always has
# Deleting few rows is 40 times faster than truncating 37 tables; as a replica, no order among the tables matters.
EMPTY = "; ".join(
    (
        "set session_replication_role = replica",
        *(f"delete from {name}" for name in Row.metadata.tables if name not in KEPT),  # noqa: S608  # own names only
        "delete from role where not system",
        "set session_replication_role = origin",
    )
)
SECRET = "a secret of forty characters for the tests"


def pytest_configure() -> None:
    """Say nothing below an error."""
    logs.configure("error")


def named(url: str, database: str) -> str:
    """The same server, another database."""
    head, _, options = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{database}?{options}"


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _exists(url: str, database: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return bool(await connection.fetchval("select count(*) from pg_database where datname = $1", database))
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def template(database_server: str) -> str:
    """The name of a migrated database to copy, made by the worker that comes first."""
    with alone("template"):
        if not asyncio.run(_exists(database_server, TEMPLATE)):
            asyncio.run(
                _execute(database_server, f"drop database if exists {TEMPLATE}_begun")
            )  # of a worker that crashed
            asyncio.run(_execute(database_server, f"create database {TEMPLATE}_begun"))
            upgrade(named(database_server, f"{TEMPLATE}_begun"), "public")
            asyncio.run(_execute(database_server, f"alter database {TEMPLATE}_begun rename to {TEMPLATE}"))
    return TEMPLATE


@pytest.fixture(scope="session")
def database_url(database_server: str, template: str, worker_id: str) -> str:
    """A migrated database of this worker's own."""
    database = f"efir_{worker_id}_{os.getpid()}"
    with alone("template"):  # PostgreSQL copies a database to one at a time
        asyncio.run(_execute(database_server, f"create database {database} template {template}"))
    return named(database_server, database)


@pytest.fixture(scope="session")
def redis_url(cache_server: str, worker_id: str) -> str:
    """Valkey, a numbered database for each worker."""
    number = int(worker_id.removeprefix("gw")) + 1 if worker_id.startswith("gw") else 0
    return f"{cache_server}?db={number}"


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """The name of this xdist worker; `master` without xdist."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "master"))


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """A short path for stored files."""
    home = Path(tempfile.mkdtemp(prefix="data-", dir=room()))
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def bank_made(data_dir: Path) -> None:
    """The bank that comes with Efir: on a busy machine making it takes longer than a request may wait."""
    write_bank(data_dir / "quiz" / "bank.jsonl", made_at=datetime.now(UTC))


@pytest.fixture(scope="session")
def environment(database_url: str, redis_url: str, data_dir: Path) -> dict[str, str]:
    """Settings of this worker's instance, for processes started by tests."""
    return {
        "EFIR_DATABASE__URL": database_url,
        "EFIR_REDIS__URL": redis_url,
        "EFIR_DATA_DIR": str(data_dir),
        "EFIR_SECRET": SECRET,
        "EFIR_LOG__LEVEL": "error",
        "EFIR_ENV_FILE": os.devnull,
        "EFIR_PUBLIC_URL": "http://efir.test",
        "EFIR_LIMITS__SIGN_IN_ATTEMPTS": "100000",
        "EFIR_LIMITS__SIGN_IN_ATTEMPTS_NAME": "100000",
        "EFIR_LIMITS__SIGN_IN_ATTEMPTS_NETWORK": "100000",
        "EFIR_LIMITS__REGISTRATIONS_NETWORK": "100000",
        "EFIR_LIMITS__PASSWORD_CHECKS": "100000",
        "EFIR_LIMITS__RESETS_NETWORK": "100000",
        "EFIR_LIMITS__PASSWORD_PASSES": "1",  # hashes are slow on purpose; what they cost has tests of its own
        "EFIR_LIMITS__PASSWORD_MEMORY_KIB": "1024",
    }


@pytest.fixture(scope="session")
def settings(environment: dict[str, str]) -> Settings:
    """Settings of this worker's instance."""
    return from_environment(environment)


@pytest.fixture(scope="session")
async def session_ports(settings: Settings) -> AsyncIterator[Ports]:
    """All ports, wired as in production."""
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(opened(settings, statement_seconds=30))


@pytest.fixture(scope="session")
async def connection(database_url: str) -> AsyncIterator[Any]:
    """A connection to look behind the scenes."""
    opened_connection = await asyncpg.connect(database_url)
    yield opened_connection
    await opened_connection.close()


@pytest.fixture
async def ports(session_ports: Ports, connection: Any) -> AsyncIterator[Ports]:
    """All ports over an empty database."""
    yield session_ports
    await connection.execute(EMPTY)


@pytest.fixture(scope="session")
def app(session_ports: Ports, settings: Settings) -> Any:
    """The whole HTTP application."""
    return served(session_ports, settings)


@pytest.fixture
async def client(app: Any, ports: Ports) -> AsyncIterator[httpx.AsyncClient]:
    """A browser-like client of the application, without a network."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://efir.test") as http:
        yield http


@pytest.fixture
async def owner(ports: Ports) -> UserId:
    """Somebody with a channel."""
    return await owner_of(ports)


@pytest.fixture
def publish(ports: Ports, owner: UserId, connection: Any) -> Published:
    """Make a video of a local file, as if it had just been uploaded."""
    return publisher(ports, owner, connection)
