"""One PostgreSQL and one Valkey for a whole run of tests, each started when the first test asks for it.

The process that begins the run (xdist's controller, or the only one) makes a folder for it and listens there; workers
ask it for addresses. So the servers are children of that process: they outlive a worker that crashes and end with the
run.
"""

import fcntl
import os
import shutil
import socket
import socketserver
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from servers import Server, start_postgres, start_valkey

ROOM = "TEST_RUN_ROOM"  # the environment variable that tells workers where the run has its folder
STARTS: dict[str, Callable[[Path], Server]] = {
    "postgres": lambda home: start_postgres(home, options={"shared_preload_libraries": "pg_stat_statements"}),
    "valkey": start_valkey,
}


class Reception(socketserver.UnixStreamServer):
    """Answers the name of a server with its address, and starts it for the first who asks."""

    request_queue_size = 64

    def __init__(self, home: Path) -> None:
        self.home = home
        self.running: dict[str, Server] = {}
        self.failed: dict[str, str] = {}
        super().__init__(str(home / "socket"), Question)

    def address(self, name: str) -> str:
        """Return `ok URL`, or `failed REASON`; a start that failed is not tried for every test again."""
        if name not in self.running and name not in self.failed:
            try:
                self.running[name] = STARTS[name](self.home / name)
            except Exception as error:  # noqa: BLE001  # told to whoever asked
                self.failed[name] = repr(error)
        return f"failed {self.failed[name]}" if name in self.failed else f"ok {self.running[name].url}"


class Question(socketserver.StreamRequestHandler):
    """One line with a server's name, answered by one line."""

    server: Reception

    def handle(self) -> None:
        name = self.rfile.readline().decode().strip()
        self.wfile.write(self.server.address(name).encode())


def room() -> Path:
    """Return the folder of this run, which is removed with everything in it."""
    return Path(os.environ[ROOM])


def ask(name: str) -> str:
    """Return the address of a server of this run."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(room() / "socket"))
        line.sendall(f"{name}\n".encode())
        with line.makefile() as answer:
            outcome, _, text = answer.read().partition(" ")
    if outcome != "ok":
        raise RuntimeError(f"{name}: {text}")
    return text


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Let one worker at a time in."""
    with (room() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def received() -> Iterator[None]:
    """Give the run its folder, and answer in it; then stop what was started and remove the folder."""
    home = Path(tempfile.mkdtemp(prefix="efir-tests-"))
    home.chmod(0o711)  # servers run under accounts of their own
    with Reception(home) as reception:
        thread = threading.Thread(target=reception.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        os.environ[ROOM] = str(home)
        try:
            yield
        finally:
            del os.environ[ROOM]
            reception.shutdown()
            thread.join()
            for server in reception.running.values():
                server.stop()
            shutil.rmtree(home, ignore_errors=True)


def pytest_configure(config: pytest.Config) -> None:
    """Begin the run, unless this is a worker in it."""
    if not hasattr(config, "workerinput"):
        run = ExitStack()
        run.enter_context(received())
        config.add_cleanup(run.close)


@pytest.fixture(scope="session")
def database_server() -> str:
    """The database server of this run."""
    return ask("postgres")


@pytest.fixture(scope="session")
def cache_server() -> str:
    """The cache server of this run."""
    return ask("valkey")
