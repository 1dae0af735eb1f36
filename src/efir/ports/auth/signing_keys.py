"""Access tokens (RFC 9068) and the keys that sign them."""

from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from msgspec import Meta, Struct


class SigningKey(Struct, frozen=True):
    """A key pair; the private key is sealed with the instance's secret."""

    kid: str
    alg: str
    public_jwk: dict[str, Any]
    private_sealed: bytes
    state: str
    changed_at: datetime


class AccessClaims(Struct, frozen=True, kw_only=True):
    """Claims of an access token: the user and the login session, never what is allowed.

    During an impersonation also the impersonator and their login session (claim `act`, RFC 8693 §4.1).
    """

    user_id: UUID
    session_id: UUID
    issued_at: datetime
    expires_at: datetime
    auth_time: datetime
    aal: int
    amr: list[str]
    kid: str = ""
    actor_id: UUID | None = None
    actor_session_id: UUID | None = None


class KeySet(Struct, frozen=True):
    """Public keys for other services (RFC 7517)."""

    keys: Annotated[list[dict[str, Any]], Meta(description="JSON Web Keys (RFC 7517), each with `kid` and `alg`.")]


class AccessTokens(Protocol):
    """Signed access tokens (RFC 9068)."""

    async def write(self, claims: AccessClaims) -> str:
        """Return a token signed with the active key."""
        ...

    async def read(self, token: str, *, now: datetime) -> AccessClaims:
        """Verify signature, algorithm, type, issuer, audience and times, and return the claims. Raises InvalidToken."""
        ...

    async def publish_keys(self) -> KeySet:
        """Return the public keys for verifying tokens."""
        ...

    def make_key(self, *, now: datetime, state: str) -> SigningKey:
        """Create a new key pair."""
        ...


class SigningKeyRepository(Protocol):
    """Stores signing keys within a transaction."""

    async def lock(self) -> list[SigningKey]:
        """Return all keys that are not retired, and lock the keys against changes until the transaction ends."""
        ...

    async def add(self, key: SigningKey) -> None:
        """Store a key."""
        ...

    async def move(self, kid: str, state: str, *, now: datetime) -> None:
        """Change the state of a key."""
        ...


class SigningKeyViews(Protocol):
    """Reads signing keys."""

    async def list_usable(self) -> list[SigningKey]:
        """List pending, active and retiring keys."""
        ...
