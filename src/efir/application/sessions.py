"""Signing in and out, and API tokens."""

import hashlib
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from efir.application.context import Ports
from efir.application.cursors import page, wanted
from efir.domain.errors import FieldError
from efir.domain.sessions import (
    ApiToken,
    InvalidTokenRequest,
    LoginSession,
    SessionId,
    TokenId,
    WrongCredentials,
    parse_token_request,
    token_secret,
    token_text,
)
from efir.domain.users import UserBanned, UserId, UserStatus
from efir.ports.pages import Page
from efir.ports.sessions import Credential, TokenView
from efir.ports.users import UserView

TOUCH = timedelta(minutes=1)
DAY = 86_400
TOKEN_DAYS_MOST = 366


class SignedIn(Struct, frozen=True):
    """A fresh login session; the secret goes into the cookie and nowhere else."""

    user: UserView
    session_id: UUID
    secret: str


class NewToken(Struct, frozen=True):
    """A fresh API token; `token` is shown this once."""

    id: Annotated[UUID, Meta(description="Identifier of the token.")]
    name: Annotated[str, Meta(description="What it is for.", examples=["laptop"])]
    scopes: Annotated[list[str], Meta(description="What it may do.", examples=[["videos.write"]])]
    created_at: Annotated[datetime, Meta(description="When it was made.")]
    expires_at: Annotated[datetime, Meta(description="When it ends.")]
    token: Annotated[str, Meta(description="The secret; it cannot be shown again.")]


async def log_in(ports: Ports, *, login: str, password: str, now: datetime, ip: str | None, ua: str) -> SignedIn:
    """Start a login session with a new id, by nickname or confirmed address.

    Raises WrongCredentials for all that is wrong, after the same time; UserBanned only after the right password.
    """
    name = login.strip().lower()
    async with ports.read() as views:
        found = await views.users.login(name, name)
    right = await ports.passwords.matches(None if found is None else found.password, password)
    if found is None or not right:
        raise WrongCredentials
    if found.status != UserStatus.ACTIVE:
        raise UserBanned
    secret = ports.new_secret()
    session = _new_session(ports, user_id=UserId(found.id), secret=secret, now=now, ip=ip, ua=ua)
    async with ports.begin() as tx:
        await tx.sessions.add(session)
    user = UserView(id=found.id, nickname=found.nickname, display_name=found.display_name, created_at=found.created_at)
    return SignedIn(user=user, session_id=session.id, secret=secret)


async def log_out(ports: Ports, *, session_id: SessionId, now: datetime) -> None:
    """End a login session for good."""
    async with ports.begin() as tx:
        await tx.sessions.revoke(session_id, now=now, reason="logout")


async def session_credential(ports: Ports, *, secret: str, now: datetime, extend: bool) -> Credential | None:
    """Find who a session cookie stands for; `extend` moves the idle end, at most once a minute."""
    async with ports.read() as views:
        found = await views.sessions.by_session(_hashed(secret), now=now)
    if found is None or found.session_id is None or found.seen_at is None:
        return None
    if extend and now - found.seen_at > TOUCH:
        idle_expires = now + timedelta(seconds=ports.limits.session_idle_seconds)
        async with ports.begin() as tx:
            await tx.sessions.touch(SessionId(found.session_id), now=now, idle_expires=idle_expires)
    return found


async def token_credential(ports: Ports, *, token: str, now: datetime) -> Credential | None:
    """Find who an API token stands for. Raises InvalidToken when it cannot be one."""
    secret = token_secret(token)
    async with ports.read() as views:
        found = await views.sessions.by_token(_hashed(secret), now=now)
    if found is None or found.token_id is None:
        return None
    if found.seen_at is None or now - found.seen_at > TOUCH:
        async with ports.begin() as tx:
            await tx.sessions.touch_token(TokenId(found.token_id), now=now)
    return found


async def create_api_token(
    ports: Ports, *, owner: UserId, name: str, scopes: list[str] | None, expires_in: int | None, now: datetime
) -> NewToken:
    """Make an API token; `expires_in` counts seconds. Raises InvalidTokenRequest."""
    name, granted = parse_token_request(name, scopes)
    life = ports.limits.token_life_seconds if expires_in is None else expires_in
    if not 60 <= life <= TOKEN_DAYS_MOST * DAY:  # noqa: PLR2004  # a minute at least
        detail = f"A token lives between 60 seconds and {TOKEN_DAYS_MOST} days."
        raise InvalidTokenRequest(detail, errors=(FieldError("/expires_in", "range", detail),))
    secret = ports.new_secret()
    token = ApiToken(
        id=TokenId(ports.new_id()), user_id=owner, name=name, secret_hash=_hashed(secret), scopes=granted,
        created_at=now, expires_at=now + timedelta(seconds=life),
    )  # fmt: skip
    async with ports.begin() as tx:
        await tx.sessions.add_token(token)
    return NewToken(
        id=token.id, name=name, scopes=granted, created_at=now, expires_at=token.expires_at, token=token_text(secret)
    )


async def list_api_tokens(ports: Ports, *, owner: UserId, limit: int | None, cursor: str | None) -> Page[TokenView]:
    """List a user's API tokens, newest first. Raises BadCursor."""
    name = f"tokens {owner}"
    part = wanted(ports.keys, ports.limits, name, limit=limit, cursor=cursor)
    async with ports.read() as views:
        return page(ports.keys, name, await views.sessions.tokens(owner, part))


async def revoke_api_token(ports: Ports, *, owner: UserId, token_id: TokenId, now: datetime) -> None:
    """End an API token. Raises TokenNotFound."""
    async with ports.begin() as tx:
        await tx.sessions.revoke_token(token_id, owner=owner, now=now)


def _new_session(ports: Ports, *, user_id: UserId, secret: str, now: datetime, ip: str | None, ua: str) -> LoginSession:
    idle = timedelta(seconds=ports.limits.session_idle_seconds)
    life = timedelta(seconds=ports.limits.session_life_seconds)
    return LoginSession(
        id=SessionId(ports.new_id()), user_id=user_id, secret_hash=_hashed(secret), auth_time=now, created_at=now,
        seen_at=now, idle_expires=now + idle, abs_expires=now + life, ip=ip, ua=ua[:400],
    )  # fmt: skip


def _hashed(secret: str) -> bytes:
    # 256 random bits need nothing slower than SHA-256.
    return hashlib.sha256(secret.encode()).digest()
