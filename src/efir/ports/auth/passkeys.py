"""Passkeys (W3C Web Authentication): storage, read model, and the ceremonies with browsers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.auth.passkeys import Passkey, PasskeyId
from efir.domain.kernel.ids import UserId
from efir.ports.kernel.pagination import PageRequest, Rows

Json = Mapping[str, Any]


class PasskeyView(Struct, frozen=True):
    """A passkey as shown to its owner."""

    id: Annotated[UUID, Meta(description="Identifier of the passkey.")]
    label: Annotated[str, Meta(description="Name given by the owner.", examples=["Firefox, Linux"])]
    synced: Annotated[bool, Meta(description="Whether it is synchronised between devices.")]
    created_at: Annotated[datetime, Meta(description="When it was added.")]
    last_used_at: Annotated[datetime | None, Meta(description="Last sign-in with this passkey.")]


class MadePasskey(Struct, frozen=True):
    """Verified data of a new passkey."""

    cred_id: bytes
    public_key: bytes
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    aaguid: str
    transports: list[str]


class UsedPasskey(Struct, frozen=True):
    """Verified data of a sign-in with a passkey."""

    sign_count: int
    backed_up: bool


class Ceremonies(Protocol):
    """Options for browsers, and verification of their responses: challenge, site, presence, user, signature."""

    def creation(self, *, challenge: bytes, user_id: UserId, name: str, shown: str, known: list[bytes]) -> Json:
        """Return the options for creating a passkey. Raises PasskeysUnavailable."""
        ...

    def request(self, *, challenge: bytes) -> Json:
        """Return the options for a sign-in with any passkey of this site. Raises PasskeysUnavailable."""
        ...

    def challenge_of(self, answer: Json) -> bytes | None:
        """Return the challenge that a response claims to answer; nothing is verified yet."""
        ...

    def identify(self, answer: Json) -> tuple[bytes, bytes | None]:
        """Return the ids of the passkey and the user that a response claims, unverified; empty when it names none."""
        ...

    def verify_creation(self, answer: Json, *, challenge: bytes) -> MadePasskey:
        """Verify the response that creates a passkey. Raises PasskeyInvalid."""
        ...

    def verify_use(self, answer: Json, *, challenge: bytes, public_key: bytes) -> UsedPasskey:
        """Verify a sign-in with a passkey; the caller compares the signature count. Raises PasskeyRefused."""
        ...


class PasskeyRepository(Protocol):
    """Stores passkeys within a transaction."""

    async def add(self, passkey: Passkey) -> None:
        """Store a passkey. Raises PasskeyKnown."""
        ...

    async def list_by_user(self, user_id: UserId) -> list[bytes]:
        """List the credential ids of a user's passkeys."""
        ...

    async def lock(self, cred_id: bytes) -> Passkey | None:
        """Find a passkey and lock its row until the transaction ends."""
        ...

    async def note_use(self, passkey_id: PasskeyId, used: UsedPasskey, *, now: datetime) -> None:
        """Record the use of a passkey."""
        ...

    async def remove(self, passkey_id: PasskeyId, *, owner: UserId) -> None:
        """Delete a passkey of its owner. Raises PasskeyNotFound."""
        ...


class PasskeyViews(Protocol):
    """Reads passkeys."""

    async def list(self, owner: UserId, wanted: PageRequest) -> Rows[PasskeyView]:
        """List a user's passkeys, newest first."""
        ...
