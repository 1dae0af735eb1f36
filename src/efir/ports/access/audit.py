"""The audit log: storage and read model."""

from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.access.audit import Entry
from efir.ports.kernel.pagination import PageRequest, Rows


class EntryView(Struct, frozen=True):
    """One entry of the audit log."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    at: Annotated[datetime, Meta(description="Time of the action.")]
    actor: Annotated[str | None, Meta(description="Nickname of the actor; null: the operator or the system.")]
    action: Annotated[str, Meta(description="Name of the action.", examples=["role.granted"])]
    target: Annotated[
        str,
        Meta(description="Object of the action: kind and id.", examples=["user:019a0c57-7a2c-7e6f-b4f2-5b3c7a1d2e3f"]),
    ]
    facts: Annotated[dict[str, Any], Meta(description="Details of the change.")]
    request_id: Annotated[str, Meta(description="Identifier of the request, as it appears in the log.")]


class AuditLog(Protocol):
    """Writes the audit log within a transaction: a change and its entry are stored together or not at all."""

    async def put(self, entry: Entry) -> None:
        """Add an entry."""
        ...


class AuditViews(Protocol):
    """Reads the audit log."""

    async def list_entries(self, wanted: PageRequest, *, action: str = "", target: str = "") -> Rows[EntryView]:
        """List entries, newest first; `action` and `target` filter the list when given."""
        ...
