"""Progress display of `efir upload` on standard error: a bar on a terminal, occasional lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskProgressColumn, TextColumn, TransferSpeedColumn

from efir.drivers.cli.processing import Processing

LINE_SECONDS = 5.0
MEGABYTE = 1_000_000


class Meter(Protocol):
    """Receives progress reports."""

    def bytes(self, sent: int) -> None:
        """Report how many bytes of the file are on the server or in transit."""
        ...

    def stage(self, report: Processing) -> None:
        """Report the progress of processing on the server."""
        ...

    def trouble(self, detail: str) -> None:
        """Report a fault; another attempt follows."""
        ...


@contextmanager
def meter(name: str, size: int, *, quiet: bool) -> Iterator[Meter]:
    """Yield the meter that suits standard error."""
    if quiet:
        yield _Silence()
    elif sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        with Progress(*columns, DownloadColumn(), TransferSpeedColumn(), console=Console(stderr=True)) as bars:
            yield _Bars(bars, name, size)
    else:
        yield _Lines(name, size)


class _Silence:
    def bytes(self, sent: int) -> None:
        """Show nothing."""

    def stage(self, report: Processing) -> None:
        """Show nothing."""

    def trouble(self, detail: str) -> None:
        """Show nothing."""


class _Bars:
    def __init__(self, bars: Progress, name: str, size: int) -> None:
        self._bars, self._name = bars, name
        self._task = bars.add_task(name, total=size)
        self._size = size

    def bytes(self, sent: int) -> None:
        self._bars.update(self._task, completed=sent)

    def stage(self, report: Processing) -> None:
        told = f"{self._name}: {report.stage or report.state}"
        self._bars.update(self._task, description=told, completed=report.progress * self._size)

    def trouble(self, detail: str) -> None:
        self._bars.console.print(f"{self._name}: {detail}; trying again", markup=False, highlight=False)


class _Lines:
    def __init__(self, name: str, size: int) -> None:
        self._name, self._size = name, size
        self._told, self._next = "", 0.0

    def bytes(self, sent: int) -> None:
        done = f"{sent * 100 // self._size} % of {self._size / MEGABYTE:.1f} MB sent"
        self._tell(done, urgent=sent == self._size)

    def stage(self, report: Processing) -> None:
        self._tell(f"{report.stage or report.state} {report.progress * 100:.0f} %", urgent=report.ended)

    def trouble(self, detail: str) -> None:
        self._tell(f"{detail}; trying again", urgent=True)

    def _tell(self, line: str, *, urgent: bool) -> None:
        if line != self._told and (urgent or time.monotonic() >= self._next):
            self._told, self._next = line, time.monotonic() + LINE_SECONDS
            sys.stderr.write(f"{self._name}: {line}\n")
            sys.stderr.flush()
