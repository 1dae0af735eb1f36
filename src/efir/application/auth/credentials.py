"""Authentication: a cookie, an API token or an access token becomes a credential with the current rights of its owner.

A cached credential is read from Valkey in one round trip; without one, PostgreSQL is read.
"""

import base64
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from efir.application.context import Ports
from efir.domain.access.permissions import Permission
from efir.domain.access.roles import ADMINISTRATOR
from efir.domain.auth.sessions import UUID_TOKEN, InvalidToken, SessionKind, TokenId, token_secret
from efir.domain.kernel.ids import SessionId
from efir.domain.kernel.secret_hashes import hash_secret
from efir.ports.access.credential_cache import CacheLookup, Credential
from efir.ports.transactions import Views

TOUCH = timedelta(minutes=1)
API_TOKEN = "efir_pat_"  # noqa: S105  # the prefix of API tokens
API_KINDS = frozenset({"pat", "uuid"})
Look = Callable[[Views], Awaitable[Credential | None]]


async def session_credential(ports: Ports, *, secret: str, now: datetime, extend: bool) -> Credential | None:
    """Return the credential of a session cookie, or None; `extend` extends the idle timeout, at most once a minute."""
    key = hash_secret(secret)
    name = f"s:{_cache_name(key)}"
    found, copied = await _look_up(ports, name, lambda views: views.sessions.find_by_secret(key, now=now), now=now)
    if found is None or found.session_id is None or found.kind != SessionKind.WEB:
        return None
    if extend and found.seen_at is not None and now - found.seen_at > TOUCH:
        idle_expires = now + timedelta(seconds=ports.limits.session_idle_seconds)
        async with ports.single() as tx:
            await tx.sessions.touch(SessionId(found.session_id), now=now, idle_expires=idle_expires)
        found = msgspec.structs.replace(found, seen_at=now, idle_expires_at=idle_expires)
        await _keep(ports, name, found, copied, now=now)
    return found


async def find_impersonated(ports: Ports, actor: Credential, *, secret: str, now: datetime) -> Credential | None:
    """Return the credential of the user whom the actor impersonates; None when that is over."""
    key = hash_secret(secret)
    name = f"s:{_cache_name(key)}"
    found, _ = await _look_up(ports, name, lambda views: views.sessions.find_by_secret(key, now=now), now=now)
    return build_impersonated(actor, found)


def build_impersonated(actor: Credential | None, found: Credential | None) -> Credential | None:
    """Return a user's credential for their impersonator, or None unless both are still permitted.

    It grants the permissions that both have, and never counts as a recent sign-in.
    """
    if actor is None or found is None or found.kind != SessionKind.IMPERSONATION:
        return None
    if (found.actor_id, found.actor_session_id) != (actor.user_id, actor.session_id):
        return None
    if Permission.USERS_IMPERSONATE not in actor.permissions or ADMINISTRATOR in found.roles:
        return None
    both = [code for code in found.permissions if code in actor.permissions]
    return msgspec.structs.replace(found, permissions=both, auth_time=None)


async def bearer_credential(ports: Ports, *, token: str, now: datetime) -> Credential:
    """Return the credential of an API token or an access token. Raises InvalidToken."""
    stored = token.startswith(API_TOKEN) or UUID_TOKEN.fullmatch(token.lower())
    found = await (_find_by_api_token if stored else _find_by_access_token)(ports, token, now)
    if found is None:
        raise InvalidToken
    return found


async def _find_by_api_token(ports: Ports, token: str, now: datetime) -> Credential | None:
    key = hash_secret(token_secret(token))
    name = f"t:{_cache_name(key)}"
    found, copied = await _look_up(ports, name, lambda views: views.sessions.find_by_token(key, now=now), now=now)
    if found is None or found.token_id is None or found.kind not in API_KINDS:
        return None
    if found.seen_at is None or now - found.seen_at > TOUCH:
        async with ports.single() as tx:
            await tx.sessions.touch_token(TokenId(found.token_id), now=now)
        found = msgspec.structs.replace(found, seen_at=now)
        await _keep(ports, name, found, copied, now=now)
    return found


async def _find_by_access_token(ports: Ports, token: str, now: datetime) -> Credential | None:
    claims = await ports.auth.access_tokens.read(token, now=now)
    found = await _find_by_session(ports, claims.session_id, now, signed_by=claims.kid)
    if found is None or found.user_id != claims.user_id:
        return None
    if claims.actor_session_id is not None:
        return build_impersonated(await _find_by_session(ports, claims.actor_session_id, now), found)
    return found if found.kind == SessionKind.TOKEN else None


async def _find_by_session(ports: Ports, session_id: UUID, now: datetime, *, signed_by: str = "") -> Credential | None:
    known = SessionId(session_id)
    found, _ = await _look_up(
        ports, f"j:{session_id}", lambda views: views.sessions.find_by_id(known, now=now), now=now, signed_by=signed_by
    )
    return found


async def _look_up(
    ports: Ports, name: str, look: Look, *, now: datetime, signed_by: str = ""
) -> tuple[Credential | None, CacheLookup]:
    copied = await ports.access.copies.find(name, signed_by=signed_by)
    if copied.refused:
        return None, copied
    if copied.credential is not None and _seconds(copied.credential, now) > 0:
        return copied.credential, copied
    async with ports.read() as views:
        found = await look(views)
    if found is not None:
        await _keep(ports, name, found, copied, now=now)
    return found, copied


async def _keep(ports: Ports, name: str, found: Credential, copied: CacheLookup, *, now: datetime) -> None:
    if copied.generation is not None:
        await ports.access.copies.keep(name, found, generation=copied.generation, seconds=_seconds(found, now))


def _seconds(found: Credential, now: datetime) -> float:
    """Return for how many seconds a credential stays valid."""
    ends = [end for end in (found.expires_at, found.idle_expires_at, found.rights_until) if end is not None]
    return min(((end - now).total_seconds() for end in ends), default=float(86_400))


def _cache_name(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()
