"""Login sessions and API tokens: storage and read models."""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.sessions import ApiToken, LoginSession, SessionId, TokenId
from efir.domain.users import UserId
from efir.ports.pages import Found, Slice


class Credential(Struct, frozen=True):
    """What a cookie or a bearer token stands for, as of now; read on every request."""

    user_id: UUID
    nickname: str
    display_name: str
    status: str
    user_since: datetime
    session_id: UUID | None = None
    token_id: UUID | None = None
    scopes: list[str] | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    idle_expires_at: datetime | None = None
    seen_at: datetime | None = None


class TokenView(Struct, frozen=True):
    """An API token without its secret."""

    id: Annotated[UUID, Meta(description="Identifier of the token.")]
    name: Annotated[str, Meta(description="What it is for.", examples=["laptop"])]
    scopes: Annotated[list[str], Meta(description="What it may do.", examples=[["videos.write"]])]
    created_at: Annotated[datetime, Meta(description="When it was made.")]
    expires_at: Annotated[datetime, Meta(description="When it ends.")]
    last_used_at: Annotated[datetime | None, Meta(description="Last use, to the minute.")]


class SessionRepository(Protocol):
    """Login sessions and tokens inside a transaction."""

    async def add(self, session: LoginSession) -> None:
        """Store a new login session."""
        ...

    async def touch(self, session_id: SessionId, *, now: datetime, idle_expires: datetime) -> None:
        """Move the idle end of a session that is not revoked."""
        ...

    async def revoke(self, session_id: SessionId, *, now: datetime, reason: str) -> None:
        """End a login session; ending it again changes nothing."""
        ...

    async def add_token(self, token: ApiToken) -> None:
        """Store a new API token."""
        ...

    async def revoke_token(self, token_id: TokenId, *, owner: UserId, now: datetime) -> None:
        """Raises TokenNotFound."""
        ...

    async def touch_token(self, token_id: TokenId, *, now: datetime) -> None:
        """Remember the use of a token."""
        ...


class SessionViews(Protocol):
    """Login sessions and tokens, read."""

    async def by_session(self, secret_hash: bytes, *, now: datetime) -> Credential | None:
        """Find an active login session."""
        ...

    async def by_token(self, secret_hash: bytes, *, now: datetime) -> Credential | None:
        """Find an API token that is neither expired nor revoked."""
        ...

    async def tokens(self, owner: UserId, wanted: Slice) -> Found[TokenView]:
        """List a user's tokens that are not revoked, newest first."""
        ...
