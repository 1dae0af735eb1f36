import hashlib
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from efir.domain.auth.sessions import SCOPES, token_text
from kit.builders import Person

People = Callable[..., Awaitable[Person]]


async def person_with_token(connection: Any, nickname: str, scopes: list[str] | None = None) -> Person:
    """Put somebody with an API token into the database, without the slow hashing of a password."""
    secret = secrets.token_hex(24)[:43]  # another one each time: what is remembered of a token outlives the test
    user = await connection.fetchval(
        "insert into user_account (nickname, nick_skel, display_name) values ($1, $1, $1) returning id", nickname
    )
    await connection.execute(
        """insert into api_token (user_id, kind, name, secret_hash, scopes, created_at, expires_at)
           values ($1, 'pat', 'tests', $2, $3, now(), now() + interval '1 d')""",
        user,
        hashlib.sha256(secret.encode()).digest(),
        sorted(SCOPES) if scopes is None else scopes,
    )
    return Person(nickname, str(user), token_text(secret))
