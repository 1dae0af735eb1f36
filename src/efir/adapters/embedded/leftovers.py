"""Servers that outlived their supervisor: found by the directory they work in, which no other program uses."""

import contextlib
import os
import signal
import time
from pathlib import Path

PROCESSES = Path("/proc")


def servers_in(directory: Path, program: str) -> list[int]:
    """List the processes of a program that work in this directory (Linux; elsewhere nothing is found)."""
    found = []
    for entry in PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "comm").read_text().strip() == program[:15] and (entry / "cwd").samefile(directory):
                found.append(int(entry.name))
    return found


def end_servers(directory: Path, program: str, *, patience: float = 5.0) -> int:
    """End what is left of a server, first by its immediate shutdown, then by force; answers how many there were."""
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
