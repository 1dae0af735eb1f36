"""`efir up` as a real process tree, marked so that what it leaves can be found."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

STAND_IN = Path(__file__).with_name("stand_in.py")
SOURCES = Path(__file__).parents[2] / "src"
PATIENCE = 60.0


class Up:
    """One data directory and the `efir up` processes on it."""

    def __init__(self, home: Path, *, python: str = sys.executable, user: int | None = None) -> None:
        self.home = home
        self.command: tuple[str, ...] = (python, str(STAND_IN))
        self.user = user
        self.mark = uuid.uuid4().hex
        self.log = home.parent / f"{home.name}.out"
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def run(self, *flags: str, **environ: str) -> subprocess.Popen[bytes]:
        """Start `efir up`."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("EFIR_")}
        with self.log.open("wb") as log:
            identity = {} if self.user is None else {"user": self.user, "group": self.user, "extra_groups": []}
            process = subprocess.Popen(
                [*self.command, "up", "--port", str(self.port), "--data-dir", str(self.home), *flags],
                stdout=log,
                stderr=log,
                cwd="/",
                env={
                    **own,
                    "PYTHONPATH": os.pathsep.join([str(SOURCES), *filter(None, sys.path)]),
                    "MARK": self.mark,
                    **environ,
                },
                start_new_session=True,
                **identity,
            )
        self.process = process
        return process

    def ready(self, *flags: str, **environ: str) -> "Up":
        """Start and wait for the ready line."""
        process = self.run(*flags, **environ)
        self.until(lambda: self.said("Efir is ready at") or process.poll() is not None)
        assert self.said(f"Efir is ready at http://127.0.0.1:{self.port}\n"), self.log.read_text()
        return self

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; answers the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def said(self, text: str) -> bool:
        """Tell whether it printed this."""
        return text in self.log.read_text()

    def noted(self) -> list[str]:
        """Read what the stand-ins wrote down."""
        path = self.home / "order.log"
        return path.read_text().splitlines() if path.exists() else []

    def processes(self) -> dict[int, str]:
        """Find every living process of this run, in whatever session it hides."""
        return living(self.mark, self.home)

    def pid(self, words: str) -> int:
        """Find the one process whose command line has these words."""
        return min(pid for pid, line in self.processes().items() if words in line)

    def kill_and_wait(self, pid: int, words: str) -> None:
        """Kill a process, and wait until another one with the same words has come."""
        os.kill(pid, signal.SIGKILL)
        self.until(lambda: any(words in line and other != pid for other, line in self.processes().items()))

    def gone(self) -> bool:
        """Cut the power of what still runs; tell whether nothing did."""
        running = self.processes()
        for pid in running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not running

    def supervisor(self) -> int:
        """Find the forked supervisor: the only child of the process we started."""
        assert self.process is not None
        return int(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0])

    def until(self, true: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + patience
        while not true():
            assert time.monotonic() < deadline, (self.log.read_text(), self.processes())
            time.sleep(0.02)

    def seed(self, begun: Path, owner: int | None = None) -> "Up":
        """Put a copy of a data directory in place, as another user's if wanted."""
        subprocess.run(["cp", "-a", str(begun), str(self.home)], check=True)
        if owner is not None:
            subprocess.run(["chown", "-R", f"{owner}:{owner}", str(self.home)], check=True)
        return self

    def clean(self) -> None:
        """End whatever a failed test left."""
        if self.process is not None:
            self.until(self.gone)
            self.process.wait()


def living(mark: str, home: Path) -> dict[int, str]:
    """Find the processes with a mark in their environment, and those working in the data directory.

    The servers write their title over their environment, so a mark alone does not find them.
    """
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (entry / "environ").read_bytes() or home in (entry / "cwd").readlink().parents:
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


def free_port() -> int:
    """Find a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory after a first start, to copy: making one takes longer than most tests."""
    made = Up(tmp_path_factory.mktemp("begun") / "data")
    try:
        assert made.ready().stop() == 0
    finally:
        made.clean()
    (made.home / "order.log").unlink()
    return made.home


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Up]:
    """`efir up` on a data directory that is not there yet."""
    made = Up(tmp_path / "data")
    yield made
    made.clean()


@pytest.fixture
def up(tmp_path: Path, begun: Path) -> Iterator[Up]:
    """`efir up` on a data directory that was started before."""
    made = Up(tmp_path / "data").seed(begun)
    yield made
    made.clean()
