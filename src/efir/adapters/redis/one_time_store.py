"""One-time values in Valkey; their rules are in `ports/kernel/one_time_store.py`.

Losing them, as in a restart, costs users a second attempt to sign in and grants no access.
"""

from typing import Any

from efir.adapters.redis.connection import Script, Valkey, ValkeyUnavailable
from efir.ports.kernel.one_time_store import OneTimeStoreUnavailable

PUT = Script("redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) return 1")
LOOK = Script("return redis.call('GET', KEYS[1])")
TAKE = Script("return redis.call('GETDEL', KEYS[1])")
FIRST = Script("if redis.call('SET', KEYS[1], 1, 'NX', 'EX', ARGV[1]) then return 1 end return 0")


class ValkeyOneTimeStore:
    """Values that expire within minutes."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey

    async def put(self, key: str, value: bytes, *, seconds: int) -> None:
        """Store a value for `seconds`, replacing one under the same key."""
        await self._run(PUT, key, value, seconds)

    async def look(self, key: str) -> bytes | None:
        """Return a value without removing it, or None."""
        found: bytes | None = await self._run(LOOK, key)
        return found

    async def take(self, key: str) -> bytes | None:
        """Return and remove a value atomically, or None: of concurrent callers only one receives it."""
        found: bytes | None = await self._run(TAKE, key)
        return found

    async def claim_first(self, key: str, *, seconds: int) -> bool:
        """Return whether this is the first use of the key in the last `seconds`."""
        return bool(await self._run(FIRST, key, seconds))

    async def _run(self, script: Script, key: str, *arguments: bytes | int) -> Any:
        try:
            return await self._valkey.run(script, [f"once:{key}"], arguments)
        except ValkeyUnavailable as error:
            raise OneTimeStoreUnavailable from error
