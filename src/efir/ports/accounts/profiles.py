"""What people change of their own accounts: storage and read models."""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.kernel.ids import EmailAddress, UserId
from efir.ports.pictures import Pictured
from efir.ports.users import Avatar


class ProfileView(Struct, frozen=True):
    """What everybody may know of a user, with the channels."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    nickname: Annotated[str, Meta(description="Unique name, lower case.", examples=["ada"])]
    display_name: Annotated[str, Meta(description="Name as shown.", examples=["Ada Lovelace"])]
    created_at: Annotated[datetime, Meta(description="When the account was made.")]
    channels: Annotated[list[str], Meta(description="Handles of channels.", examples=[["ada"]])]
    avatar: Avatar = None


class Account(Struct, frozen=True):
    """An account as use cases that change it need it."""

    id: UUID
    nickname: str
    display_name: str
    email: str | None
    email_key: str | None
    email_verified_at: datetime | None
    locale: str
    phone: str | None
    status: str
    epoch: int
    purge_at: datetime | None
    created_at: datetime

    @property
    def confirmed(self) -> EmailAddress | None:
        """The address mails about the account go to."""
        if self.email is None or self.email_key is None or self.email_verified_at is None:
            return None
        return EmailAddress(self.email, self.email_key)


class ProfileChange(Struct, frozen=True):
    """New values of an account, checked; None keeps the present one, an empty phone number removes it."""

    display_name: str | None = None
    locale: str | None = None
    phone: str | None = None


class ProfileRepository(Protocol):
    """Own accounts inside a transaction."""

    async def account(self, user_id: UserId, *, lock: bool = False) -> Account:
        """Return an account that is not emptied. Raises UserNotFound."""
        ...

    async def find_by_confirmed_email(self, email_key: str, *, lock: bool = False) -> Account | None:
        """Find the account that has confirmed an address; `lock` holds it."""
        ...

    async def confirm_email(self, user_id: UserId, address: EmailAddress, *, now: datetime) -> None:
        """Make an address the account's confirmed one. Raises EmailTaken."""
        ...

    async def set_password(self, user_id: UserId, password: bytes, *, now: datetime) -> None:
        """Store a wrapped password hash, the first or another."""
        ...

    async def rehash(self, user_id: UserId, *, old: bytes, new: bytes) -> None:
        """Store a better hash of the same password, unless the password was changed meanwhile."""
        ...

    async def change(self, user_id: UserId, change: ProfileChange) -> None:
        """Change what the person may change. Raises PhoneTaken."""
        ...

    async def rename(self, user_id: UserId, nickname: str, *, now: datetime, hold_until: datetime) -> None:
        """Change the nickname; reserve the previous one until a given time. Raises NicknameTaken."""
        ...

    async def was_renamed_since(self, user_id: UserId, moment: datetime) -> bool:
        """Return whether the nickname was changed after a moment."""
        ...

    async def plan_purge(self, user_id: UserId, purge_at: datetime | None) -> None:
        """Set when an account will be emptied; None: never."""
        ...

    async def empty(self, user_id: UserId, *, nickname: str, now: datetime, hold_until: datetime) -> None:
        """Remove personal data from an account and its channels; a pseudonym stays."""
        ...


class ProfileViews(Protocol):
    """People, read."""

    async def profile(self, nickname: str) -> Pictured[ProfileView]:
        """Raises UserNotFound."""
        ...

    async def password(self, user_id: UserId) -> bytes | None:
        """Return the wrapped password hash, None when there is no password."""
        ...
