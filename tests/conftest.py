"""Real servers for every test: one PostgreSQL and one Valkey a run, one database a worker, emptied after each test."""

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
from servers import start_postgres, start_valkey

_started: list[Any] = []
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
LONGEST = ("embedded", "web", "cli", "processing", "questions", "media", "migrations", "uploads", "oidc", "api")
SECRET = "a secret of forty characters for the tests"


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers in the controller; workers inherit their addresses."""
    logs.configure("error")
    if hasattr(config, "workerinput") or "TEST_POSTGRES_URL" in os.environ:
        return
    home = Path(tempfile.mkdtemp(prefix="efir-tests-"))
    home.chmod(0o711)
    postgres = start_postgres(home / "postgres", options={"shared_preload_libraries": "pg_stat_statements"})
    valkey = start_valkey(home / "valkey")
    _started.extend([postgres, valkey, home])
    os.environ["TEST_POSTGRES_URL"] = postgres.url
    os.environ["TEST_VALKEY_URL"] = valkey.url
    asyncio.run(_create(postgres.url, "template_efir"))
    upgrade(named(postgres.url, "template_efir"), "public")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what this process started."""
    while _started:
        part = _started.pop()
        shutil.rmtree(part, ignore_errors=True) if isinstance(part, Path) else part.stop()
        if not _started:
            os.environ.pop("TEST_POSTGRES_URL")
            os.environ.pop("TEST_VALKEY_URL")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: next((at for at, name in enumerate(LONGEST) if f"/{name}/" in str(item.path)), 99))


def named(url: str, database: str) -> str:
    """The same server, another database."""
    head, _, options = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{database}?{options}"


async def _create(url: str, database: str, template: str = "template1") -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"create database {database} template {template}")
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def database_url(worker_id: str) -> str:
    """A migrated database of this worker's own."""
    url, database = os.environ["TEST_POSTGRES_URL"], f"efir_{worker_id}_{os.getpid()}"
    asyncio.run(_create(url, database, "template_efir"))
    return named(url, database)


@pytest.fixture(scope="session")
def redis_url(worker_id: str) -> str:
    """Valkey, a numbered database for each worker."""
    number = int(worker_id.removeprefix("gw")) + 1 if worker_id.startswith("gw") else 0
    return f"{os.environ['TEST_VALKEY_URL']}?db={number}"


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """The name of this xdist worker; `master` without xdist."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "master"))


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """A short path for stored files."""
    home = Path(tempfile.mkdtemp(prefix="efir-data-"))
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
