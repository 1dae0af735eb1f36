"""The last step before a media program runs: give up every right it does not need, then become it.

Runs in a fresh process with one thread as `… NAME=VALUE… -- PROGRAM ARGUMENT…`, written by sandbox.py. Inside
bubblewrap the walls stand already; otherwise they are built here. Exit code 125 means that this step failed, with the
reason on stderr. It is started for every piece of work, so it imports nothing that is slow to load.
"""

import _signal  # type: ignore[import-not-found]  # `signal` is the same, but slower to load than all the rest
import ctypes
import fcntl
import os
import resource
import select
import sys

from efir.adapters.media.confinement import kernel_filters, namespaces

FAILED = 125
FIRST_INPUT = 3
FAR = 64  # a number beyond those of inputs
LOWEST = 19
PR_SET_PDEATHSIG = 1
NPROC_KERNEL = [5, 14]
LIMITS = {
    "memory": resource.RLIMIT_AS,
    "cpu": resource.RLIMIT_CPU,
    "file": resource.RLIMIT_FSIZE,
    "files": resource.RLIMIT_NOFILE,
}

Order = dict[str, list[str]]


def main() -> None:
    """Confine this process as the arguments say and execute its command."""
    middle = sys.argv.index("--")
    order: Order = {}
    for word in sys.argv[1:middle]:
        name, _, value = word.partition("=")
        order.setdefault(name, []).append(value)
    variables = dict(pair.split("=", 1) for pair in order["set"])
    command = sys.argv[middle + 1 :]
    try:
        _confine(order)
        os.execve(command[0], command, variables)  # noqa: S606  # a fixed command, no shell
    except (OSError, ValueError) as error:
        sys.stderr.write(f"confine: {error}\n")
        os._exit(FAILED)


def _confine(order: Order) -> None:
    (level,), (work,), read = order["level"], order["work"], order.get("read", [])
    uid = int(order["uid"][0]) if "uid" in order else None
    linux = sys.platform == "linux"
    if "usage" in order:  # out of the way of the numbers that inputs get
        order["usage"] = [str(_move_aside(int(order["usage"][0])))]
    _inputs([int(fd) for fd in order.get("input", [])])
    if linux:
        _die_with_parent()
    if level == "namespaces":
        namespaces.enter(read=read, write=work, own_user=os.getuid() != 0)
    _give_way(int(order["nice"][0]))
    if uid is not None:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    os.chdir(work)
    _limits(order, owned=uid is not None or level in {"bwrap", "namespaces"})
    if linux and level != "off":
        kernel_filters.no_new_privileges()
        if level != "bwrap":
            kernel_filters.landlock(read=read, write=work)
        kernel_filters.seccomp()
    if linux:
        _die_with_parent()  # again: a new process or a change of user clears it
    _parent_lives()
    if "usage" in order:
        _stay(int(order["usage"][0]))
    for number in (_signal.SIGPIPE, _signal.SIGXFSZ):
        _signal.signal(number, _signal.SIG_DFL)  # Python ignores these two, and the next program would inherit that


def _give_way(nice: int) -> None:
    """Take a lower rank; at the lowest, a processor that runs only such work counts as free for everything else."""
    os.nice(nice)
    if nice >= LOWEST and sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _stay(usage: int) -> None:
    """Return in a child; this process waits for it, because bubblewrap does not tell what its children used."""
    child = os.fork()
    if child:
        namespaces.outlive(child, usage)
    os.close(usage)
    _die_with_parent()


def _move_aside(fd: int) -> int:
    """Give a descriptor a far number, and up the one it had."""
    far = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FAR)
    os.close(fd)
    return far


def _inputs(fds: list[int]) -> None:
    """Give the opened input files the numbers 3, 4, …, which the command names."""
    aside = [fcntl.fcntl(fd, fcntl.F_DUPFD, FAR) for fd in fds]
    for number, fd in enumerate(aside, FIRST_INPUT):
        os.dup2(fd, number, inheritable=True)
    for fd in {*aside, *(fd for fd in fds if fd >= FIRST_INPUT + len(fds))}:
        os.close(fd)


def _limits(order: Order, *, owned: bool) -> None:
    for name, kind in LIMITS.items():
        if sys.platform == "darwin" and name == "memory":
            continue  # the system there refuses a bound of the address space
        _, hard = resource.getrlimit(kind)
        wanted = int(order[name][0])
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if owned and _kernel() >= NPROC_KERNEL:  # before, and elsewhere, it counts all processes of the person
        resource.setrlimit(resource.RLIMIT_NPROC, (int(order["processes"][0]),) * 2)


def _kernel() -> list[int]:
    return [int(part) for part in os.uname().release.split("-")[0].split(".")[:2] if part.isdigit()]


def _die_with_parent() -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, _signal.SIGKILL, 0, 0, 0):
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
