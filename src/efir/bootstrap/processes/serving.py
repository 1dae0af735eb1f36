"""The API process: granian, whose main process loads nothing of the application, so it is small and starts at once."""

import os

from granian import Granian
from granian.constants import Interfaces, Loops, RuntimeModes
from granian.log import LogLevels

from efir.settings import Settings

DRAIN_SECONDS = 30


def run_api(settings: Settings) -> None:
    """Serve until SIGTERM; then finish the requests in progress."""
    workers = settings.api_workers or max(1, (os.cpu_count() or 1) // 2)
    Granian(
        "efir.bootstrap.wiring.http:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        runtime_mode=RuntimeModes.st,
        loop=Loops.uvloop,
        workers=workers,
        websockets=False,
        backlog=1024,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=DRAIN_SECONDS,
    ).serve()
