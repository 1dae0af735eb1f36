"""The sign of life of a worker, for health checks of containers."""

import asyncio
from pathlib import Path

HEARTBEAT_SECONDS = 5.0


async def beat(pulse: Path) -> None:
    """Write the sign of life until cancelled; only a loop that turns gets here."""
    while True:
        await asyncio.to_thread(pulse.touch, 0o600)
        await asyncio.sleep(HEARTBEAT_SECONDS)
