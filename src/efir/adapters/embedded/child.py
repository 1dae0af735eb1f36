"""One run of a child process: its output, its exit, and how it is stopped."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys

from efir.adapters.embedded.logs import Lines, drain
from efir.adapters.embedded.programs import Program, spawn

HURRY = 2.0  # seconds to stop for a child when there is no time to drain


class Child:
    """A running child; the supervisor calls `look` whenever a child of the process has changed its state."""

    def __init__(self, program: Program, lines: Lines) -> None:
        self.program = program
        self.ended = asyncio.Event()
        self.code = 0
        self._lines = lines
        self._pipe, writing = os.pipe()
        try:
            self._process = spawn(program, output=writing)
        except BaseException:
            os.close(self._pipe)
            raise
        finally:
            os.close(writing)
        os.set_blocking(self._pipe, False)
        asyncio.get_running_loop().add_reader(self._pipe, self._read)

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def look(self) -> bool:
        """Detect the exit of the child, and kill the rest of its process group; return whether it has exited now.

        The group is killed before the child is reaped, while its id cannot be reused.
        """
        if self.ended.is_set() or not _has_ended(self.pid):
            return False
        self.kill()
        self.code = self._process.wait()
        self._close()
        self.ended.set()
        return True

    async def stop(self, hurried: asyncio.Event) -> bool:
        """Stop the child: send its stop signal, wait, then kill it.

        Waits for the child's own limit, or shortly once `hurried` is set. Return whether it stopped by itself.
        """
        if not self.ended.is_set():
            self._process.send_signal(self.program.stop_signal)
        end = asyncio.ensure_future(self.ended.wait())
        hurry = asyncio.ensure_future(hurried.wait())
        await asyncio.wait((end, hurry), timeout=self.program.stop_seconds, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if not self.ended.is_set() and hurried.is_set():
            await asyncio.wait((end,), timeout=min(HURRY, self.program.stop_seconds))
        in_time = self.ended.is_set()
        self.kill()
        await end
        return in_time

    def kill(self) -> None:
        """Kill the child and its process group."""
        if not self.ended.is_set():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def _read(self) -> None:
        if not drain(self._pipe, self._lines):
            self._close()

    def _close(self) -> None:
        if self._pipe >= 0:
            asyncio.get_running_loop().remove_reader(self._pipe)
            drain(self._pipe, self._lines)
            self._lines.finish()
            os.close(self._pipe)
            self._pipe = -1


def _has_ended(pid: int) -> bool:
    """Return whether a child has exited, without reaping it."""
    if sys.platform == "darwin":  # macOS has no waitid before Python 3.13
        state = subprocess.run(["/bin/ps", "-o", "state=", "-p", str(pid)], check=False, capture_output=True, text=True)
        return state.stdout.strip()[:1] in {"", "Z"}
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def describe_exit(code: int) -> str:
    """Return how a child exited, as text."""
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
