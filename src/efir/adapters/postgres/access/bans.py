"""Bans in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from efir.adapters.postgres.kernel.mapping import build_insert, to_domain, to_values
from efir.domain.access.bans import Ban
from efir.domain.kernel.ids import UserId

IN_FORCE = "select id, user_id, by_id, reason, starts_at, ends_at from ban where user_id = $1 and lifted_at is null"
ENDED = """
select user_id from ban where lifted_at is null and ends_at <= $1 order by ends_at limit $2
   for update skip locked"""


class PostgresBanRepository:
    """Bans inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def put(self, ban: Ban) -> None:
        """Store a ban, replacing the one in force. Raises UserNotFound when there is no such user."""
        await self.lift(ban.user_id, by=ban.by_id, now=ban.starts_at)
        values = to_values(ban)
        await self._connection.execute(build_insert("ban", values), *values.values())

    async def lift(self, user_id: UserId, *, by: UserId | None, now: datetime) -> bool:
        """End the ban in force. Return False when there is none."""
        done: UUID | None = await self._connection.fetchval(
            "update ban set lifted_at = $2, lifted_by = $3 where user_id = $1 and lifted_at is null returning id",
            user_id, now, by,
        )  # fmt: skip
        return done is not None

    async def find_active(self, user_id: UserId) -> Ban | None:
        """Return the ban in force, or None."""
        row = await self._connection.fetchrow(IN_FORCE, user_id)
        return None if row is None else to_domain(row, Ban)

    async def find_ended(self, *, now: datetime, limit: int) -> list[UserId]:
        """Return up to `limit` banned users whose ban has expired, skipping rows locked by another process."""
        return [UserId(row[0]) for row in await self._connection.fetch(ENDED, now, limit)]
