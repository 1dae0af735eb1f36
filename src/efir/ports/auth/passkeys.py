"""Passkeys: storage, read model, and the ceremonies with browsers."""

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
    """A passkey as its owner sees it."""

    id: Annotated[UUID, Meta(description="Identifier of the passkey.")]
    label: Annotated[str, Meta(description="Name given by the owner.", examples=["Firefox, Linux"])]
    synced: Annotated[bool, Meta(description="Whether it is kept on several devices.")]
    created_at: Annotated[datetime, Meta(description="When it was added.")]
    last_used_at: Annotated[datetime | None, Meta(description="Last sign-in with it.")]


class MadePasskey(Struct, frozen=True):
    """What a browser has proved about a new passkey."""

    cred_id: bytes
    public_key: bytes
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    aaguid: str
    transports: list[str]


class UsedPasskey(Struct, frozen=True):
    """What a browser has proved about the use of a passkey."""

    sign_count: int
    backed_up: bool


class Ceremonies(Protocol):
    """Options for browsers, and verification of their responses: challenge, site, presence, user, signature."""

    def creation(self, *, challenge: bytes, user_id: UserId, name: str, shown: str, known: list[bytes]) -> Json:
        """Write the options of a new passkey. Raises PasskeysUnavailable."""
        ...

    def request(self, *, challenge: bytes) -> Json:
        """Write the options of a sign-in with any passkey of this site. Raises PasskeysUnavailable."""
        ...

    def challenge_of(self, answer: Json) -> bytes | None:
        """Return the challenge that a response claims to be for; nothing is verified yet."""
        ...

    def identify(self, answer: Json) -> tuple[bytes, bytes | None]:
        """Return the passkey and the user that a response claims; empty when it names none."""
        ...

    def verify_creation(self, answer: Json, *, challenge: bytes) -> MadePasskey:
        """Check a new passkey. Raises PasskeyInvalid."""
        ...

    def verify_use(self, answer: Json, *, challenge: bytes, public_key: bytes) -> UsedPasskey:
        """Check the use of a passkey; the count is compared by who remembers it. Raises PasskeyRefused."""
        ...


class PasskeyRepository(Protocol):
    """Passkeys inside a transaction."""

    async def add(self, passkey: Passkey) -> None:
        """Store a passkey. Raises PasskeyKnown."""
        ...

    async def list_by_user(self, user_id: UserId) -> list[bytes]:
        """List the names browsers have for a user's passkeys."""
        ...

    async def lock(self, cred_id: bytes) -> Passkey | None:
        """Find a passkey and let nobody else use it until the transaction ends."""
        ...

    async def note_use(self, passkey_id: PasskeyId, used: UsedPasskey, *, now: datetime) -> None:
        """Remember the use of a passkey."""
        ...

    async def remove(self, passkey_id: PasskeyId, *, owner: UserId) -> None:
        """Raises PasskeyNotFound."""
        ...


class PasskeyViews(Protocol):
    """Passkeys, read."""

    async def list(self, owner: UserId, wanted: PageRequest) -> Rows[PasskeyView]:
        """List a user's passkeys, newest first."""
        ...
