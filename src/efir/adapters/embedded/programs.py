"""Child programs: command, user and stop signal."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from efir.adapters.embedded.accounts import Account, identity

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program to run in a session of its own."""

    name: str
    argv: tuple[str, ...]
    cwd: Path
    account: Account | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10


def spawn(program: Program, *, output: int | None = None) -> subprocess.Popen[bytes]:
    """Start a program that gets its stop signal when this process exits, however it exits.

    Call it from the main thread of a process with one thread: the kernel watches the thread that forks, and the step
    between fork and exec is only safe without other threads. The death signal is set after the change of user, because
    that change clears it.
    """
    parent = os.getpid()
    return subprocess.Popen(
        program.argv,
        cwd=program.cwd,
        env=dict(program.environ),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
        preexec_fn=_die_with(parent, program.stop_signal),  # noqa: PLW1509  # one thread, see above
        **identity(program.account),
    )


def _die_with(parent: int, stop: signal.Signals) -> Callable[[], None]:
    def bind() -> None:
        if sys.platform == "linux":
            LIBC.prctl(PR_SET_PDEATHSIG, int(stop), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return bind


def end_with_parent() -> None:
    """Have the kernel end this process when its parent exits, however that happens."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def build_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a copy of the environment without variables that steer PostgreSQL's programs or are Efir's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "EFIR_", "LC_"))}
    return {**kept, "LANG": "C.UTF-8", "TZ": "UTC", **(extra or {})}
