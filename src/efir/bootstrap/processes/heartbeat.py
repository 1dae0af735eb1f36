"""The heartbeat file of a worker, for health checks of containers."""

import asyncio
from pathlib import Path

HEARTBEAT_SECONDS = 5.0


async def beat(pulse: Path) -> None:
    """Touch the file until cancelled; a blocked event loop stops doing so."""
    while True:
        await asyncio.to_thread(pulse.touch, 0o600)
        await asyncio.sleep(HEARTBEAT_SECONDS)
