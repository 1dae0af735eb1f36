"""Storage and read models of user accounts, and the parser of email addresses."""

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
        description="URL of the avatar, 256 pixels a side; replace 256 with 64, 128 or 512 for other sizes.",
        examples=["/i/019a0c57-7a2c-7e6f-b4f2-5b3c7a1d2e3f/256.webp"],
    ),
]


class UserView(Struct, frozen=True):
    """Public data of a user."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    nickname: Annotated[str, Meta(description="Unique name in lower case.", examples=["ada"])]
    display_name: Annotated[str, Meta(description="Display name.", examples=["Ada Lovelace"])]
    created_at: Annotated[datetime, Meta(description="When the account was created.")]
    avatar: Avatar = None


class MeView(Struct, frozen=True):
    """An account as shown to its owner."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    nickname: Annotated[str, Meta(description="Unique name in lower case.", examples=["ada"])]
    display_name: Annotated[str, Meta(description="Display name.", examples=["Ada Lovelace"])]
    email: Annotated[str, Meta(description="Email address, visible to its owner only.", examples=["ada@example.org"])]
    email_verified: Annotated[bool, Meta(description="Whether the email address is confirmed.")]
    created_at: Annotated[datetime, Meta(description="When the account was created.")]
    channels: Annotated[list[str], Meta(description="Handles of the user's channels.", examples=[["ada"]])]
    locale: Annotated[str, Meta(description="Language of emails: en or ru.", examples=["en"])]
    phone: Annotated[str | None, Meta(description="Phone number in E.164 format, visible to its owner only.")]
    pending_email: Annotated[str | None, Meta(description="New email address awaiting confirmation.")]
    avatar: Avatar = None


class AccountView(Struct, frozen=True):
    """An account as shown to administrators."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    nickname: Annotated[str | None, Meta(description="Unique name; null for accounts created from a name alone.")]
    display_name: Annotated[str, Meta(description="Display name.", examples=["Ada Lovelace"])]
    email: Annotated[str | None, Meta(description="Email address.", examples=["ada@example.org"])]
    email_verified: Annotated[bool, Meta(description="Whether the email address is confirmed.")]
    kind: Annotated[str, Meta(description="`human`, `service` or `named`.")]
    status: Annotated[str, Meta(description="`active`, `banned`, `pending_delete` or `deleted`.")]
    roles: Annotated[list[str], Meta(description="Names of the current roles.", examples=[["moderator"]])]
    banned_until: Annotated[datetime | None, Meta(description="When the current ban expires; null: never.")]
    ban_reason: Annotated[str | None, Meta(description="Reason for the ban.")]
    last_login_at: Annotated[datetime | None, Meta(description="Time of the last sign-in.")]
    created_at: Annotated[datetime, Meta(description="When the account was created.")]


class Login(Struct, frozen=True):
    """The stored data that a sign-in attempt is checked against."""

    id: UUID
    nickname: str
    display_name: str
    created_at: datetime
    status: str
    password: bytes | None
    avatar_id: UUID | None = None


class UserRepository(Protocol):
    """Stores users within a transaction."""

    async def set_avatar(self, user_id: UserId, picture_id: PictureId | None) -> tuple[UUID | None, int]:
        """Set or remove a user's avatar. Return the previous one and the account's new version."""
        ...

    async def add(self, user: User, password: bytes | None) -> None:
        """Store a user, with a wrapped password hash or without one. Raises NicknameTaken, PhoneTaken."""
        ...

    async def set_status(self, user_id: UserId, status: UserStatus, *, end_sessions: bool) -> int:
        """Change the status of an account. Return its new version. Raises UserNotFound."""
        ...

    async def ban(self, user_id: UserId) -> int:
        """Set an account's status to banned and end its sessions. Return its new version. Raises UserNotFound."""
        ...

    async def unban(self, user_id: UserId) -> int:
        """Set an account's status back to active. Return its new version. Raises UserNotFound."""
        ...

    async def note_rights_change(self, user_id: UserId) -> int:
        """Record that the roles of a user have changed. Return the account's new version. Raises UserNotFound."""
        ...

    async def add_named(self, user: NamedUser, secret_hash: bytes) -> None:
        """Store a user known by name only, with the hash of their only token. Raises UsernameTaken."""
        ...


class UserViews(Protocol):
    """Reads users."""

    async def me(self, user_id: UserId) -> Pictured[MeView]:
        """Return an account as shown to its owner. Raises UserNotFound."""
        ...

    async def get_by_nickname(self, nickname: str) -> UserId:
        """Return the id of the user with a nickname. Raises UserNotFound."""
        ...

    async def account(self, user_id: UserId, *, now: datetime) -> AccountView:
        """Return an account as shown to administrators. Raises UserNotFound."""
        ...

    async def accounts(
        self, wanted: PageRequest, *, text: str, status: str, role: str, now: datetime
    ) -> Rows[AccountView]:
        """List accounts, newest first; empty filters are ignored. `text` is part of a name or an email address."""
        ...

    async def login(self, nickname: str, email_key: str) -> Login | None:
        """Find an account by nickname or by confirmed email address."""
        ...


class EmailParser(Protocol):
    """Validates email addresses and derives the key by which two of them are equal."""

    def parse(self, text: str) -> EmailAddress:
        """Parse an email address. Raises InvalidUser with pointer `/email`."""
        ...


class UserRepositories(Protocol):
    """Repositories of users."""

    @property
    def users(self) -> UserRepository:
        """The repository of users."""
        ...


class UserReadModels(Protocol):
    """Read models of users."""

    @property
    def users(self) -> UserViews:
        """The read model of users."""
        ...
