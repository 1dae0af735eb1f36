"""Stored responses of idempotency keys in PostgreSQL, encrypted: some of them contain secrets that are shown once."""

from collections.abc import Callable
from typing import Any

import msgspec

from efir.ports.kernel.stored_responses import StoredResponse


class PostgresStoredResponses:
    """Responses within the transaction of their effect."""

    def __init__(self, connection: Any, seal: Callable[[bytes], bytes], unseal: Callable[[bytes], bytes]) -> None:
        self._connection = connection
        self._seal = seal
        self._unseal = unseal

    async def acquire(self, principal: str, key: str) -> bool:
        """Lock the key until the transaction ends. Return False when another request holds it."""
        sql = "select pg_try_advisory_xact_lock(hashtextextended($1, 0))"
        return bool(await self._connection.fetchval(sql, f"{principal} {key}"))

    async def get(self, principal: str, key: str) -> StoredResponse | None:
        """Return the response stored under the key, or None."""
        sql = "select sealed from replies where principal = $1 and key = $2"
        sealed = await self._connection.fetchval(sql, principal, key)
        return None if sealed is None else msgspec.msgpack.decode(self._unseal(sealed), type=StoredResponse)

    async def put(self, principal: str, key: str, response: StoredResponse) -> None:
        """Store the response of the request that holds the key."""
        await self._connection.execute(
            "insert into replies (principal, key, request_hash, status, sealed) values ($1, $2, $3, $4, $5)",
            principal, key, response.request_hash, response.status, self._seal(msgspec.msgpack.encode(response)),
        )  # fmt: skip

    async def forget(self, seconds: int) -> None:
        """Delete responses older than `seconds`."""
        await self._connection.execute(
            "delete from replies where created_at < now() - make_interval(secs => $1)", float(seconds)
        )
