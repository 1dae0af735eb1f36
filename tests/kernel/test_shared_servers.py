"""Servers of a run of tests start when a test asks, are shared by its workers, and leave nothing behind."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]
TINY = """
import json, os, socket
import pytest
from pathlib import Path
from kit.fixtures.shared_servers import room

def tell(name, **facts):
    Path(name).write_text(json.dumps({"worker": os.getpid(), "room": str(room()), **facts}))
"""
SHARING = """
@pytest.mark.parametrize("name", ["one", "two"])
def test_both(database_server, cache_server, name):
    tell(name, urls=[database_server, cache_server])
"""
CRASHING = """
def test_1(cache_server):
    tell("one", urls=[cache_server])
    os._exit(1)

def test_2(cache_server):
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(cache_server.removeprefix("unix://"))
        line.sendall(b"PING\\r\\n")
        assert line.recv(7) == b"+PONG\\r\\n"
    tell("two", urls=[cache_server])
"""


class Run:
    """A run of tests in a process of its own, marked so that what it leaves can be found."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.mark = uuid.uuid4().hex

    def of(self, tests: str, *flags: str, plugin: str = "kit.fixtures.shared_servers", **environ: str) -> str:
        """Run these tests and return what pytest says."""
        (self.place / "test_tiny.py").write_text(TINY + tests)
        outer = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TEST_"))}
        plugins = [word for name in ("xdist", "asyncio", "timeout", plugin) for word in ("-p", name)]
        command = [sys.executable, "-m", "pytest", "-c", str(TESTS.parent / "pyproject.toml"), *plugins, *flags]
        done = subprocess.run(
            [*command, "--rootdir", str(self.place), "-p", "no:cacheprovider", "test_tiny.py"],
            cwd=self.place,
            env={
                **outer,
                "PYTHONPATH": str(TESTS),
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                "MARK": self.mark,
                **environ,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    def told(self, name: str) -> Any:
        return json.loads((self.place / name).read_text())

    def left(self) -> list[str]:
        """List the processes of this run that still live."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if f"MARK={self.mark}".encode() in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_text())
            except OSError:
                continue  # it has just ended
        return found


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_a_run_that_asks_for_no_server_starts_none(run: Run) -> None:
    said = run.of("def test_it():\n    tell('one', files=os.listdir(room()))\n", "-n", "1")
    assert "1 passed" in said
    assert run.told("one")["files"] == ["socket"]
    assert not Path(run.told("one")["room"]).exists()


@pytest.mark.slow
def test_workers_share_servers_that_end_with_the_run(run: Run) -> None:
    said = run.of(SHARING, "-n", "2")
    assert "2 passed" in said, said
    one, two = run.told("one"), run.told("two")
    assert one["worker"] != two["worker"]
    assert one["urls"] == two["urls"]
    assert not Path(one["room"]).exists()
    assert run.left() == []


@pytest.mark.slow
def test_a_server_outlives_the_worker_that_asked_first(run: Run) -> None:
    assert "1 failed, 1 passed" in run.of(CRASHING, "-n", "1", "--max-worker-restart", "1")
    one, two = run.told("one"), run.told("two")
    assert one["worker"] != two["worker"]
    assert one["urls"] == two["urls"]
    assert not Path(one["room"]).exists()
    assert run.left() == []


def test_a_run_without_servers_has_no_way_to_ask_for_one(run: Run) -> None:
    said = run.of("def test_it(database_server):\n    pass\n", plugin="conftest", SERVERLESS="1")
    assert "fixture 'database_server' not found" in said


def test_the_fast_recipe_runs_without_servers() -> None:
    recipe = (TESTS.parent / "justfile").read_text().partition("\nfast ")[2].partition("\n\n")[0]
    assert "SERVERLESS=1" in recipe
