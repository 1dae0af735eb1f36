"""Events of the same transaction; the relay turns them into jobs and deletes them."""

from typing import Any, Protocol
from uuid import UUID

from msgspec import Struct


class Event(Struct, frozen=True):
    """Something that happened: a past-tense name, what it is about, and ids."""

    id: UUID
    name: str
    subject: UUID
    facts: dict[str, Any]
    correlation_id: str


class Outbox(Protocol):
    """Events inside a transaction."""

    async def put(self, name: str, subject: UUID, **facts: Any) -> None:
        """Store an event, at the end of the transaction."""
        ...

    async def take(self, limit: int) -> list[Event]:
        """Take the oldest events, skipping those another relay holds; they go when the transaction commits."""
        ...
