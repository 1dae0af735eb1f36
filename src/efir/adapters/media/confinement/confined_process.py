"""The one way to run a program on foreign bytes: confined, bounded, watched, and never outliving its caller.

Start children from a thread that lives as long as they do (the event loop's): the kernel ties them to that thread.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from efir.adapters.media.confinement.confine import FAILED, LOWEST
from efir.adapters.media.confinement.sandbox import Limits, Sandbox, environment
from efir.domain.processing.source_facts import MediaUnreadable, MediaWorkStalled, SandboxUnavailable

MAX_OUTPUT = 16 << 20
MAX_COMPLAINT = 2_000
READ_SIZE = 1 << 16
GONE_SECONDS = 0.5
POLL_SECONDS = 0.05
ASK_AGAIN_SECONDS = 0.11  # the kernel lets ordinary users change a group ten times a second, all of them together

OnLine = Callable[[bytes], bool]
"""Receives each line of standard output; True when it shows that the work went on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A command, the one folder it may write (its working directory), and files it finds opened as 3, 4, ….

    `wall` and `stall` are seconds: the longest run, and the longest time without progress.
    """

    argv: tuple[str, ...]
    work: Path
    inputs: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits)
    wall: float = 3600
    stall: float | None = None
    nice: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a child ended: exit code (128 + signal when killed), its output, the escaped end of its complaints."""

    code: int
    output: bytes
    complaint: str
    cpu_seconds: float


async def run(sandbox: Sandbox, task: Task, on_line: OnLine | None = None) -> Finished:
    """Run a child to its end. Cancelling, and every error, kills it with all its descendants before returning.

    Raises MediaWorkStalled, SandboxUnavailable, and MediaUnreadable when an input is not a plain file.
    """
    asked, told = os.pipe()
    with os.fdopen(asked, "rb", buffering=0) as usage:
        with os.fdopen(told, "wb"), _opened(task.inputs) as fds:
            command = sandbox.command(
                task.argv, work=task.work, limits=task.limits, inputs=fds, usage=told, nice=task.nice
            )
            child = _Child(command, environment(task.work), [*fds, told], on_line)
            child.give_way(task.nice)
        try:
            await child.wait_for_end(wall=task.wall, stall=task.stall)
        finally:
            child.stop()
        os.set_blocking(asked, False)
        seconds = usage.read(READ_SIZE)
    if child.code == FAILED or (sandbox.bwrap and child.complaint.startswith("bwrap:")):
        raise SandboxUnavailable(child.complaint)
    return Finished(
        code=child.code,
        output=bytes(child.output),
        complaint=child.complaint,
        cpu_seconds=float(seconds or child.cpu_seconds),
    )


@contextlib.contextmanager
def workspace(sandbox: Sandbox, parent: Path) -> Iterator[Path]:
    """Lend a scratch folder below `parent` that children may write; it is removed in any case."""
    folder = Path(tempfile.mkdtemp(prefix=".work-", dir=parent)).absolute()
    try:
        if sandbox.uid is not None:
            os.chown(folder, sandbox.uid, sandbox.uid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def keep(file: Path, target: Path) -> Path:
    """Move a child's plain file out of its workspace and make it our own. Raises FileNotFoundError, ValueError."""
    if not stat.S_ISREG(file.lstat().st_mode):
        raise ValueError(f"{file.name} is not a plain file")
    os.chown(file, os.getuid(), os.getgid())
    file.chmod(0o644)
    return file.replace(target)


class _Child:
    """A running process group; all methods run on the event loop's thread."""

    def __init__(self, command: list[str], variables: dict[str, str], fds: list[int], on_line: OnLine | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._exit = self._loop.create_future()
        self._on_line = on_line
        self._progress_at = self._started_at = self._loop.time()
        self._rest, self._tail = b"", b""
        self.output = bytearray()
        self.code, self.cpu_seconds, self._reaped = -1, 0.0, False
        self._process = subprocess.Popen(
            command,
            env=variables,
            cwd="/",
            stdin=subprocess.PIPE,  # held open: its end tells the child that we died
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=fds,
        )
        takers = {self._process.stdout: self._take_output, self._process.stderr: self._take_complaint}
        self._pipes = {pipe.fileno(): take for pipe, take in takers.items() if pipe is not None}
        for fd in self._pipes:
            os.set_blocking(fd, False)
            self._loop.add_reader(fd, self._read, fd)
        self._asking: asyncio.TimerHandle | None = None
        self._pidfd = -1
        with contextlib.suppress(AttributeError, OSError):
            self._pidfd = os.pidfd_open(self._process.pid)
            self._loop.add_reader(self._pidfd, self._wait_for_end)

    @property
    def complaint(self) -> str:
        """The end of standard error without anything that a terminal or log would obey."""
        text = self._tail.decode(errors="backslashreplace").strip()
        return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)[-MAX_COMPLAINT:]

    def give_way(self, nice: int) -> None:
        """Let the whole session give way to the service; at the lowest rank it leaves one processor to everything else.

        The scheduler takes a processor from who runs on it only at a tick, 4 ms on most Linux systems, whatever their
        ranks. A request meets that several times where all processors have such work.
        """
        if self._reaped or not nice:
            return
        with contextlib.suppress(AttributeError, OSError):  # another system, or it ended just now
            there = os.sched_getaffinity(0)
            if nice >= LOWEST and len(there) > 1:
                os.sched_setaffinity(self._process.pid, there - {min(there)})
        self._rank_session(nice)

    def _rank_session(self, nice: int) -> None:
        """Rank the session where the kernel shares processors out by session.

        There (`sched_autogroup`, the default of most Linux systems outside of control groups) the nice value of a
        process counts among those of its own session only, and a session of its own is what each child has.
        """
        if self._reaped:
            return
        try:
            Path(f"/proc/{self._process.pid}/autogroup").write_text(str(nice), encoding="ascii")
        except BlockingIOError:
            self._asking = self._loop.call_later(ASK_AGAIN_SECONDS, self._rank_session, nice)
        except OSError:
            return  # another system, another kernel: there the nice value itself counts

    async def wait_for_end(self, *, wall: float, stall: float | None) -> None:
        """Wait for the end. Raises MediaWorkStalled."""
        while not self._exit.done():
            now = self._loop.time()
            left = self._started_at + wall - now
            quiet = left if stall is None else self._progress_at + stall - now
            if min(left, quiet) <= 0:
                raise MediaWorkStalled(f"no progress for {stall:g} s" if quiet < left else f"longer than {wall:g} s")
            step = min(left, quiet) if self._pidfd >= 0 else min(left, quiet, POLL_SECONDS)
            await asyncio.wait({self._exit}, timeout=step)
            if self._pidfd < 0 and self._is_gone():
                self._wait_for_end()
        self._exit.result()
        for fd in self._pipes:
            self._read_all(fd)

    def stop(self) -> None:
        """Kill what is left of the group, collect it and let go of every handle; safe to call in any state."""
        if self._asking is not None:
            self._asking.cancel()
        for fd in self._pipes:
            self._loop.remove_reader(fd)
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
        self._kill()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        if not self._exit.done():
            self._exit.cancel()

    def _kill(self) -> None:
        group = self._process.pid
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
        until = time.monotonic() + GONE_SECONDS
        while not self._collect(os.WNOHANG) and time.monotonic() < until:
            time.sleep(0.001)
        if not self._reaped:  # stuck in the kernel: somebody has to wait, not the loop
            threading.Thread(target=self._collect, args=(0,), daemon=True).start()

    def _collect(self, how: int) -> bool:
        if not self._reaped:
            self._process.returncode = self.code
            pid, status, usage = os.wait4(self._process.pid, how)
            if pid:
                self._reaped = True
                code = os.waitstatus_to_exitcode(status)
                self.code = code if code >= 0 else 128 - code
                self.cpu_seconds = usage.ru_utime + usage.ru_stime
        return self._reaped

    def _is_gone(self) -> bool:
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _wait_for_end(self) -> None:
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
        if not self._exit.done():
            self._exit.set_result(None)

    def _read(self, fd: int) -> None:
        try:
            if not self._read_all(fd):
                self._loop.remove_reader(fd)
        except Exception as error:  # noqa: BLE001  # a failing listener ends the run, in the task that started it
            self._loop.remove_reader(fd)
            if not self._exit.done():
                self._exit.set_exception(error)

    def _read_all(self, fd: int) -> bool:
        while True:
            try:
                data = os.read(fd, READ_SIZE)
            except BlockingIOError:
                return True
            if not data:
                return False
            self._pipes[fd](data)

    def _take_complaint(self, data: bytes) -> None:
        self._tail = (self._tail + data)[-4 * MAX_COMPLAINT :]

    def _take_output(self, data: bytes) -> None:
        if self._on_line is None:
            self.output += data[: MAX_OUTPUT - len(self.output)]
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[:READ_SIZE]
        for line in lines:
            if self._on_line(line):
                self._progress_at = self._loop.time()


@contextlib.contextmanager
def _opened(files: tuple[Path, ...]) -> Iterator[list[int]]:
    fds: list[int] = []
    try:
        for file in files:
            fds.append(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK))
            if not stat.S_ISREG(os.fstat(fds[-1]).st_mode):
                raise MediaUnreadable
        yield fds
    finally:
        for fd in fds:
            os.close(fd)
