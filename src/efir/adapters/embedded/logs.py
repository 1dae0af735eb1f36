"""Log files of limited size, and the pipe of a child's output."""

import contextlib
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path

MOST_BYTES = 5 << 20
KEPT = 2  # older files in addition to the current one
LONGEST_LINE = 64 << 10
CHUNK = 64 << 10
TAIL = 20


class LogFile:
    """Appends lines to a file; a full file becomes `.1`, the previous one `.2`, and the oldest is deleted."""

    def __init__(self, path: Path, *, max_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._handle, self._size = -1, 0
        path.parent.mkdir(mode=0o700, exist_ok=True)
        self._open()

    def write(self, line: bytes) -> None:
        """Write one line; a full disk loses the line, not the service."""
        with contextlib.suppress(OSError):
            if self._handle < 0:
                self._open()
            self._size += os.write(self._handle, line + b"\n")
            if self._size >= self._max_bytes:
                self._turn()

    def close(self) -> None:
        """Close the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _open(self) -> None:
        self._handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        self._size = os.fstat(self._handle).st_size

    def _turn(self) -> None:
        self.close()
        for number in range(KEPT, 0, -1):
            older = self._path.with_name(f"{self._path.name}.{number}")
            newer = self._path if number == 1 else self._path.with_name(f"{self._path.name}.{number - 1}")
            if newer.exists():
                newer.replace(older)
        self._open()


class Lines:
    """Splits the output of a child into lines for its log file and for a listener; keeps the last ones."""

    def __init__(self, log: LogFile, listen: Callable[[str], None] | None = None) -> None:
        self._log = log
        self._listen = listen
        self._rest = b""
        self.tail: deque[str] = deque(maxlen=TAIL)

    def feed(self, chunk: bytes) -> None:
        """Process the next bytes; a line without an end is split at a limit."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self._take(line)

    def finish(self) -> None:
        """Process the unfinished last line."""
        if self._rest:
            self._take(self._rest)
            self._rest = b""

    def _take(self, line: bytes) -> None:
        self._log.write(line)
        text = line.decode(errors="replace")
        self.tail.append(text)
        if self._listen is not None:
            self._listen(text)


def drain(handle: int, lines: Lines) -> bool:
    """Read the available bytes without waiting; return whether the writer may write more."""
    while True:
        try:
            chunk = os.read(handle, CHUNK)
        except BlockingIOError:
            return True
        if not chunk:
            return False
        lines.feed(chunk)
