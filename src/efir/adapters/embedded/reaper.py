"""The guard process of a supervisor: however the supervisor exits, it ends every process that is left."""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
GRACE = 5.0  # seconds between a stop signal and SIGKILL


def adopt_orphans(*, adopt: bool = True) -> None:
    """Become the parent of every orphaned descendant (Linux), whatever its session or group, or stop being it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0)


def children() -> list[int]:
    """Return the ids of this process's children."""
    if Path("/proc/self/task").is_dir():
        with contextlib.suppress(FileNotFoundError):  # absent in kernels built without this file
            tasks = Path("/proc/self/task").iterdir()
            return [int(word) for task in tasks for word in (task / "children").read_text().split()]
    listing = subprocess.Popen(["/bin/ps", "-A", "-o", "pid=,ppid="], stdout=subprocess.PIPE, text=True)
    rows = [line.split() for line in listing.communicate()[0].splitlines()]
    return [int(pid) for pid, parent in rows if int(parent) == os.getpid() and int(pid) != listing.pid]


def end_children(
    signals: tuple[signal.Signals, ...], *, grace: float = GRACE, spared: frozenset[int] = frozenset()
) -> None:
    """Send the signals in turn, each with its grace period, until no descendant is left.

    This process adopts the children of a killed child, so the loop ends only when the whole tree is gone.
    """
    for number in (*signals, signal.SIGKILL):
        deadline = time.monotonic() + grace
        asked: set[int] = set()
        while left := [child for child in children() if child not in spared]:
            for child in left:
                if child not in asked or number is signal.SIGKILL:
                    asked.add(child)
                    _signal_group(child, number)
            _reap(left)
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)


def _signal_group(child: int, number: signal.Signals) -> None:
    """Signal a child, with its process group when it leads one."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.getpgid(child) == child:
            os.killpg(child, number)
        else:
            os.kill(child, number)


def _reap(processes: list[int]) -> None:
    for process in processes:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(process, os.WNOHANG)


def do_nothing() -> None:
    """Do nothing at the end."""


def watch(
    child: int,
    *,
    requests: Mapping[signal.Signals, signal.Signals],
    life: int = -1,
    ended: Callable[[], None] = do_nothing,
) -> int:
    """Wait for a child, or for the end of the pipe `life`; then end all remaining descendants of this process.

    `requests` maps signals to this process to those for the child. `ended` is called before the descendants are ended.
    Return the child's exit code (negative for a signal), 0 when the pipe ended.
    """
    for number, passed in requests.items():
        signal.signal(number, lambda *_, passed=passed: _signal_group(child, passed))
    bell, hammer = os.pipe()
    os.set_blocking(hammer, False)
    signal.set_wakeup_fd(hammer)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    try:
        while True:
            reaped, status = os.waitpid(-1, os.WNOHANG)  # any: the first process of a container adopts all orphans
            if reaped == child:
                return os.waitstatus_to_exitcode(status)
            if reaped:
                continue
            readable, _, _ = select.select([bell, *([life] if life >= 0 else [])], [], [])
            if bell in readable:
                os.read(bell, 4096)
            if life in readable and not os.read(life, 64):
                return 0
    finally:
        ended()
        end_children((requests[signal.SIGTERM],))
