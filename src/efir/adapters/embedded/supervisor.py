"""The supervisor: children in stages, restarted when they exit, stopped in order, and no process left behind."""

import asyncio
import contextlib
import itertools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from efir.adapters.embedded.child import HURRY, Child
from efir.adapters.embedded.daemon import Daemon, Keeper, StartFailed
from efir.adapters.embedded.logs import Lines, LogFile
from efir.adapters.embedded.programs import Program
from efir.adapters.embedded.reaper import adopt_orphans, children, end_children

Report = Callable[[str], None]
Listen = Callable[[str, str], None]


class Supervisor:
    """Owner of all children; used in the main thread of a process that has no other thread.

    `report` gets one line per change of state; `listen` gets each line of output with the child's name. Setting
    `hurried` shortens a stop that is in progress.
    """

    def __init__(self, *, logs: Path, report: Report, listen: Listen | None = None) -> None:
        self._logs = logs
        self._report = report
        self._listen = listen
        self._keepers: list[Keeper] = []
        self._children: list[Child] = []
        self._files: dict[str, LogFile] = {}
        self._spared: frozenset[int] = frozenset()
        self.hurried = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._spared = frozenset(children())  # earlier children are not the supervisor's to end
        adopt_orphans()
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._look)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        asyncio.get_running_loop().remove_signal_handler(signal.SIGCHLD)
        end_children((), grace=HURRY, spared=self._spared)
        adopt_orphans(adopt=False)
        for file in self._files.values():
            file.close()

    @property
    def running(self) -> dict[str, int]:
        """Return the process ids of the children by name."""
        return {child.program.name: child.pid for child in self._children}

    async def start(self, service: Daemon) -> None:
        """Start a child and wait until it is ready; from then on it is kept alive.

        Raises StartFailed when it does not become ready.
        """
        keeper = Keeper(service, self._lines(service.program.name), self._launch, self._report)
        self._keepers.append(keeper)
        await keeper.ready

    async def run(self, program: Program) -> None:
        """Run a child once until it exits. Raises StartFailed when it fails."""
        lines = self._lines(program.name)
        child = self._launch(program, lines)
        try:
            await child.ended.wait()
        finally:
            await child.stop(self.hurried)
        if child.code:
            raise StartFailed(program.name, child.code, lines)

    async def stop(self) -> None:
        """Stop everything, the highest stage first, each child within its own time limit."""
        self._keepers.sort(key=_stage, reverse=True)
        for _, members in itertools.groupby(self._keepers, key=_stage):
            await asyncio.gather(*(keeper.stop(self.hurried) for keeper in members))
        self._keepers.clear()

    def _launch(self, program: Program, lines: Lines) -> Child:
        child = Child(program, lines)
        self._children.append(child)
        return child

    def _lines(self, name: str) -> Lines:
        if name not in self._files:
            self._files[name] = LogFile(self._logs / f"{name}.log")
        file = self._files[name]
        listen = self._listen
        return Lines(file, None if listen is None else lambda line: listen(name, line))

    def _look(self) -> None:
        """Handle children that have exited.

        Processes that a dead child left in other sessions (an encoder of a killed worker) have become children of this
        process: they are ended, so that they do not disturb the next attempt.
        """
        ended = [child for child in self._children if child.look()]
        self._children = [child for child in self._children if child not in ended]
        known = self._spared | frozenset(self.running.values())
        if ended:
            end_children((), grace=HURRY, spared=known)
        for orphan in set(children()) - known:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan, os.WNOHANG)


def _stage(keeper: Keeper) -> int:
    return keeper.service.stage
