"""Events in PostgreSQL."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from efir.domain.jobs import EventName
from efir.ports.jobs.outbox import Event
from efir.ports.kernel.correlation import correlation

TAKE = """
delete from outbox where id in (
  select id from outbox where name = any($2::text[]) order by id limit $1 for update skip locked)
returning id, name, subject, facts, correlation_id"""

OTHERS = "select distinct name from (select name from outbox where name <> all($1::text[]) limit 100) strange"


class PostgresOutbox:
    """Events inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def put(self, name: EventName, subject: UUID, **facts: Any) -> None:
        """Store an event; call at the end of the transaction."""
        await self._connection.execute(
            "insert into outbox (name, subject, facts, correlation_id) values ($1, $2, $3, $4)",
            name.value, subject, facts, correlation.get(),
        )  # fmt: skip

    async def take(self, limit: int, names: Sequence[EventName]) -> list[Event]:
        """Take the oldest events of these names, skipping those locked by another relay; the commit deletes them."""
        events = [Event(*row) for row in await self._connection.fetch(TAKE, limit, list(names))]
        return sorted(events, key=lambda event: event.id)

    async def find_other_names(self, names: Sequence[EventName]) -> list[str]:
        """Return some of the names of waiting events that are not in `names`."""
        return [row[0] for row in await self._connection.fetch(OTHERS, list(names))]
