"""The lock file of a data directory: only its holder may access the servers there."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

LOCK = "lock"
STOPPING = "stopping"
NOTICE = 0.3  # seconds within which a supervisor whose parent was killed has noted that it is stopping


class DirectoryInUse(Exception):  # an exception named by the broken rule, as in the domain
    """Another `efir up` uses the data directory; `pid` is its process, 0 when unknown."""

    def __init__(self, data_dir: Path, pid: int) -> None:
        super().__init__(f"{data_dir} is in use by another `efir up`" + (f" (process {pid})" if pid else ""))
        self.pid = pid


class DirectoryLock:
    """A lock on a data directory; released with the last process that holds the descriptor, however that exits."""

    def __init__(self, data_dir: Path) -> None:
        self._handle = os.open(data_dir / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        self._data_dir = data_dir

    def take(self, *, patience: float, waiting: Callable[[], None]) -> None:
        """Acquire the lock; wait for a holder that is stopping.

        Raises DirectoryInUse.
        """
        began = time.monotonic()
        told = False
        while True:
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pid, stopping = self._holder()
                if time.monotonic() - began > (patience if stopping else NOTICE):
                    raise DirectoryInUse(self._data_dir, pid) from None
                if stopping and not told:
                    told = True
                    waiting()
                time.sleep(0.05)
            else:
                self._note(str(os.getpid()))
                return

    def note_stopping(self) -> None:
        """Note in the file that this process is stopping, so that the next one waits."""
        self._note(f"{self._holder()[0]} {STOPPING}")

    def release(self) -> None:
        """Release the lock."""
        os.close(self._handle)

    def _note(self, text: str) -> None:
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, text.encode(), 0)

    def _holder(self) -> tuple[int, bool]:
        """Return the process id of the holder, and whether it is stopping."""
        pid, _, state = os.pread(self._handle, 100, 0).decode(errors="replace").partition(" ")
        return int(pid) if pid.isdigit() else 0, state == STOPPING
