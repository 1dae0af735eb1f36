"""Lines of requests over chosen sources, and an application in front of them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import httpx
import msgspec
import pytest

from efir.application.context import Ports
from efir.application.quiz.queue import BatchingQueue
from efir.bootstrap.wiring.http import served
from efir.bootstrap.wiring.questions import question_line
from efir.ports.quiz.queue import QuizPorts
from efir.settings import Quiz, Settings

Opened = Callable[..., Awaitable[Ports]]


@dataclass
class Replaceable:
    """Stands for the line in an application that is built once."""

    line: BatchingQueue | None = None

    async def take(self, count: int, **more: Any) -> Any:
        assert self.line is not None
        return await self.line.take(count, **more)


@pytest.fixture
async def asking(ports: Ports, settings: Settings) -> AsyncIterator[Opened]:
    """Open the ports over other sources: settings of the quiz, and limits by their names."""
    async with AsyncExitStack() as stack:

        async def opened(*, limits: dict[str, int] | None = None, **quiz: str) -> Ports:
            bounds = replace(settings.limits, **(limits or {}))
            own = msgspec.structs.replace(settings, quiz=Quiz(**quiz), limits=bounds)
            line = await stack.enter_async_context(question_line(own, ports.begin, ports.single, ports.clock))
            return replace(ports, quiz=QuizPorts(queue=line), limits=bounds)

        yield opened


@pytest.fixture(scope="module")
def front(session_ports: Ports, settings: Settings) -> tuple[Any, Replaceable]:
    """An application whose line a test may choose."""
    line = Replaceable()
    return served(replace(session_ports, quiz=QuizPorts(queue=line)), settings), line  # type: ignore[arg-type]  # what it needs of one


@pytest.fixture
async def quiz(front: tuple[Any, Replaceable], ports: Ports) -> AsyncIterator[Callable[[Ports], httpx.AsyncClient]]:
    """A client of the application with the line of given ports."""
    app, line = front
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://efir.test") as http:

        def over(chosen: Ports) -> httpx.AsyncClient:
            line.line = chosen.quiz.queue
            return http

        yield over


@pytest.fixture
def bank(tmp_path: Any) -> Callable[[list[Any]], str]:
    """Write a bank; answers its path."""

    def written(rows: list[Any]) -> str:
        path = tmp_path / f"bank-{len(rows)}.jsonl"
        path.write_bytes(b"\n".join(msgspec.json.encode(row) for row in rows))
        return str(path)

    return written
