"""Changes of rights that have not reached the credential cache yet, in PostgreSQL."""

from typing import Any

import msgspec

from efir.ports.access.credential_cache import Change

WAITING = """
delete from access_changes where number in
   (select number from access_changes order by number limit $1 for update skip locked)
returning number, changes"""


class PostgresAccessChanges:
    """Changes that have not reached the cache yet, within a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def put(self, changes: list[Change]) -> int:
        """Store changes as one batch. Return the number that identifies the batch."""
        return int(
            await self._connection.fetchval(
                "insert into access_changes (changes) values ($1) returning number", changes
            )
        )

    async def list_waiting(self, limit: int) -> list[tuple[int, list[Change]]]:
        """Take the oldest batches, skipping those locked by another process; the commit deletes them."""
        rows = await self._connection.fetch(WAITING, limit)
        return sorted((row[0], msgspec.convert(row[1], list[Change])) for row in rows)

    async def forget(self, number: int) -> None:
        """Delete a batch that has reached the cache."""
        await self._connection.execute("delete from access_changes where number = $1", number)
