"""Login history: storage and read model."""

from datetime import datetime, timedelta
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.auth.login_history import Login
from efir.domain.kernel.ids import UserId
from efir.ports.kernel.pagination import PageRequest, Rows


class LoginView(Struct, frozen=True):
    """One attempt to sign in."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    at: Annotated[datetime, Meta(description="When.")]
    outcome: Annotated[str, Meta(description="How it ended.", examples=["ok"])]
    method: Annotated[str, Meta(description="What somebody signed in with.", examples=["password"])]
    ip: Annotated[str | None, Meta(description="Network address; shortened after a month.", examples=["203.0.113.7"])]
    user_agent: Annotated[str, Meta(description="What the browser calls itself.")]
    device: Annotated[str, Meta(description="Browser and system, in words.", examples=["Firefox, Linux"])]
    session_id: Annotated[UUID | None, Meta(description="The login session that began; null when none did.")]


class LoginRepository(Protocol):
    """Login history inside a transaction."""

    async def add(self, login: Login) -> None:
        """Store an attempt; of an account that does not exist any more only the outcome is kept."""
        ...

    async def shorten(self, *, now: datetime, whole: timedelta, kept: timedelta, limit: int) -> int:
        """Cut addresses older than `whole`, delete rows older than `kept`; return how many rows changed."""
        ...


class LoginViews(Protocol):
    """Login history, read."""

    async def list_by_user(self, user_id: UserId, wanted: PageRequest) -> Rows[LoginView]:
        """List a user's attempts, newest first."""
        ...
