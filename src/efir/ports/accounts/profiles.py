"""Storage and read models of accounts, as their owners see and change them."""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.kernel.ids import EmailAddress, UserId
from efir.ports.pictures import Pictured
from efir.ports.users import Avatar


class ProfileView(Struct, frozen=True):
    """Public profile of a user, with the channels."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    nickname: Annotated[str, Meta(description="Unique name in lower case.", examples=["ada"])]
    display_name: Annotated[str, Meta(description="Display name.", examples=["Ada Lovelace"])]
    created_at: Annotated[datetime, Meta(description="When the account was created.")]
    channels: Annotated[list[str], Meta(description="Handles of the user's channels.", examples=[["ada"]])]
    avatar: Avatar = None


class Account(Struct, frozen=True):
    """The fields of an account that use cases need to change it."""

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
        """The confirmed email address, to which mail about the account is sent; None without one."""
        if self.email is None or self.email_key is None or self.email_verified_at is None:
            return None
        return EmailAddress(self.email, self.email_key)


class ProfileChange(Struct, frozen=True):
    """New, validated values of an account; None keeps the current value, an empty phone number removes it."""

    display_name: str | None = None
    locale: str | None = None
    phone: str | None = None


class ProfileRepository(Protocol):
    """Stores changes of accounts within a transaction."""

    async def account(self, user_id: UserId, *, lock: bool = False) -> Account:
        """Return an account; `lock` locks its row. Raises UserNotFound, also for an erased account."""
        ...

    async def find_by_confirmed_email(self, email_key: str, *, lock: bool = False) -> Account | None:
        """Find the account that has confirmed an address; `lock` locks its row."""
        ...

    async def confirm_email(self, user_id: UserId, address: EmailAddress, *, now: datetime) -> None:
        """Store an address as the confirmed address of the account. Raises EmailTaken."""
        ...

    async def set_password(self, user_id: UserId, password: bytes, *, now: datetime) -> None:
        """Store a wrapped password hash, replacing the current one if there is one."""
        ...

    async def rehash(self, user_id: UserId, *, old: bytes, new: bytes) -> None:
        """Replace the hash by a stronger one of the same password, unless the password has changed in the meantime."""
        ...

    async def change(self, user_id: UserId, change: ProfileChange) -> None:
        """Store new values of the editable fields. Raises PhoneTaken."""
        ...

    async def rename(self, user_id: UserId, nickname: str, *, now: datetime, hold_until: datetime) -> None:
        """Change the nickname; the previous one stays reserved until `hold_until`. Raises NicknameTaken."""
        ...

    async def was_renamed_since(self, user_id: UserId, moment: datetime) -> bool:
        """Return whether the nickname was changed after `moment`."""
        ...

    async def plan_purge(self, user_id: UserId, purge_at: datetime | None) -> None:
        """Schedule the erasure of an account; None cancels it."""
        ...

    async def empty(self, user_id: UserId, *, nickname: str, now: datetime, hold_until: datetime) -> None:
        """Erase personal data from an account and its channels.

        `nickname` is the pseudonym that stays; the previous nickname stays reserved until `hold_until`.
        """
        ...


class ProfileViews(Protocol):
    """Reads profiles and password hashes."""

    async def profile(self, nickname: str) -> Pictured[ProfileView]:
        """Return the public profile of a user. Raises UserNotFound."""
        ...

    async def password(self, user_id: UserId) -> bytes | None:
        """Return the wrapped password hash, or None when the account has no password."""
        ...
