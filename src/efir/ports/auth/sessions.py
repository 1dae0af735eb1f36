"""Storage and read models of login sessions and API tokens."""

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
    name: Annotated[str, Meta(description="Purpose of the token, given by its owner.", examples=["laptop"])]
    scopes: Annotated[list[str], Meta(description="Scopes of the token.", examples=[["videos.write"]])]
    created_at: Annotated[datetime, Meta(description="When the token was created.")]
    expires_at: Annotated[datetime, Meta(description="When the token expires.")]
    last_used_at: Annotated[datetime | None, Meta(description="Time of the last use, to the minute.")]


class DeviceView(Struct, frozen=True):
    """A login session as shown to its owner in the list of devices."""

    id: Annotated[UUID, Meta(description="Identifier of the login session.")]
    kind: Annotated[str, Meta(description="`web`: a browser with a cookie; `token`: an app with tokens.")]
    device: Annotated[str, Meta(description="Name of the browser and operating system.", examples=["Firefox, Linux"])]
    ip: Annotated[str | None, Meta(description="IP address at sign-in.", examples=["203.0.113.7"])]
    user_agent: Annotated[str, Meta(description="User-Agent header of the client.")]
    created_at: Annotated[datetime, Meta(description="When the session began.")]
    seen_at: Annotated[datetime, Meta(description="Time of the last use, to the minute.")]
    expires_at: Annotated[datetime, Meta(description="When the session expires, even when it is used.")]
    current: Annotated[bool, Meta(description="Whether it is the session of this request.")] = False


class RefreshState(Struct, frozen=True):
    """Stored state of a session's refresh token."""

    user_id: UUID
    sequence: int
    hash: bytes | None
    previous_hash: bytes | None
    rotated_at: datetime | None
    ua: str
    active: bool


class SessionRepository(Protocol):
    """Stores login sessions and API tokens within a transaction."""

    async def add(self, session: LoginSession) -> None:
        """Store a new login session."""
        ...

    async def touch(self, session_id: SessionId, *, now: datetime, idle_expires: datetime) -> None:
        """Record the use of a session that is not revoked, and extend its idle expiry."""
        ...

    async def raise_level(self, session_id: SessionId, *, amr: str) -> None:
        """Raise the assurance level of a session after its owner used a second factor; `amr` names the method."""
        ...

    async def revoke(self, session_id: SessionId, *, now: datetime, reason: str) -> None:
        """Revoke a login session; revoking it again changes nothing."""
        ...

    async def revoke_own(self, session_id: SessionId, *, owner: UserId, now: datetime, reason: str) -> None:
        """Revoke one of a user's sessions. Raises SessionNotFound."""
        ...

    async def revoke_others(
        self, owner: UserId, *, keep: SessionId | None, now: datetime, reason: str
    ) -> list[SessionId]:
        """Revoke all of a user's sessions except `keep`. Return the revoked sessions."""
        ...

    async def rotate(
        self, session_id: SessionId, *, old: bytes, new: bytes, sequence: int, now: datetime, idle_expires: datetime
    ) -> bool:
        """Replace a refresh token in one compare-and-set. Return False when `old` is not the current one."""
        ...

    async def refresh_state(self, session_id: SessionId, *, now: datetime) -> RefreshState | None:
        """Return the stored state of a session's refresh token, or None."""
        ...

    async def add_token(self, token: ApiToken) -> None:
        """Store a new API token."""
        ...

    async def revoke_token(self, token_id: TokenId, *, owner: UserId, now: datetime) -> None:
        """Revoke an API token of its owner. Raises TokenNotFound."""
        ...

    async def touch_token(self, token_id: TokenId, *, now: datetime) -> None:
        """Record the use of a token."""
        ...


class SessionViews(Protocol):
    """Reads login sessions and API tokens."""

    async def find_by_secret(self, secret_hash: bytes, *, now: datetime) -> Credential | None:
        """Find an active login session by the hash of its cookie."""
        ...

    async def find_by_id(self, session_id: SessionId, *, now: datetime) -> Credential | None:
        """Find the active login session that an access token names."""
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
