"""Signing keys in PostgreSQL."""

from datetime import datetime
from typing import Any

from efir.adapters.postgres.kernel.advisory_locks import AdvisoryLock
from efir.ports.auth.signing_keys import SigningKey

USABLE = """
select kid, alg, public_jwk, private_sealed, state, changed_at from signing_key
 where state in ('pending', 'active', 'retiring') order by changed_at"""


class PostgresSigningKeyViews:
    """Read model of signing keys."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def list_usable(self) -> list[SigningKey]:
        """List pending, active and retiring keys."""
        return [SigningKey(*row) for row in await self._connection.fetch(USABLE)]


class PostgresSigningKeyRepository(PostgresSigningKeyViews):
    """Signing keys inside a transaction."""

    async def lock(self) -> list[SigningKey]:
        """Return all keys that are not retired, and lock the keys against changes until the transaction ends."""
        await self._connection.execute(f"select pg_advisory_xact_lock({AdvisoryLock.SIGNING_KEYS:d})")
        return await self.list_usable()

    async def add(self, key: SigningKey) -> None:
        """Store a key."""
        await self._connection.execute(
            "insert into signing_key (kid, alg, public_jwk, private_sealed, state, changed_at) "
            "values ($1, $2, $3, $4, $5, $6)",
            key.kid, key.alg, key.public_jwk, key.private_sealed, key.state, key.changed_at,
        )  # fmt: skip

    async def move(self, kid: str, state: str, *, now: datetime) -> None:
        """Change the state of a key."""
        await self._connection.execute(
            "update signing_key set state = $2, changed_at = $3 where kid = $1", kid, state, now
        )
