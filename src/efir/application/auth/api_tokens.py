"""API tokens: credentials for scripts."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from efir.application.access.invalidation import revoking
from efir.application.context import Ports
from efir.application.kernel.cursors import paginate, paginate_list, parse_page
from efir.domain.auth.sessions import SCOPES, ApiToken, InvalidTokenRequest, TokenId, parse_token_request, token_text
from efir.domain.kernel.errors import FieldError
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.secret_hashes import hash_secret
from efir.ports.auth.sessions import TokenView
from efir.ports.kernel.pagination import Page

DAY = 86_400
MAX_TOKEN_DAYS = 366
SHORTEST = 60  # seconds


class NewToken(Struct, frozen=True):
    """A new API token; `token` is shown only this once."""

    id: Annotated[UUID, Meta(description="Identifier of the token.")]
    name: Annotated[str, Meta(description="What it is for.", examples=["laptop"])]
    scopes: Annotated[list[str], Meta(description="What it may do.", examples=[["videos.write"]])]
    created_at: Annotated[datetime, Meta(description="When it was made.")]
    expires_at: Annotated[datetime, Meta(description="When it ends.")]
    token: Annotated[str, Meta(description="The secret; it cannot be shown again.")]


class ScopeView(Struct, frozen=True):
    """A scope that a token can be limited to."""

    code: Annotated[str, Meta(description="Stable code.", examples=["videos.write"])]
    description: Annotated[str, Meta(description="What it covers.")]


def every_scope() -> list[ScopeView]:
    """List the scopes that a token can be limited to."""
    return [ScopeView(code, description) for code, description in SCOPES.items()]


def list_scopes(ports: Ports, *, limit: int | None, cursor: str | None) -> Page[ScopeView]:
    """List the scopes that a token can be limited to, in pages. Raises BadCursor."""
    return paginate_list(ports.keys, ports.limits, "scopes", every_scope(), limit=limit, cursor=cursor)


async def create_api_token(
    ports: Ports, *, owner: UserId, name: str, scopes: list[str] | None, expires_in: int | None, now: datetime
) -> NewToken:
    """Create an API token that expires in `expires_in` seconds. Raises InvalidTokenRequest."""
    name, granted = parse_token_request(name, scopes)
    life = ports.limits.token_life_seconds if expires_in is None else expires_in
    if not SHORTEST <= life <= MAX_TOKEN_DAYS * DAY:
        detail = f"A token lives between {SHORTEST} seconds and {MAX_TOKEN_DAYS} days."
        raise InvalidTokenRequest(detail, errors=(FieldError("/expires_in", "range", detail),))
    secret = ports.new_secret()
    token = ApiToken(
        id=TokenId(ports.new_id()), user_id=owner, name=name, secret_hash=hash_secret(secret), scopes=granted,
        created_at=now, expires_at=now + timedelta(seconds=life),
    )  # fmt: skip
    async with ports.single() as tx:
        await tx.sessions.add_token(token)
    return NewToken(
        id=token.id, name=name, scopes=granted, created_at=now, expires_at=token.expires_at, token=token_text(secret)
    )


async def list_api_tokens(ports: Ports, *, owner: UserId, limit: int | None, cursor: str | None) -> Page[TokenView]:
    """List a user's API tokens, newest first. Raises BadCursor."""
    name = f"tokens {owner}"
    part = parse_page(ports.keys, ports.limits, name, limit=limit, cursor=cursor)
    async with ports.read() as views:
        return paginate(ports.keys, name, await views.sessions.tokens(owner, part))


async def revoke_api_token(ports: Ports, *, owner: UserId, token_id: TokenId, now: datetime) -> None:
    """Revoke an API token in every process. Raises TokenNotFound."""
    async with revoking(ports) as change:
        await change.tx.sessions.revoke_token(token_id, owner=owner, now=now)
        change.token(token_id)
