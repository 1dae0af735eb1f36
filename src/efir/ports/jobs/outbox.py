"""Events of the same transaction; the relay turns them into jobs and deletes them."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

from msgspec import Struct

from efir.domain.jobs import EventName


class Event(Struct, frozen=True):
    """Something that happened: a past-tense name, what it is about, and ids."""

    id: UUID
    name: str
    subject: UUID
    facts: dict[str, Any]
    correlation_id: str


class Outbox(Protocol):
    """Events inside a transaction."""

    async def put(self, name: EventName, subject: UUID, **facts: Any) -> None:
        """Store an event, at the end of the transaction."""
        ...

    async def take(self, limit: int, names: Sequence[EventName]) -> list[Event]:
        """Take the oldest events of these names, skipping those another relay holds; they go with the commit."""
        ...

    async def find_other_names(self, names: Sequence[EventName]) -> list[str]:
        """Return the other names of which there are events, a few of them."""
        ...
