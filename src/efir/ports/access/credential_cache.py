"""Copies of credentials in Valkey, and how they are made invalid everywhere at once.

PostgreSQL is the truth. A copy is used only while the generation it was made in lasts, nothing it stands on has a
tombstone, and no version it was read at is below the lowest acceptable one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct


class Credential(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a cookie or a bearer token stands for, with the current rights of its owner.

    In an impersonation the owner is whose place was taken, by `actor_id` from their session `actor_session_id`.
    """

    user_id: UUID
    nickname: str
    display_name: str
    status: str
    user_since: datetime
    version: int = 0
    kind: str = "web"
    session_id: UUID | None = None
    token_id: UUID | None = None
    scopes: list[str] | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    idle_expires_at: datetime | None = None
    seen_at: datetime | None = None
    auth_time: datetime | None = None
    aal: int = 1
    amr: list[str] = []
    roles: list[str] = []
    role_versions: list[tuple[UUID, int]] = []
    permissions: list[str] = []
    rights_until: datetime | None = None
    avatar_id: UUID | None = None
    actor_id: UUID | None = None
    actor_session_id: UUID | None = None


class PermissionCheck(Struct, frozen=True):
    """Whether the caller may do something; for other services."""

    permission: Annotated[str, Meta(description="The permission asked about.", examples=["cinema:watch.uhd"])]
    allowed: Annotated[bool, Meta(description="Whether one of the own roles allows it, within the token's scopes.")]
    roles: Annotated[list[str], Meta(description="The own roles.", examples=[["moderator"]])]


class Change(Struct, frozen=True, array_like=True):
    """What makes copies invalid.

    An ended `session` or `token`, a dropped signing `key`, or a `user` or `role` whose copies must be of `version`.
    """

    kind: str
    id: str
    version: int = 0


class CacheLookup(Struct, frozen=True):
    """A found copy (None: ask PostgreSQL), and the generation to keep a fresh one in (None: keep none).

    `refused` means that the signing key is known to be compromised: nothing signed by it counts.
    """

    credential: Credential | None
    generation: str | None
    refused: bool = False


class CredentialCache(Protocol):
    """Copies of credentials."""

    async def find(self, key: str, *, signed_by: str = "") -> CacheLookup:
        """Look up a copy in one round trip; never raises. `signed_by` is the signing key of an access token."""
        ...

    async def keep(self, key: str, credential: Credential, *, generation: str, seconds: float) -> None:
        """Store a copy unless it has become invalid since `generation` was returned; never raises."""
        ...

    async def forget(self, changes: list[Change]) -> None:
        """Invalidate copies in every process, and notify streams. Raises Unavailable when that is not certain."""
        ...


class AccessChanges(Protocol):
    """Changes inside a transaction that have not reached the copies yet."""

    async def put(self, changes: list[Change]) -> int:
        """Store changes together; return their number."""
        ...

    async def list_waiting(self, limit: int) -> list[tuple[int, list[Change]]]:
        """Take the oldest changes, skipping what another process holds; they go when the transaction commits."""
        ...

    async def forget(self, number: int) -> None:
        """Delete changes that have reached the cache."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPorts:
    """What makes rights count in every process."""

    copies: CredentialCache
