"""The parts of `efir up`: the processes, the order of their start, and their environment."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from efir.adapters.embedded import postgres, valkey
from efir.adapters.embedded.accounts import Account
from efir.adapters.embedded.binaries import Binaries, find_binaries, usable_binaries
from efir.adapters.embedded.daemon import Daemon, StartFailed
from efir.adapters.embedded.orphans import MARK
from efir.adapters.embedded.programs import Program
from efir.adapters.embedded.sockets import existing_socket_directory, socket_directory
from efir.adapters.embedded.supervisor import Supervisor
from efir.bootstrap.processes.http_probe import answers
from efir.bootstrap.processes.revisions import is_migrated
from efir.bootstrap.startup.settings_loading import complete_settings, export_settings
from efir.bootstrap.wiring.questions import bank_path
from efir.drivers.cli.up import display_address
from efir.settings import Settings

STAGES = {"postgres": 0, "valkey": 1, "worker": 2, "api": 3}
COMMAND = (sys.executable, "-m", "efir")
WORKERS = {"media": ("media",), "fast": ("fast", "mail")}
HEAD_START = 3.0  # seconds that the API has the processors to itself before the workers start
BROKEN_FILE = ("Bad file format", "AOF", "append only file", "Short read", "RDB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Everything needed to describe the children."""

    settings: Settings
    servers: Account | None
    secret: str
    say: Callable[[str], None]

    @property
    def home(self) -> Path:
        """Return the data directory."""
        return self.settings.home


async def bring_up(stack: Stack, supervisor: Supervisor) -> None:
    """Start everything and return when the API is ready; servers named in the settings are not started.

    Raises StartFailed, ClusterRefused or BinariesMissing.
    """
    own_database, own_cache = not stack.settings.database.url, not stack.settings.redis.url
    sockets = socket_directory(stack.home, stack.servers)
    if own_database or own_cache:
        binaries = usable_binaries(find_binaries(), stack.servers, stack.home)
        steps = []
        if own_cache:
            steps.append(_start_cache(stack, supervisor, binaries, sockets))
        if own_database:
            steps.append(_start_database(stack, supervisor, binaries, sockets))
        await asyncio.gather(*steps)
    environ = environment(stack, sockets)
    if not own_database or not is_migrated(sockets, stack.settings.database.schema):
        stack.say("schema: being brought up to date")
        await supervisor.run(_efir(environ, "migrate", "migrate"))
    api = asyncio.ensure_future(supervisor.start(_api(stack, environ)))
    await asyncio.wait((api,), timeout=HEAD_START)
    for name, queues in WORKERS.items():
        await supervisor.start(_worker(stack, environ, name, queues))
    await api


async def _start_database(stack: Stack, supervisor: Supervisor, binaries: Binaries, sockets: Path) -> None:
    cluster = postgres.Cluster(
        binaries=binaries.postgres,
        directory=stack.home / "postgres",
        sockets=sockets,
        account=stack.servers,
    )
    if not cluster.directory.exists():
        stack.say(f"database: being made in {cluster.directory}")
    await asyncio.sleep(0)  # lets the cache start meanwhile
    postgres.create(cluster)

    def prepare() -> None:
        if left := postgres.clear_remains(cluster):
            stack.say(f"database: ended {left} processes left from before")

    async def is_ready() -> bool:
        return postgres.is_ready(sockets)

    program = postgres.program(cluster)
    await supervisor.start(Daemon(program=program, ready=is_ready, stage=STAGES["postgres"], before=prepare))


async def _start_cache(stack: Stack, supervisor: Supervisor, binaries: Binaries, sockets: Path) -> None:
    cache = valkey.Cache(
        binary=binaries.valkey, directory=stack.home / "valkey", sockets=sockets, account=stack.servers
    )

    def prepare() -> None:
        valkey.prepare(cache)

    async def is_ready() -> bool:
        return valkey.is_ready(sockets)

    def mend(tail: str) -> str:
        if any(sign in tail for sign in BROKEN_FILE):
            return f"its file is broken and was put away as {valkey.quarantine(cache)}; it starts empty"
        return ""

    program = valkey.program(cache)
    await supervisor.start(Daemon(program=program, ready=is_ready, stage=STAGES["valkey"], before=prepare, mend=mend))


async def fill(stack: Stack, supervisor: Supervisor) -> None:
    """Add the sample user and videos through the public API; a failure is reported and has no other effect."""
    url = display_address(stack.settings.host, stack.settings.port)
    words = ("demo", "--url", url, "--data-dir", str(stack.home))
    try:
        await supervisor.run(_efir(environment(stack, existing_socket_directory(stack.home)), "demo", *words))
    except StartFailed:
        stack.say("demo: not complete; `efir demo` tries again")


async def stock(stack: Stack, supervisor: Supervisor) -> None:
    """Create the bank of quiz questions at the first start; otherwise the first request for questions creates it."""
    if stack.settings.quiz.bank or "bank" not in stack.settings.quiz.sources or bank_path(stack.settings).exists():
        return
    words = ("questions", "bank", "--data-dir", str(stack.home))
    try:
        await supervisor.run(_efir(environment(stack, existing_socket_directory(stack.home)), "questions", *words))
    except StartFailed:
        stack.say("quiz: the bank of questions could not be made; `efir questions bank` tries again")


def _api(stack: Stack, environ: Mapping[str, str]) -> Daemon:
    async def is_ready() -> bool:
        return await answers(stack.settings.host, stack.settings.port, "/readyz")

    limits = stack.settings.limits
    program = _efir(environ, "api", "api", stop_seconds=limits.drain_edge_seconds)
    return Daemon(program=program, ready=is_ready, stage=STAGES["api"])


def _worker(stack: Stack, environ: Mapping[str, str], name: str, queues: tuple[str, ...]) -> Daemon:
    async def is_ready() -> bool:
        return True

    words = ("worker", "--queues", ",".join(queues))
    program = _efir(environ, name, *words, stop_seconds=stack.settings.limits.drain_worker_seconds)
    return Daemon(program=program, ready=is_ready, stage=STAGES["worker"])


def _efir(environ: Mapping[str, str], name: str, *words: str, stop_seconds: float = 10) -> Program:
    return Program(
        name=name,
        argv=(*COMMAND, *words),
        cwd=Path.cwd(),
        environ=environ,
        stop_signal=signal.SIGTERM,
        stop_seconds=stop_seconds,
    )


def environment(stack: Stack, sockets: Path) -> dict[str, str]:
    """Return the children's environment: this one, the URLs of the embedded servers, the secret."""
    settings = complete_settings(stack.settings, sockets, stack.secret)
    return {**os.environ, **export_settings(settings), MARK: str(stack.home.resolve())}
