"""Transactional outbox: events stored with the change they report; the relay turns them into jobs."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

from msgspec import Struct

from efir.domain.jobs import EventName


class Event(Struct, frozen=True):
    """An event: a name in the past tense, the id of its subject, facts, and the correlation id of its request."""

    id: UUID
    name: str
    subject: UUID
    facts: dict[str, Any]
    correlation_id: str


class Outbox(Protocol):
    """Stores events within a transaction."""

    async def put(self, name: EventName, subject: UUID, **facts: Any) -> None:
        """Store an event; call at the end of the transaction."""
        ...

    async def take(self, limit: int, names: Sequence[EventName]) -> list[Event]:
        """Take the oldest events of these names, skipping those locked by another relay; the commit deletes them."""
        ...

    async def find_other_names(self, names: Sequence[EventName]) -> list[str]:
        """Return some of the names of waiting events that are not in `names`."""
        ...
