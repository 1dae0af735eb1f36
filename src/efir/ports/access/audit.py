"""The audit log: storage and read model."""

from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.access.audit import Entry
from efir.ports.kernel.pagination import PageRequest, Rows


class EntryView(Struct, frozen=True):
    """One act in the audit log."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    at: Annotated[datetime, Meta(description="When.")]
    actor: Annotated[str | None, Meta(description="Nickname of who did it; null: the operator or the system.")]
    action: Annotated[str, Meta(description="What was done.", examples=["role.granted"])]
    target: Annotated[str, Meta(description="To what.", examples=["user:019a0c57-7a2c-7e6f-b4f2-5b3c7a1d2e3f"])]
    facts: Annotated[dict[str, Any], Meta(description="What changed.")]
    request_id: Annotated[str, Meta(description="Id of the request, as in the log.")]


class AuditLog(Protocol):
    """The audit log inside a transaction: the act and its entry are stored together or not at all."""

    async def put(self, entry: Entry) -> None:
        """Add an entry."""
        ...


class AuditViews(Protocol):
    """The audit log, read."""

    async def list_entries(self, wanted: PageRequest, *, action: str = "", target: str = "") -> Rows[EntryView]:
        """List entries, newest first, of one action or target when given."""
        ...
