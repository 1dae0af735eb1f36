"""Passkeys in PostgreSQL."""

from datetime import datetime
from typing import Any

from efir.adapters.postgres.kernel.mapping import build_insert, to_domain, to_values
from efir.adapters.postgres.kernel.pagination import keyset
from efir.domain.auth.passkeys import Passkey, PasskeyId, PasskeyNotFound
from efir.domain.kernel.ids import UserId
from efir.ports.auth.passkeys import PasskeyView, UsedPasskey
from efir.ports.kernel.pagination import PageRequest, Position, Rows, build_rows

LIST = """
select id, label, backed_up, created_at, last_used_at from webauthn_credential
 where user_id = $1 and {where} order by {order} limit {limit}"""
LOCK = """
select id, cred_id, user_id, public_key, sign_count, backup_eligible, backed_up, aaguid, transports, label, created_at
  from webauthn_credential where cred_id = $1 for update"""


class PostgresPasskeyViews:
    """Read model of passkeys."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def list(self, owner: UserId, wanted: PageRequest) -> Rows[PasskeyView]:
        """List a user's passkeys, newest first."""
        sql, arguments = keyset(
            LIST, wanted, key="created_at", kind="timestamptz", read=datetime.fromisoformat, first=2
        )
        rows = [PasskeyView(*row) for row in await self._connection.fetch(sql, owner, *arguments)]
        return build_rows(rows, wanted, lambda row: Position(row.created_at.isoformat(), str(row.id)))


class PostgresPasskeyRepository:
    """Passkeys inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def add(self, passkey: Passkey) -> None:
        """Store a passkey. Raises PasskeyKnown."""
        values = to_values(passkey)
        await self._connection.execute(build_insert("webauthn_credential", values), *values.values())

    async def list_by_user(self, user_id: UserId) -> list[bytes]:
        """List the credential ids of a user's passkeys."""
        rows = await self._connection.fetch("select cred_id from webauthn_credential where user_id = $1", user_id)
        return [row[0] for row in rows]

    async def lock(self, cred_id: bytes) -> Passkey | None:
        """Find a passkey and lock its row until the transaction ends."""
        row = await self._connection.fetchrow(LOCK, cred_id)
        return None if row is None else to_domain(row, Passkey)

    async def note_use(self, passkey_id: PasskeyId, used: UsedPasskey, *, now: datetime) -> None:
        """Record the use of a passkey."""
        await self._connection.execute(
            "update webauthn_credential set sign_count = $2, backed_up = $3, last_used_at = $4 where id = $1",
            passkey_id, used.sign_count, used.backed_up, now,
        )  # fmt: skip

    async def remove(self, passkey_id: PasskeyId, *, owner: UserId) -> None:
        """Delete a passkey of its owner. Raises PasskeyNotFound."""
        gone = await self._connection.fetchval(
            "delete from webauthn_credential where id = $1 and user_id = $2 returning id", passkey_id, owner
        )
        if gone is None:
            raise PasskeyNotFound
