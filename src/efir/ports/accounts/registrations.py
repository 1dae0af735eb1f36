"""Unfinished registrations and the names they hold: storage and read models."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.accounts.registrations import Registration, RegistrationId
from efir.ports.pictures import AvatarView


class WorkView(Struct, frozen=True):
    """A proof of work that opens checks of email addresses."""

    challenge: Annotated[str, Meta(description="Text to work on.", examples=["5f0c9d"])]
    bits: Annotated[
        int,
        Meta(description="SHA-256 of `challenge:nonce` must begin with so many zero bits; send the nonce as `work`."),
    ]
    done: Annotated[bool, Meta(description="Whether it has been sent.")]


class RegistrationView(Struct, frozen=True, kw_only=True):
    """An unfinished registration as its ticket's holder sees it; the password is never shown."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    ticket: Annotated[
        str | None, Meta(description="The secret that opens this registration; told once, and set as a cookie.")
    ] = None
    nickname: Annotated[str | None, Meta(description="Unique name.", examples=["ada"])]
    display_name: Annotated[str | None, Meta(description="Name as shown.", examples=["Ada Lovelace"])]
    email: Annotated[str | None, Meta(description="Address.", examples=["ada@example.org"])]
    email_verified: Annotated[bool, Meta(description="Whether the address is confirmed by the code mailed to it.")]
    email_code_sent: Annotated[bool, Meta(description="Whether a code was mailed that still counts.")]
    password_set: Annotated[bool, Meta(description="Whether a password has been chosen.")]
    locale: Annotated[str | None, Meta(description="Language of pages and mails.", examples=["en"])]
    phone: Annotated[str | None, Meta(description="Phone number.", examples=["+31201234567"])]
    provider: Annotated[
        str | None,
        Meta(description="Provider whose identity will sign in to the account; a password is not needed then."),
    ]
    avatar: Annotated[AvatarView | None, Meta(description="The picture so far; only the ticket opens its addresses.")]
    missing: Annotated[list[str], Meta(description="Fields that are needed to finish.", examples=[["password"]])]
    step: Annotated[str, Meta(description="Where to go on: name, email, code, password, picture or check.")]
    work: Annotated[WorkView, Meta(description="Proof of work.")]
    expires_at: Annotated[datetime, Meta(description="When it is dropped unless another step is made.")]


class Availability(Struct, frozen=True):
    """Whether a nickname or an address is available."""

    available: Annotated[bool, Meta(description="False only when it certainly cannot be had.")]
    reason: Annotated[
        str | None,
        Meta(
            description="Why not: length, characters, reserved, taken, email; `by-mail`: only the mailbox will tell.",
            examples=["taken"],
        ),
    ] = None


class RegistrationRepository(Protocol):
    """Unfinished registrations inside a transaction."""

    async def add(self, registration: Registration) -> None:
        """Store a new one."""
        ...

    async def get_by_ticket(self, ticket_hash: bytes, *, now: datetime) -> Registration:
        """Return a living registration and hold its row. Raises RegistrationNotFound."""
        ...

    async def change(self, registration_id: RegistrationId, values: Mapping[str, Any]) -> None:
        """Set fields by name."""
        ...

    async def count_check(self, registration_id: RegistrationId, *, limit: int) -> bool:
        """Count one more check of an address; False when the maximum was reached before."""
        ...

    async def next_picture(self, registration_id: RegistrationId, *, sent: bool) -> tuple[int, int]:
        """Count one more picture, sent or cut from another; return its number, and how many were sent."""
        ...

    async def picture_gen(self, picture_id: UUID | None) -> int:
        """Return the number of a registration's picture; 0 without one."""
        ...

    async def reserve(self, key: str, registration_id: RegistrationId, *, now: datetime, until: datetime) -> bool:
        """Hold a name by its skeleton, in place of the one held before; False when another registration holds it."""
        ...

    async def is_reserved(self, key: str, *, now: datetime, but_for: RegistrationId | None) -> bool:
        """Return whether another registration holds a name."""
        ...

    async def release(self, registration_id: RegistrationId) -> None:
        """Let go of the held name."""
        ...

    async def find_by_identity(self, issuer: str, sub: str, *, now: datetime) -> Registration | None:
        """Find and lock the open registration of an identity at a provider."""
        ...

    async def drop(self, ticket_hash: bytes) -> None:
        """Remove an open registration, if there is one; its picture expires with it."""
        ...

    async def delete_federated(self, issuer: str, *, sid: str | None, sub: str | None) -> None:
        """Remove open registrations of a session, or of a person, that has ended at a provider."""
        ...

    async def forget(self, now: datetime) -> None:
        """Remove what has expired: registrations and held names."""
        ...


class RegistrationViews(Protocol):
    """Unfinished registrations, read."""

    async def get_by_ticket(self, ticket_hash: bytes, *, now: datetime) -> Registration:
        """Raises RegistrationNotFound."""
        ...

    async def is_name_taken(self, nickname: str, key: str) -> bool:
        """Return whether an account or a channel has this name, or an account one that looks like it."""
        ...

    async def is_address_taken(self, email_key: str) -> bool:
        """Return whether an account has confirmed this address."""
        ...
