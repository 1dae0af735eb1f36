"""The ASGI application of the API process: pages and JSON."""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from efir import VERSION
from efir.adapters.embedded.programs import end_with_parent
from efir.application.context import Ports
from efir.bootstrap.startup import import_blocker, logs  # noqa: F401  # the first must precede every import of Litestar
from efir.bootstrap.wiring.ports import opened
from efir.drivers.http.app import create_app
from efir.drivers.http.kernel import problems
from efir.drivers.http.quiz import controllers as quiz
from efir.drivers.web.app import create_pages
from efir.settings import Settings, current

THREADS_NICE = 10
TURN = 0.0005  # seconds a thread keeps the interpreter from the loop; the default of 0.005 delayed responses by as much
MAX_YOUNG = 20_000  # new objects between two collections; with 700, the default, a request for a list causes one


def application() -> Any:
    """Return the ASGI application of one granian worker, which calls this in its own process."""
    end_with_parent()  # when granian's main process is killed, no server may stay on the port
    settings = current()
    logs.configure(settings.log.level)
    return Deferred(settings)


class Deferred:
    """Builds the application on the loop that will serve it: the pool belongs to that loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request, or open and close everything with the lifespan of the server."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        await receive()
        async with self._served():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def _served(self) -> AsyncIterator[None]:
        settings = self._settings
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(initializer=_give_way))
        async with opened(settings, statement_seconds=settings.limits.statement_seconds_api) as ports:
            self._app = build_server_app(ports, settings)
            gc.collect()
            gc.freeze()  # objects created so far live as long as the process: exclude them from collection
            gc.set_threshold(MAX_YOUNG)
            sys.setswitchinterval(TURN)
            yield


def _give_way() -> None:
    """Give a thread a lower priority than the event loop: threads do bulk work that no response waits for.

    Measured: with eight users sending recordings, the slowest of a hundred responses takes 13 ms instead of 18. On
    other systems a thread has no priority of its own.
    """
    if sys.platform == "linux":
        os.nice(THREADS_NICE)


def build_server_app(ports: Ports, settings: Settings) -> Any:
    """Return the whole application over given ports; tests use it too."""
    pages = create_pages(status_of=problems.status_of, problems=problems.HANDLERS, beside=quiz.BESIDE_PAGES)
    return create_app(
        ports, version=VERSION, trusted_proxies=settings.trusted_proxies, accel=settings.storage.accel,
        pages=pages.routes, exception_handlers=pages.exception_handlers,
    )[1]  # fmt: skip
