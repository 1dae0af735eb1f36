"""Access and refresh tokens of apps: rotation with reuse detection, and a grace period for concurrent refreshes."""

import hmac
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from efir.application.access.invalidation import revoking
from efir.application.auth.challenges import Goal, Waiting, pass_or_challenge
from efir.application.auth.login_history import MAX_AGENT, record_login_event
from efir.application.auth.sessions import recognise, refuse_without_second_factor
from efir.application.context import Ports, Visitor
from efir.domain.auth.login_history import Method, Outcome
from efir.domain.auth.sessions import InvalidRefreshToken, LoginSession, SessionKind
from efir.domain.kernel.ids import SessionId, UserId
from efir.domain.kernel.keys import Keys
from efir.domain.kernel.secret_hashes import hash_secret
from efir.domain.kernel.signed_tokens import SignedTokens, TokenForged
from efir.ports.auth.sessions import RefreshState
from efir.ports.auth.signing_keys import AccessClaims
from efir.ports.transactions import Transaction
from efir.ports.users import UserView

PREFIX = "efr_"
RANDOM = 24  # bytes
LENGTH = 16 + 4 + RANDOM
TOKENS = SignedTokens("refresh")


class TokenPair(Struct, frozen=True):
    """An access token with the refresh token that renews it (RFC 6749 §5.1)."""

    access_token: Annotated[str, Meta(description="Send it as `Authorization: Bearer`.")]
    token_type: Annotated[str, Meta(description="Always `Bearer`.", examples=["Bearer"])]
    expires_in: Annotated[int, Meta(description="Seconds until the access token ends.", examples=[300])]
    refresh_token: Annotated[str, Meta(description="Gets the next pair; can be used once.")]


class AppSession(Struct, frozen=True):
    """A new login session of an app, with its first refresh token."""

    session_id: SessionId
    user_id: UserId
    refresh: str


class _Refresh(Struct, frozen=True):
    session_id: SessionId
    sequence: int
    text: str


async def issue_token(ports: Ports, *, login: str, password: str, visitor: Visitor, now: datetime) -> TokenPair:
    """Start a login session of an app. Raises WrongCredentials, UserBanned, SecondFactorNeeded, Throttled."""
    person = await recognise(ports, login=login, password=password, method=Method.TOKEN, visitor=visitor, now=now)
    waiting = Waiting(user=person, goal=Goal.TOKEN, method=Method.TOKEN, amr=["pwd"])
    await pass_or_challenge(ports, waiting, visitor=visitor, now=now)
    async with ports.begin() as tx:
        started = await start_app_session(
            ports, tx, user=person, method=Method.TOKEN, amr=["pwd"], aal=1, visitor=visitor, now=now
        )
    return await make_first_pair(ports, started, now=now)


async def start_app_session(
    ports: Ports,
    tx: Transaction,
    *,
    user: UserView,
    method: Method,
    amr: list[str],
    aal: int,
    visitor: Visitor,
    now: datetime,
) -> AppSession:
    """Create a login session of an app in the caller's transaction, and record it in the login history.

    Raises SecondFactorNeeded as `start_session` does. `make_first_pair` creates the tokens after the commit.
    """
    user_id, session_id = UserId(user.id), SessionId(ports.new_id())
    await refuse_without_second_factor(tx, user_id, aal)
    refresh = _write(ports.keys, session_id, 0, hash_secret(ports.new_secret())[:RANDOM])
    session = LoginSession(
        id=session_id, user_id=user_id, kind=SessionKind.TOKEN, secret_hash=hash_secret(ports.new_secret()),
        rt_hash=hash_secret(refresh), auth_time=now, created_at=now, seen_at=now,
        idle_expires=now + timedelta(seconds=ports.limits.refresh_idle_seconds),
        abs_expires=now + timedelta(seconds=ports.limits.refresh_life_seconds), ip=visitor.ip,
        ua=visitor.user_agent[:MAX_AGENT], aal=aal, amr=amr,
    )  # fmt: skip
    await tx.sessions.add(session)
    await record_login_event(
        ports, tx, Outcome.OK, method, visitor=visitor, now=now, user_id=user_id, session_id=session_id
    )
    return AppSession(session_id, user_id, refresh)


async def make_first_pair(ports: Ports, started: AppSession, *, now: datetime) -> TokenPair:
    """Return the first tokens of a committed session."""
    return await _pair(ports, started.session_id, started.user_id, started.refresh, now=now)


async def refresh_token(ports: Ports, *, token: str, visitor: Visitor, now: datetime) -> TokenPair:
    """Exchange a refresh token for the next pair.

    For some seconds the previous token returns the same successor, so that two tabs stay signed in. Use of an older one
    means that it was copied, so the session ends. Raises InvalidRefreshToken.
    """
    refresh = _read(ports.keys, token)
    successor = _write(
        ports.keys, refresh.session_id, refresh.sequence + 1, ports.keys.mac("refresh-next", token.encode())[:RANDOM]
    )
    async with ports.begin() as tx:
        rotated = await tx.sessions.rotate(
            refresh.session_id, old=hash_secret(token), new=hash_secret(successor), sequence=refresh.sequence + 1,
            now=now, idle_expires=now + timedelta(seconds=ports.limits.refresh_idle_seconds),
        )  # fmt: skip
        state = await tx.sessions.refresh_state(refresh.session_id, now=now)
    if state is None or not state.active:
        raise InvalidRefreshToken
    if not rotated and not _is_in_grace(ports, state, token, visitor, now):
        await _end_reused(ports, refresh.session_id, state, visitor=visitor, now=now)
        raise InvalidRefreshToken
    return await _pair(ports, refresh.session_id, UserId(state.user_id), successor, now=now)


async def revoke_token(ports: Ports, *, token: str, now: datetime) -> None:
    """End the session of a refresh token; a token that this service did not issue changes nothing (RFC 7009 §2.2)."""
    try:
        refresh = _read(ports.keys, token)
    except InvalidRefreshToken:
        return
    async with revoking(ports) as change:
        await change.tx.sessions.revoke(refresh.session_id, now=now, reason="revoked")
        change.session(refresh.session_id)


def _is_in_grace(ports: Ports, state: RefreshState, token: str, visitor: Visitor, now: datetime) -> bool:
    if state.rotated_at is None or state.previous_hash is None:
        return False
    return (
        hmac.compare_digest(state.previous_hash, hash_secret(token))
        and now - state.rotated_at <= timedelta(seconds=ports.limits.refresh_grace_seconds)
        and state.ua == visitor.user_agent[:MAX_AGENT]
    )


async def _end_reused(
    ports: Ports, session_id: SessionId, state: RefreshState, *, visitor: Visitor, now: datetime
) -> None:
    """End a session whose old refresh token was reused, in a transaction of its own."""
    async with revoking(ports) as change:
        await change.tx.sessions.revoke(session_id, now=now, reason="reuse")
        await record_login_event(
            ports, change.tx, Outcome.REUSE_DETECTED, Method.REFRESH, visitor=visitor, now=now,
            user_id=UserId(state.user_id), session_id=session_id,
        )  # fmt: skip
        change.session(session_id)


async def _pair(ports: Ports, session_id: SessionId, user_id: UserId, refresh: str, *, now: datetime) -> TokenPair:
    async with ports.read() as views:
        found = await views.sessions.find_by_id(session_id, now=now)
    if found is None or found.user_id != user_id:
        raise InvalidRefreshToken
    access = await ports.auth.access_tokens.write(
        AccessClaims(
            user_id=user_id, session_id=session_id, issued_at=now, expires_at=now + ports.auth.access_token_life,
            auth_time=found.auth_time or now, aal=found.aal, amr=found.amr,
        )
    )  # fmt: skip
    return TokenPair(access, "Bearer", int(ports.auth.access_token_life.total_seconds()), refresh)


def _write(keys: Keys, session_id: UUID, sequence: int, random: bytes) -> str:
    body = session_id.bytes + sequence.to_bytes(4) + random
    return PREFIX + TOKENS.sign(keys, body)


def _read(keys: Keys, token: str) -> _Refresh:
    """Parse a refresh token that this service issued; a forged one ends no session. Raises InvalidRefreshToken."""
    text = token.strip()
    try:
        body = TOKENS.read(keys, text.removeprefix(PREFIX))
    except TokenForged as error:
        raise InvalidRefreshToken from error
    if not text.startswith(PREFIX) or len(body) != LENGTH:
        raise InvalidRefreshToken
    return _Refresh(SessionId(UUID(bytes=body[:16])), int.from_bytes(body[16:20]), text)
