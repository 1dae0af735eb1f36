"""Supervision of one child: start it, wait until it is ready, restart it when it exits."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from efir.adapters.embedded.child import Child, describe_exit
from efir.adapters.embedded.logs import Lines
from efir.adapters.embedded.programs import Program

ASKED_EVERY = 0.03
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 15.0
STEADY = 30.0  # seconds of uptime after which the pause before a restart is reset
HOPELESS = frozenset({2, 3})  # exit codes for wrong usage and wrong settings: a restart would not help


class StartFailed(Exception):  # an exception named by the broken rule, as in the domain
    """A child did not become ready, or failed; `code` is its exit code."""

    def __init__(self, name: str, code: int, lines: Lines) -> None:
        last = next((line for line in reversed(lines.tail) if line.strip()), "it said nothing")
        super().__init__(f"{name} {describe_exit(code)}: {last}")
        self.name = name
        self.code = code


def do_nothing() -> None:
    """Do nothing before a start."""


def mend_nothing(_tail: str) -> str:
    """Repair nothing."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A child that is kept alive.

    `stage` orders the stop: the highest stops first. `before` runs ahead of each start. `mend` gets the last lines of a
    child that exited before it was ready, and returns what it repaired, so that the next attempt may succeed.
    """

    program: Program
    ready: Callable[[], Awaitable[bool]]
    stage: int
    before: Callable[[], None] = do_nothing
    mend: Callable[[str], str] = mend_nothing
    start_seconds: float = 60
    tries: int = 3


class Keeper:
    """Keeps one service alive; `launch` starts its child, `ready` is done once it was ready for the first time."""

    def __init__(
        self,
        service: Daemon,
        lines: Lines,
        launch: Callable[[Program, Lines], Child],
        report: Callable[[str], None],
    ) -> None:
        self.service = service
        self._lines = lines
        self._launch = launch
        self._report = report
        self._child: Child | None = None
        self._stopping = asyncio.Event()
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.ensure_future(self._keep())

    async def stop(self, hurried: asyncio.Event) -> None:
        """Stop the child and do not restart it."""
        self._stopping.set()
        if self._child is not None and not await self._child.stop(hurried):
            self._report(f"{self.service.program.name}: did not stop in time and was killed")
        await self._task
        if self.ready.done() and not self.ready.cancelled():
            self.ready.exception()
        self.ready.cancel()

    async def _keep(self) -> None:
        failures, pause = 0, FIRST_PAUSE
        while not self._stopping.is_set():
            started = time.monotonic()
            became_ready, code = await self._run_once()
            if self._stopping.is_set():
                return
            failures = 0 if became_ready else failures + 1
            if time.monotonic() - started > STEADY:
                pause = FIRST_PAUSE
            if not became_ready and self._must_give_up(failures, code):
                return
            self._report(f"{self.service.program.name}: {describe_exit(code)}, starts again in {pause:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _must_give_up(self, failures: int, code: int) -> bool:
        """Repair what a failed start allows; return whether the first start is hopeless."""
        mended = self.service.mend("\n".join(self._lines.tail))
        if mended:
            self._report(f"{self.service.program.name}: {mended}")
            return False
        if self.ready.done() or (failures < self.service.tries and code not in HOPELESS):
            return False
        self.ready.set_exception(StartFailed(self.service.program.name, code, self._lines))
        return True

    async def _run_once(self) -> tuple[bool, int]:
        """Run the child until it exits; return whether it became ready, and its exit code."""
        try:
            self.service.before()
            self._child = child = self._launch(self.service.program, self._lines)
        except OSError as error:
            self._lines.feed(f"{error}\n".encode())
            return False, 127
        became_ready = await self._wait_until_ready(child)
        if became_ready and not self.ready.done():
            self.ready.set_result(None)
        await child.ended.wait()
        return became_ready, child.code

    async def _wait_until_ready(self, child: Child) -> bool:
        deadline = time.monotonic() + self.service.start_seconds
        while not child.ended.is_set():
            if await self.service.ready():
                return True
            if time.monotonic() > deadline:
                self._report(f"{child.program.name}: not ready after {self.service.start_seconds:g} s")
                child.kill()
                return False
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(child.ended.wait(), ASKED_EVERY)
        return False
