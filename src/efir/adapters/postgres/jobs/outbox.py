"""Events in PostgreSQL."""

from typing import Any
from uuid import UUID

from efir.ports.jobs.outbox import Event
from efir.ports.kernel.correlation import correlation

TAKE = """
delete from outbox where id in (select id from outbox order by id limit $1 for update skip locked)
returning id, name, subject, facts, correlation_id"""


class PostgresOutbox:
    """Events inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def put(self, name: str, subject: UUID, **facts: Any) -> None:
        """Store an event."""
        await self._connection.execute(
            "insert into outbox (name, subject, facts, correlation_id) values ($1, $2, $3, $4)",
            name, subject, facts, correlation.get(),
        )  # fmt: skip

    async def take(self, limit: int) -> list[Event]:
        """Take the oldest events; they go when the transaction commits."""
        events = [Event(*row) for row in await self._connection.fetch(TAKE, limit)]
        return sorted(events, key=lambda event: event.id)
