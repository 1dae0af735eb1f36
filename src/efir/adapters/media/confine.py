"""The last step before a media program runs: give up every right it does not need, then become it.

Runs as `python -m efir.adapters.media.confine SPEC` in a fresh process with one thread. Inside bubblewrap the walls
stand already; otherwise they are built here. Exit code 125 means that this step failed, with the reason on stderr.
"""

import ctypes
import fcntl
import json
import os
import platform
import resource
import select
import signal
import sys
from typing import Any

from efir.adapters.media import filters, namespaces

FAILED = 125
FIRST_INPUT = 3
PR_SET_PDEATHSIG = 1
NPROC_KERNEL = (5, 14)
LIMITS = {
    "memory": resource.RLIMIT_AS,
    "cpu": resource.RLIMIT_CPU,
    "file": resource.RLIMIT_FSIZE,
    "files": resource.RLIMIT_NOFILE,
}


def main() -> None:
    """Confine this process as the specification says and execute its command."""
    spec = json.loads(sys.argv[1])
    try:
        _confine(spec)
        os.execve(spec["argv"][0], spec["argv"], spec["environment"])  # noqa: S606  # a fixed command, no shell
    except (OSError, ValueError) as error:
        print(f"confine: {error}", file=sys.stderr)  # noqa: T201  # the parent reads it
        os._exit(FAILED)


def _confine(spec: dict[str, Any]) -> None:
    level, linux = spec["level"], sys.platform == "linux"
    _inputs(spec["inputs"])
    if linux:
        _die_with_parent()
    if level == "namespaces":
        namespaces.enter(read=spec["read"], write=spec["work"], own_user=os.getuid() != 0)
        _die_with_parent()
    os.nice(spec["nice"])
    if spec["uid"] is not None:
        os.setgroups([])
        os.setgid(spec["uid"])
        os.setuid(spec["uid"])
    os.chdir(spec["work"])
    _limits(spec["limits"], owned=spec["uid"] is not None or level in {"bwrap", "namespaces"})
    if linux and level != "off":
        filters.no_new_privileges()
        if level != "bwrap":
            filters.landlock(read=spec["read"], write=spec["work"], must=False)
        filters.seccomp()
    if linux:
        _die_with_parent()  # a change of user clears it
    _parent_lives()
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)  # Python ignores these two, and the next program would inherit that


def _inputs(fds: list[int]) -> None:
    """Give the opened input files the numbers 3, 4, …, which the command names."""
    aside = [fcntl.fcntl(fd, fcntl.F_DUPFD, 64) for fd in fds]
    for number, fd in enumerate(aside, FIRST_INPUT):
        os.dup2(fd, number, inheritable=True)
    for fd in {*aside, *(fd for fd in fds if fd >= FIRST_INPUT + len(fds))}:
        os.close(fd)


def _limits(limits: dict[str, int], *, owned: bool) -> None:
    for name, kind in LIMITS.items():
        if sys.platform == "darwin" and name == "memory":
            continue  # the system there refuses a bound of the address space
        _, hard = resource.getrlimit(kind)
        most = limits[name] if hard == resource.RLIM_INFINITY else min(limits[name], hard)
        resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if owned and _kernel() >= NPROC_KERNEL:  # before, and elsewhere, it counts all processes of the person
        resource.setrlimit(resource.RLIMIT_NPROC, (limits["processes"],) * 2)


def _kernel() -> tuple[int, ...]:
    release = platform.release().split("-")[0].split(".")
    return tuple(int(part) for part in release[:2] if part.isdigit())


def _die_with_parent() -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "cannot bind life to the parent")


def _parent_lives() -> None:
    """End when standard input, a pipe held by the worker, is closed: it died before the bond was made."""
    waiting = select.poll()
    waiting.register(0, select.POLLHUP)
    if waiting.poll(0):
        os._exit(FAILED)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)


if __name__ == "__main__":
    main()
