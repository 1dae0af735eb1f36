"""Processes that outlived their supervisor: servers by their working directory, others by an environment variable."""

import contextlib
import os
import signal
import time
from pathlib import Path

PROCESSES = Path("/proc")
PATIENCE = 5.0
MARK = "SUPERVISED_BY_EFIR"  # its value is the data directory


def servers_in(directory: Path, program: str) -> list[int]:
    """Return the ids of a program's processes that work in this directory (Linux; empty elsewhere)."""
    found = []
    for entry in PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "comm").read_text().strip() == program[:15] and (entry / "cwd").samefile(directory):
                found.append(int(entry.name))
    return found


def end_servers(directory: Path, program: str, *, patience: float = PATIENCE) -> int:
    """Stop processes of a server, first by its immediate shutdown, then by SIGKILL; return how many there were."""
    first = servers_in(directory, program)
    deadline = time.monotonic() + patience
    wanted = signal.SIGQUIT
    while left := servers_in(directory, program):
        if time.monotonic() > deadline:
            wanted = signal.SIGKILL
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, wanted)
        time.sleep(0.05)
    return len(first)


def end_marked(data_dir: Path) -> int:
    """Kill children of a supervisor of this data directory that was killed together with its guard; return how many.

    The caller holds the lock of the data directory, so no running supervisor owns them.
    """
    wanted = f"{MARK}={data_dir}".encode()
    killed: set[int] = set()
    deadline = time.monotonic() + PATIENCE
    while (left := _find_marked(wanted)) and time.monotonic() < deadline:
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        killed.update(left)
        time.sleep(0.02)
    return len(killed)


def _find_marked(wanted: bytes) -> list[int]:
    found = []
    for entry in PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found
