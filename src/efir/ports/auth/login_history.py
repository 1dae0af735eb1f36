"""Storage and read model of the login history."""

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
    at: Annotated[datetime, Meta(description="Time of the attempt.")]
    outcome: Annotated[str, Meta(description="Outcome of the attempt.", examples=["ok"])]
    method: Annotated[str, Meta(description="Sign-in method.", examples=["password"])]
    ip: Annotated[str | None, Meta(description="IP address; truncated after a month.", examples=["203.0.113.7"])]
    user_agent: Annotated[str, Meta(description="User-Agent header of the client.")]
    device: Annotated[str, Meta(description="Name of the browser and operating system.", examples=["Firefox, Linux"])]
    session_id: Annotated[UUID | None, Meta(description="Login session that was started; null when there is none.")]


class LoginRepository(Protocol):
    """Stores the login history within a transaction."""

    async def add(self, login: Login) -> None:
        """Store an attempt; for an account that no longer exists, store only the outcome."""
        ...

    async def shorten(self, *, now: datetime, whole: timedelta, kept: timedelta, limit: int) -> int:
        """Truncate addresses older than `whole`, delete rows older than `kept`. Return the number of changed rows."""
        ...


class LoginViews(Protocol):
    """Reads the login history."""

    async def list_by_user(self, user_id: UserId, wanted: PageRequest) -> Rows[LoginView]:
        """List a user's attempts, newest first."""
        ...
