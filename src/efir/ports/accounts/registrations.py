"""Storage and read models of unfinished registrations and the nicknames they reserve."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.accounts.registrations import Registration, RegistrationId
from efir.ports.pictures import AvatarView


class WorkView(Struct, frozen=True):
    """A proof of work that permits checks of email addresses."""

    challenge: Annotated[str, Meta(description="Challenge to solve.", examples=["5f0c9d"])]
    bits: Annotated[
        int,
        Meta(description="SHA-256 of `challenge:nonce` must begin with this many zero bits; send the nonce as `work`."),
    ]
    done: Annotated[bool, Meta(description="Whether the proof has been accepted.")]


class RegistrationView(Struct, frozen=True, kw_only=True):
    """An unfinished registration as shown to the holder of its ticket; the password is never shown."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    ticket: Annotated[
        str | None, Meta(description="Secret that gives access to the registration; returned once and set as a cookie.")
    ] = None
    nickname: Annotated[str | None, Meta(description="Unique name.", examples=["ada"])]
    display_name: Annotated[str | None, Meta(description="Display name.", examples=["Ada Lovelace"])]
    email: Annotated[str | None, Meta(description="Email address.", examples=["ada@example.org"])]
    email_verified: Annotated[bool, Meta(description="Whether the address was confirmed with the code sent to it.")]
    email_code_sent: Annotated[bool, Meta(description="Whether a code that is still valid was sent by email.")]
    password_set: Annotated[bool, Meta(description="Whether a password has been chosen.")]
    locale: Annotated[str | None, Meta(description="Language of pages and emails.", examples=["en"])]
    phone: Annotated[str | None, Meta(description="Phone number.", examples=["+31201234567"])]
    provider: Annotated[
        str | None,
        Meta(description="Provider whose identity will sign in to the account; if set, no password is required."),
    ]
    avatar: Annotated[AvatarView | None, Meta(description="Current avatar; its URLs require the ticket.")]
    missing: Annotated[list[str], Meta(description="Fields still required to finish.", examples=[["password"]])]
    step: Annotated[str, Meta(description="Next step: name, email, code, password, picture or check.")]
    work: Annotated[WorkView, Meta(description="Proof of work.")]
    expires_at: Annotated[datetime, Meta(description="When the registration expires, unless another step is made.")]


class Availability(Struct, frozen=True):
    """Whether a nickname or an email address is available."""

    available: Annotated[bool, Meta(description="False only when it is certain that the value cannot be used.")]
    reason: Annotated[
        str | None,
        Meta(
            description="Reason: length, characters, reserved, taken, email; `by-mail`: only the mailbox shows it.",
            examples=["taken"],
        ),
    ] = None


class RegistrationRepository(Protocol):
    """Stores unfinished registrations within a transaction."""

    async def add(self, registration: Registration) -> None:
        """Store a new registration."""
        ...

    async def get_by_ticket(self, ticket_hash: bytes, *, now: datetime) -> Registration:
        """Return a registration that has not expired and lock its row. Raises RegistrationNotFound."""
        ...

    async def change(self, registration_id: RegistrationId, values: Mapping[str, Any]) -> None:
        """Set fields by name."""
        ...

    async def count_check(self, registration_id: RegistrationId, *, limit: int) -> bool:
        """Count one more address check that reveals its result. Return False when `limit` was already reached."""
        ...

    async def next_picture(self, registration_id: RegistrationId, *, sent: bool) -> tuple[int, int]:
        """Count one more picture, uploaded or cropped again. Return its number and the number of uploads so far."""
        ...

    async def picture_gen(self, picture_id: UUID | None) -> int:
        """Return the number of a registration's picture, or 0 without one."""
        ...

    async def reserve(self, key: str, registration_id: RegistrationId, *, now: datetime, until: datetime) -> bool:
        """Reserve a name by its skeleton, releasing the previous one; False when another registration holds it."""
        ...

    async def is_reserved(self, key: str, *, now: datetime, but_for: RegistrationId | None) -> bool:
        """Return whether a registration other than `but_for` holds a name."""
        ...

    async def release(self, registration_id: RegistrationId) -> None:
        """Release the reserved name."""
        ...

    async def find_by_identity(self, issuer: str, sub: str, *, now: datetime) -> Registration | None:
        """Find the open registration of an identity at a provider and lock its row."""
        ...

    async def drop(self, ticket_hash: bytes) -> None:
        """Delete an open registration, if there is one; its picture expires with it."""
        ...

    async def delete_federated(self, issuer: str, *, sid: str | None, sub: str | None) -> None:
        """Delete open registrations of a session, or of all sessions of a user, that ended at a provider."""
        ...

    async def forget(self, now: datetime) -> None:
        """Delete expired registrations and name reservations."""
        ...


class RegistrationViews(Protocol):
    """Reads unfinished registrations, and whether names and addresses are taken."""

    async def get_by_ticket(self, ticket_hash: bytes, *, now: datetime) -> Registration:
        """Return a registration that has not expired. Raises RegistrationNotFound."""
        ...

    async def is_name_taken(self, nickname: str, key: str) -> bool:
        """Return whether an account or a channel has this name, or an account has one that looks like it."""
        ...

    async def is_address_taken(self, email_key: str) -> bool:
        """Return whether an account has confirmed this address."""
        ...
