"""Login sessions and API tokens in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from efir.adapters.postgres.mapping import inserted, to_values
from efir.adapters.postgres.pages import keyset
from efir.domain.sessions import ApiToken, LoginSession, SessionId, TokenId, TokenNotFound
from efir.domain.users import UserId
from efir.ports.pages import Found, Position, Slice, found
from efir.ports.sessions import Credential, TokenView

BY_SESSION = """
select u.id, u.nickname, u.display_name, u.status, u.created_at,
       s.id, null, null, s.created_at, s.abs_expires, s.idle_expires, s.seen_at
  from login_session s join user_account u on u.id = s.user_id
 where s.secret_hash = $1 and s.revoked_at is null and s.epoch = u.epoch
   and s.abs_expires > $2 and s.idle_expires > $2 and u.status = 'active'"""

BY_BEARER = """
select u.id, u.nickname, u.display_name, u.status, u.created_at,
       null, t.id, t.scopes, t.created_at, t.expires_at, null, t.last_used_at
  from api_token t join user_account u on u.id = t.user_id
 where t.secret_hash = $1 and t.revoked_at is null and (t.expires_at is null or t.expires_at > $2)
   and u.status = 'active'"""

TOKENS = """
select id, name, scopes, created_at, expires_at, last_used_at from api_token
 where user_id = $1 and kind = 'pat' and revoked_at is null and {where} order by {order} limit {limit}"""


class ReadSessions:
    """Read models of login sessions and tokens."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def by_session(self, secret_hash: bytes, *, now: datetime) -> Credential | None:
        """Find an active login session."""
        row = await self._connection.fetchrow(BY_SESSION, secret_hash, now)
        return None if row is None else Credential(*row)

    async def by_token(self, secret_hash: bytes, *, now: datetime) -> Credential | None:
        """Find an API token that is neither expired nor revoked."""
        row = await self._connection.fetchrow(BY_BEARER, secret_hash, now)
        return None if row is None else Credential(*row)

    async def tokens(self, owner: UserId, wanted: Slice) -> Found[TokenView]:
        """List a user's tokens that are not revoked, newest first."""
        sql, arguments = keyset(
            TOKENS, wanted, key="created_at", kind="timestamptz", read=datetime.fromisoformat, first=2
        )
        rows = [TokenView(*row) for row in await self._connection.fetch(sql, owner, *arguments)]
        return found(rows, wanted, lambda row: Position(row.created_at.isoformat(), str(row.id)))


class Sessions:
    """Login sessions and tokens inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def add(self, session: LoginSession) -> None:
        """Store a new login session under the user's present epoch."""
        values = to_values(session)
        sql = inserted("login_session", [*values, "epoch"])
        sql = sql.replace(f"${len(values) + 1}", "(select epoch from user_account where id = $2)")
        await self._connection.execute(sql, *values.values())
        await self._connection.execute(
            "update user_account set last_login_at = $2 where id = $1", session.user_id, session.created_at
        )

    async def touch(self, session_id: SessionId, *, now: datetime, idle_expires: datetime) -> None:
        """Move the idle end of a session that is not revoked."""
        await self._connection.execute(
            "update login_session set seen_at = $2, idle_expires = $3 where id = $1 and revoked_at is null",
            session_id, now, idle_expires,
        )  # fmt: skip

    async def revoke(self, session_id: SessionId, *, now: datetime, reason: str) -> None:
        """End a login session; ending it again changes nothing."""
        await self._connection.execute(
            "update login_session set revoked_at = $2, revoke_reason = $3 where id = $1 and revoked_at is null",
            session_id, now, reason,
        )  # fmt: skip

    async def add_token(self, token: ApiToken) -> None:
        """Store a new API token."""
        values = to_values(token)
        await self._connection.execute(inserted("api_token", values), *values.values())

    async def revoke_token(self, token_id: TokenId, *, owner: UserId, now: datetime) -> None:
        """Raises TokenNotFound."""
        done: UUID | None = await self._connection.fetchval(
            "update api_token set revoked_at = $3 where id = $1 and user_id = $2 and revoked_at is null returning id",
            token_id, owner, now,
        )  # fmt: skip
        if done is None:
            raise TokenNotFound

    async def touch_token(self, token_id: TokenId, *, now: datetime) -> None:
        """Remember the use of a token."""
        await self._connection.execute("update api_token set last_used_at = $2 where id = $1", token_id, now)
