"""One-time states in Valkey; the rules stand in `ports/kernel/one_time_store.py`.

Losing them, as after a restart, costs people a second attempt to sign in and opens nothing.
"""

from typing import Any

from efir.adapters.redis.connection import Script, Valkey, ValkeyUnavailable
from efir.ports.kernel.one_time_store import OneTimeStoreUnavailable

PUT = Script("redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) return 1")
LOOK = Script("return redis.call('GET', KEYS[1])")
TAKE = Script("return redis.call('GETDEL', KEYS[1])")
FIRST = Script("if redis.call('SET', KEYS[1], 1, 'NX', 'EX', ARGV[1]) then return 1 end return 0")


class ValkeyOneTimeStore:
    """Values that live for minutes."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey

    async def put(self, key: str, value: bytes, *, seconds: int) -> None:
        """Keep a value; one under the same key is replaced."""
        await self._run(PUT, key, value, seconds)

    async def look(self, key: str) -> bytes | None:
        """Read a value and leave it where it is."""
        found: bytes | None = await self._run(LOOK, key)
        return found

    async def take(self, key: str) -> bytes | None:
        """Read a value and remove it in one step."""
        found: bytes | None = await self._run(TAKE, key)
        return found

    async def claim_first(self, key: str, *, seconds: int) -> bool:
        """Whether nobody has named this key in the last `seconds`."""
        return bool(await self._run(FIRST, key, seconds))

    async def _run(self, script: Script, key: str, *arguments: bytes | int) -> Any:
        try:
            return await self._valkey.run(script, [f"once:{key}"], arguments)
        except ValkeyUnavailable as error:
            raise OneTimeStoreUnavailable from error
