"""The API's processes: one that only watches, and those that serve."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from kit.programs import free_port, serving

PATIENCE = 60.0


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
def test_no_server_outlives_the_first_process_even_when_that_is_killed(environment: dict[str, str]) -> None:
    port = free_port()
    command = [sys.executable, "-m", "efir", "api", "--port", str(port)]
    process = subprocess.Popen(command, env={**os.environ, **environment})
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.1)
    servers = children_of(process.pid)
    assert servers
    process.send_signal(signal.SIGKILL)
    process.wait()
    while any(alive(pid) for pid in servers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in servers if alive(pid)]


def libraries_of(pid: int) -> set[str]:
    """The compiled parts of Python packages that a process has loaded, by the names of the packages."""
    paths = [line.split(maxsplit=5)[5] for line in Path(f"/proc/{pid}/maps").read_text().splitlines() if ".so" in line]
    return {Path(path.partition("/site-packages/")[2]).parts[0] for path in paths if "/site-packages/" in path}


def test_what_serves_requests_has_not_loaded_sqlalchemy(environment: dict[str, str]) -> None:
    assert "sqlalchemy" in libraries_of(os.getpid())  # these tests have, for migrations
    with serving(environment) as (origin, pid):
        for path in ("/", "/api/v1/videos", "/openapi.json", "/healthz"):
            assert httpx.get(f"{origin}{path}").status_code == 200
        servers = children_of(pid)
        loaded = [libraries_of(process) for process in (pid, *servers)]
    assert servers
    assert [libraries for libraries in loaded if "sqlalchemy" in libraries] == []
    assert any("asyncpg" in libraries for libraries in loaded)
