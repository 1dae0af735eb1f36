"""Storage and read model of linked identities at other providers (OpenID Connect)."""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.auth.identities import Identity, IdentityId
from efir.domain.kernel.ids import UserId
from efir.ports.kernel.pagination import PageRequest, Rows


class ProviderSession(Struct, frozen=True):
    """The login session at the provider that a user signed in through.

    `hint` is the provider's ID token, sealed; `auth_time` is when the user authenticated there, if known.
    """

    issuer: str
    sid: str | None
    hint: bytes
    auth_time: datetime | None = None


class IdentityView(Struct, frozen=True):
    """An identity at another provider as shown to its owner."""

    id: Annotated[UUID, Meta(description="Identifier of the link.")]
    provider: Annotated[str, Meta(description="Name of the provider in the settings.", examples=["auth0"])]
    shown: Annotated[str, Meta(description="Name of the user at the provider.", examples=["ada@example.org"])]
    linked_at: Annotated[datetime, Meta(description="When it was linked.")]
    last_used_at: Annotated[datetime | None, Meta(description="Last sign-in with this identity.")]


class IdentityRepository(Protocol):
    """Stores identities within a transaction."""

    async def add(self, identity: Identity) -> None:
        """Link an identity. Raises IdentityTaken."""
        ...

    async def owner(self, issuer: str, sub: str, *, now: datetime) -> UserId | None:
        """Return the owner of an identity and record its use; None when no account has it."""
        ...

    async def remove(self, identity_id: IdentityId, *, owner: UserId) -> Identity:
        """Unlink an identity. Raises IdentityNotFound."""
        ...

    async def sessions(self, issuer: str, *, sid: str | None, sub: str | None) -> list[UUID]:
        """List the active login sessions that were started from a session or a user at a provider."""
        ...

    async def hint(self, session_id: UUID) -> tuple[str, bytes] | None:
        """Return the issuer and the sealed ID token that a login session was started with, or None."""
        ...

    async def keep_a_way_in(self, user_id: UserId) -> None:
        """Lock the account and check that a way to sign in remains.

        Raises LastWayIn when no password, passkey or identity is left.
        """
        ...


class IdentityViews(Protocol):
    """Reads identities."""

    async def list(self, owner: UserId, wanted: PageRequest) -> Rows[IdentityView]:
        """List a user's identities, newest first."""
        ...
