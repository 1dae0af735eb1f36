"""Health of each dependency, for `/readyz`."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import redis.asyncio

from efir.adapters.media.confinement.sandbox import Sandbox
from efir.adapters.postgres.transactions import Database
from efir.settings import Settings

MIN_FREE = 1 << 30  # bytes; below it storage counts as degraded


def health_of(
    settings: Settings, database: Database, box: Sandbox, media: Path
) -> Callable[[], Awaitable[dict[str, tuple[str, str]]]]:
    """Return a function that checks each dependency, within a second each."""

    async def ask(call: Callable[[], Awaitable[object]], *, without: str) -> tuple[str, str]:
        try:
            async with asyncio.timeout(1):
                await call()
        except Exception as error:  # noqa: BLE001  # any error is the reason
            return without, type(error).__name__
        return "ok", ""

    async def ping() -> None:
        client = redis.asyncio.from_url(settings.redis.url)
        try:
            await client.ping()
        finally:
            await client.aclose()

    def storage() -> tuple[str, str]:
        free = shutil.disk_usage(media).free
        return ("ok", "") if free > MIN_FREE else ("degraded", f"{free >> 20} MiB left")

    async def health() -> dict[str, tuple[str, str]]:
        database_state, redis_state = await asyncio.gather(
            ask(database.ping, without="down"), ask(ping, without="degraded")
        )
        sandbox = ("ok", box.name) if box.name not in {"off", "none"} else ("degraded", box.reason)
        return {
            "database": database_state,
            "redis": redis_state,
            "storage": await asyncio.to_thread(storage),
            "sandbox": sandbox,
        }

    return health
