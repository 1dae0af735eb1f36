"""Cache of credentials in Valkey, invalidated in every process at once.

PostgreSQL is the source of truth. A cached copy is used only while the cache generation it was written in lasts,
nothing it depends on has a tombstone, and none of the versions it was read at is below the lowest acceptable one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct


class Credential(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The login session or API token behind a cookie or bearer token, with the current rights of its owner.

    During an impersonation the owner is the impersonated user; `actor_id` is the impersonator and `actor_session_id`
    the session in which the impersonation was started.
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
    """Result of checking one permission of the caller, for other services."""

    permission: Annotated[str, Meta(description="The permission that was checked.", examples=["cinema:watch.uhd"])]
    allowed: Annotated[bool, Meta(description="Whether a role of the caller grants it, within the token's scopes.")]
    roles: Annotated[list[str], Meta(description="Roles of the caller.", examples=[["moderator"]])]


class Change(Struct, frozen=True, array_like=True):
    """A change that invalidates cached copies.

    An ended `session` or `token`, a dropped signing `key`, or a `user` or `role` whose copies must have at least
    `version`.
    """

    kind: str
    id: str
    version: int = 0


class CacheLookup(Struct, frozen=True):
    """A cached copy (None: query PostgreSQL) and the generation to cache a fresh copy in (None: do not cache).

    `refused` means that the signing key is known to be compromised: nothing signed with it is accepted.
    """

    credential: Credential | None
    generation: str | None
    refused: bool = False


class CredentialCache(Protocol):
    """Caches credentials."""

    async def find(self, key: str, *, signed_by: str = "") -> CacheLookup:
        """Look up a copy in one round trip. Never raises. `signed_by` is the signing key of an access token."""
        ...

    async def keep(self, key: str, credential: Credential, *, generation: str, seconds: float) -> None:
        """Cache a copy for `seconds` unless it was invalidated after `generation` was returned. Never raises."""
        ...

    async def forget(self, changes: list[Change]) -> None:
        """Invalidate copies in every process and notify event streams. Raises Unavailable when success is uncertain."""
        ...


class AccessChanges(Protocol):
    """Stores changes that have not reached the cache yet, within a transaction."""

    async def put(self, changes: list[Change]) -> int:
        """Store changes as one batch. Return the number that identifies the batch."""
        ...

    async def list_waiting(self, limit: int) -> list[tuple[int, list[Change]]]:
        """Take the oldest batches, skipping those locked by another process; the commit deletes them."""
        ...

    async def forget(self, number: int) -> None:
        """Delete a batch that has reached the cache."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPorts:
    """Ports that make changes of rights take effect in every process."""

    copies: CredentialCache
