"""People: storage and read models."""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.kernel.ids import EmailAddress, UserId
from efir.domain.pictures.picture import PictureId
from efir.domain.users import NamedUser, User, UserStatus
from efir.ports.kernel.pagination import PageRequest, Rows
from efir.ports.pictures import Pictured

Avatar = Annotated[
    str | None,
    Meta(
        description="Address of the avatar, 256 pixels a side; 64, 128 and 512 stand beside it under these names.",
        examples=["/i/019a0c57-7a2c-7e6f-b4f2-5b3c7a1d2e3f/256.webp"],
    ),
]


class UserView(Struct, frozen=True):
    """What everybody may know of a user."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    nickname: Annotated[str, Meta(description="Unique name, lower case.", examples=["ada"])]
    display_name: Annotated[str, Meta(description="Name as shown.", examples=["Ada Lovelace"])]
    created_at: Annotated[datetime, Meta(description="When the account was made.")]
    avatar: Avatar = None


class MeView(Struct, frozen=True):
    """What users see of their own account."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    nickname: Annotated[str, Meta(description="Unique name, lower case.", examples=["ada"])]
    display_name: Annotated[str, Meta(description="Name as shown.", examples=["Ada Lovelace"])]
    email: Annotated[str, Meta(description="Address, seen by its owner only.", examples=["ada@example.org"])]
    email_verified: Annotated[bool, Meta(description="Whether the address is confirmed.")]
    created_at: Annotated[datetime, Meta(description="When the account was made.")]
    channels: Annotated[list[str], Meta(description="Handles of own channels.", examples=[["ada"]])]
    locale: Annotated[str, Meta(description="Language of mails: en or ru.", examples=["en"])]
    phone: Annotated[str | None, Meta(description="Number as in E.164, seen by its owner only.")]
    pending_email: Annotated[str | None, Meta(description="A new address that waits to be confirmed.")]
    avatar: Avatar = None


class AccountView(Struct, frozen=True):
    """An account as administrators see it."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    nickname: Annotated[str | None, Meta(description="Unique name; null for accounts made from a name alone.")]
    display_name: Annotated[str, Meta(description="Name as shown.", examples=["Ada Lovelace"])]
    email: Annotated[str | None, Meta(description="Address.", examples=["ada@example.org"])]
    email_verified: Annotated[bool, Meta(description="Whether the address is confirmed.")]
    kind: Annotated[str, Meta(description="`human`, `service` or `named`.")]
    status: Annotated[str, Meta(description="`active`, `banned`, `pending_delete` or `deleted`.")]
    roles: Annotated[list[str], Meta(description="Names of the roles held now.", examples=[["moderator"]])]
    banned_until: Annotated[datetime | None, Meta(description="When the ban in force ends; null: not by itself.")]
    ban_reason: Annotated[str | None, Meta(description="Why the account is banned.")]
    last_login_at: Annotated[datetime | None, Meta(description="Last sign-in.")]
    created_at: Annotated[datetime, Meta(description="When the account was made.")]


class Login(Struct, frozen=True):
    """What a login attempt is checked against."""

    id: UUID
    nickname: str
    display_name: str
    created_at: datetime
    status: str
    password: bytes | None
    avatar_id: UUID | None = None


class UserRepository(Protocol):
    """Users inside a transaction."""

    async def set_avatar(self, user_id: UserId, picture_id: PictureId | None) -> tuple[UUID | None, int]:
        """Set or remove a user's avatar; return the previous one and the account's new version."""
        ...

    async def add(self, user: User, password: bytes | None) -> None:
        """Store a user with the wrapped password hash, or without one. Raises NicknameTaken, PhoneTaken."""
        ...

    async def set_status(self, user_id: UserId, status: UserStatus, *, end_sessions: bool) -> int:
        """Change what an account may do at all; return its new version. Raises UserNotFound."""
        ...

    async def ban(self, user_id: UserId) -> int:
        """Set the status of a banned account and end its sessions; return its new version. Raises UserNotFound."""
        ...

    async def unban(self, user_id: UserId) -> int:
        """Set the status of an active account again; return its new version. Raises UserNotFound."""
        ...

    async def note_rights_change(self, user_id: UserId) -> int:
        """Note that the roles of a user changed; return the account's new version. Raises UserNotFound."""
        ...

    async def add_named(self, user: NamedUser, secret_hash: bytes) -> None:
        """Store a user known by name only, with the one token. Raises UsernameTaken."""
        ...


class UserViews(Protocol):
    """Users, read."""

    async def me(self, user_id: UserId) -> Pictured[MeView]:
        """Raises UserNotFound."""
        ...

    async def get_by_nickname(self, nickname: str) -> UserId:
        """Return whose nickname it is. Raises UserNotFound."""
        ...

    async def account(self, user_id: UserId, *, now: datetime) -> AccountView:
        """Return one account as administrators see it. Raises UserNotFound."""
        ...

    async def accounts(
        self, wanted: PageRequest, *, text: str, status: str, role: str, now: datetime
    ) -> Rows[AccountView]:
        """List accounts, newest first; empty filters do not count. `text` is part of a name or an address."""
        ...

    async def login(self, nickname: str, email_key: str) -> Login | None:
        """Find by nickname, or by an address that is confirmed."""
        ...


class EmailParser(Protocol):
    """Email addresses: what is one, and when two are the same."""

    def parse(self, text: str) -> EmailAddress:
        """Raises InvalidUser with pointer `/email`."""
        ...


class UserRepositories(Protocol):
    """What is changed of users."""

    @property
    def users(self) -> UserRepository:
        """Changes users."""
        ...


class UserReadModels(Protocol):
    """What is read of users."""

    @property
    def users(self) -> UserViews:
        """Reads users."""
        ...
