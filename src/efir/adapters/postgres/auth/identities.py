"""Identities at other providers in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from efir.adapters.postgres.kernel.mapping import build_insert, to_domain, to_values
from efir.adapters.postgres.kernel.pagination import keyset
from efir.domain.auth.identities import Identity, IdentityId, IdentityNotFound, LastWayIn
from efir.domain.kernel.ids import UserId
from efir.ports.auth.identities import IdentityView
from efir.ports.kernel.pagination import PageRequest, Position, Rows, build_rows

LIST = """
select id, provider, shown, linked_at, last_used_at from external_identity
 where user_id = $1 and {where} order by {order} limit {limit}"""
REMOVE = """
delete from external_identity where id = $1 and user_id = $2
returning id, issuer, sub, user_id, provider, shown, linked_at"""
SESSIONS = """
select s.id from login_session s
 where s.revoked_at is null and s.idp_issuer = $1 and ($2::text is null or s.idp_sid = $2)
   and ($3::text is null or s.user_id in (select user_id from external_identity where issuer = $1 and sub = $3))"""
WAYS_IN = """
select exists (select from password_credential where user_id = $1)
    or exists (select from webauthn_credential where user_id = $1)
    or exists (select from external_identity where user_id = $1)"""


class PostgresIdentityViews:
    """Read model of identities."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def list(self, owner: UserId, wanted: PageRequest) -> Rows[IdentityView]:
        """List a user's identities, newest first."""
        sql, arguments = keyset(LIST, wanted, key="linked_at", kind="timestamptz", read=datetime.fromisoformat, first=2)
        rows = [IdentityView(*row) for row in await self._connection.fetch(sql, owner, *arguments)]
        return build_rows(rows, wanted, lambda row: Position(row.linked_at.isoformat(), str(row.id)))


class PostgresIdentityRepository:
    """Identities inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def add(self, identity: Identity) -> None:
        """Link an identity. Raises IdentityTaken."""
        values = to_values(identity)
        await self._connection.execute(build_insert("external_identity", values), *values.values())

    async def owner(self, issuer: str, sub: str, *, now: datetime) -> UserId | None:
        """Return the owner of an identity and record its use; None when no account has it."""
        found_id: UUID | None = await self._connection.fetchval(
            "update external_identity set last_used_at = $3 where issuer = $1 and sub = $2 returning user_id",
            issuer, sub, now,
        )  # fmt: skip
        return None if found_id is None else UserId(found_id)

    async def remove(self, identity_id: IdentityId, *, owner: UserId) -> Identity:
        """Unlink an identity. Raises IdentityNotFound."""
        row = await self._connection.fetchrow(REMOVE, identity_id, owner)
        if row is None:
            raise IdentityNotFound
        return to_domain(row, Identity)

    async def sessions(self, issuer: str, *, sid: str | None, sub: str | None) -> list[UUID]:
        """List the active login sessions that were started from a session or a user at a provider."""
        return [row[0] for row in await self._connection.fetch(SESSIONS, issuer, sid, sub)]

    async def hint(self, session_id: UUID) -> tuple[str, bytes] | None:
        """Return the issuer and the sealed ID token that a login session was started with, or None."""
        row = await self._connection.fetchrow(
            "select idp_issuer, idp_hint from login_session where id = $1 and idp_hint is not null", session_id
        )
        return None if row is None else (row[0], row[1])

    async def keep_a_way_in(self, user_id: UserId) -> None:
        """Lock the account. Raises LastWayIn when no password, passkey or identity is left."""
        await self._connection.execute("select from user_account where id = $1 for update", user_id)
        if not await self._connection.fetchval(WAYS_IN, user_id):
            raise LastWayIn
