"""People: storage and read models."""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.users import EmailAddress, User, UserId


class UserView(Struct, frozen=True):
    """What everybody may know of a user."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    nickname: Annotated[str, Meta(description="Unique name, lower case.", examples=["ada"])]
    display_name: Annotated[str, Meta(description="Name as shown.", examples=["Ada Lovelace"])]
    created_at: Annotated[datetime, Meta(description="When the account was made.")]


class MeView(Struct, frozen=True):
    """What a user is told about their own account."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    nickname: Annotated[str, Meta(description="Unique name, lower case.", examples=["ada"])]
    display_name: Annotated[str, Meta(description="Name as shown.", examples=["Ada Lovelace"])]
    email: Annotated[str, Meta(description="Address, seen by its owner only.", examples=["ada@example.org"])]
    email_verified: Annotated[bool, Meta(description="Whether the address is confirmed.")]
    created_at: Annotated[datetime, Meta(description="When the account was made.")]
    channels: Annotated[list[str], Meta(description="Handles of own channels.", examples=[["ada"]])]


class Login(Struct, frozen=True):
    """What a login attempt is checked against."""

    id: UUID
    nickname: str
    display_name: str
    created_at: datetime
    status: str
    password: bytes | None


class UserRepository(Protocol):
    """Users inside a transaction."""

    async def add(self, user: User, password: bytes) -> None:
        """Store a user with the wrapped password hash. Raises NicknameTaken."""
        ...


class UserViews(Protocol):
    """Users, read."""

    async def me(self, user_id: UserId) -> MeView:
        """Raises UserNotFound."""
        ...

    async def login(self, nickname: str, email_key: str) -> Login | None:
        """Find by nickname, or by an address that is confirmed."""
        ...


class Addresses(Protocol):
    """E-mail addresses: what is one, and when two are the same."""

    def parse(self, text: str) -> EmailAddress:
        """Raises InvalidUser with pointer `/email`."""
        ...
