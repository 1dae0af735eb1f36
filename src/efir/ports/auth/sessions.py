"""Login sessions and API tokens: storage and read models."""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.auth.sessions import ApiToken, LoginSession, TokenId
from efir.domain.kernel.ids import SessionId, UserId
from efir.ports.access.credential_cache import Credential
from efir.ports.kernel.pagination import PageRequest, Rows


class TokenView(Struct, frozen=True):
    """An API token without its secret."""

    id: Annotated[UUID, Meta(description="Identifier of the token.")]
    name: Annotated[str, Meta(description="What it is for.", examples=["laptop"])]
    scopes: Annotated[list[str], Meta(description="What it may do.", examples=[["videos.write"]])]
    created_at: Annotated[datetime, Meta(description="When it was made.")]
    expires_at: Annotated[datetime, Meta(description="When it ends.")]
    last_used_at: Annotated[datetime | None, Meta(description="Last use, to the minute.")]


class DeviceView(Struct, frozen=True):
    """A login session as its owner sees it in the list of devices."""

    id: Annotated[UUID, Meta(description="Identifier of the login session.")]
    kind: Annotated[str, Meta(description="`web`: a browser with a cookie; `token`: an app with tokens.")]
    device: Annotated[str, Meta(description="Browser and system, in words.", examples=["Firefox, Linux"])]
    ip: Annotated[str | None, Meta(description="Network address at sign-in.", examples=["203.0.113.7"])]
    user_agent: Annotated[str, Meta(description="What the browser calls itself.")]
    created_at: Annotated[datetime, Meta(description="When it began.")]
    seen_at: Annotated[datetime, Meta(description="Last use, to the minute.")]
    expires_at: Annotated[datetime, Meta(description="When it ends in any case.")]
    current: Annotated[bool, Meta(description="Whether it is the one that asks.")] = False


class RefreshState(Struct, frozen=True):
    """What is stored of a session's refresh token."""

    user_id: UUID
    sequence: int
    hash: bytes | None
    previous_hash: bytes | None
    rotated_at: datetime | None
    ua: str
    active: bool


class SessionRepository(Protocol):
    """Login sessions and tokens inside a transaction."""

    async def add(self, session: LoginSession) -> None:
        """Store a new login session."""
        ...

    async def touch(self, session_id: SessionId, *, now: datetime, idle_expires: datetime) -> None:
        """Move the idle end of a session that is not revoked."""
        ...

    async def raise_level(self, session_id: SessionId, *, amr: str) -> None:
        """Note that the owner of a session has shown a second factor in it."""
        ...

    async def revoke(self, session_id: SessionId, *, now: datetime, reason: str) -> None:
        """End a login session; ending it again changes nothing."""
        ...

    async def revoke_own(self, session_id: SessionId, *, owner: UserId, now: datetime, reason: str) -> None:
        """End one of a user's sessions. Raises SessionNotFound."""
        ...

    async def revoke_others(
        self, owner: UserId, *, keep: SessionId | None, now: datetime, reason: str
    ) -> list[SessionId]:
        """End all of a user's sessions but one; return which have ended."""
        ...

    async def rotate(
        self, session_id: SessionId, *, old: bytes, new: bytes, sequence: int, now: datetime, idle_expires: datetime
    ) -> bool:
        """Replace a refresh token in one compare-and-set; False when `old` is not the current one."""
        ...

    async def refresh_state(self, session_id: SessionId, *, now: datetime) -> RefreshState | None:
        """Read what is stored of a refresh token."""
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

    async def find_by_secret(self, secret_hash: bytes, *, now: datetime) -> Credential | None:
        """Find an active login session by its cookie's hash."""
        ...

    async def find_by_id(self, session_id: SessionId, *, now: datetime) -> Credential | None:
        """Find an active login session an access token speaks of."""
        ...

    async def find_by_token(self, secret_hash: bytes, *, now: datetime) -> Credential | None:
        """Find an API token that is neither expired nor revoked."""
        ...

    async def devices(self, owner: UserId, wanted: PageRequest, *, now: datetime) -> Rows[DeviceView]:
        """List a user's active login sessions, newest first."""
        ...

    async def tokens(self, owner: UserId, wanted: PageRequest) -> Rows[TokenView]:
        """List a user's tokens that are not revoked, newest first."""
        ...
