"""Login sessions and API tokens in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from efir.adapters.postgres.auth.credentials import BY_ID, BY_SECRET, BY_TOKEN, credential
from efir.adapters.postgres.kernel.mapping import build_insert, to_values
from efir.adapters.postgres.kernel.pagination import keyset
from efir.domain.auth.login_history import device_of
from efir.domain.auth.sessions import ApiToken, LoginSession, SessionNotFound, TokenId, TokenNotFound
from efir.domain.kernel.ids import SessionId, UserId
from efir.ports.access.credential_cache import Credential
from efir.ports.auth.sessions import DeviceView, RefreshState, TokenView
from efir.ports.kernel.pagination import PageRequest, Position, Rows, build_rows

TOKENS = """
select id, name, scopes, created_at, expires_at, last_used_at from api_token
 where user_id = $1 and kind = 'pat' and revoked_at is null and {where} order by {order} limit {limit}"""
ACTIVE = """revoked_at is null and abs_expires > $2 and idle_expires > $2
   and epoch = (select u.epoch from user_account u where u.id = user_id)"""
DEVICES = (
    "select id, kind, host(ip), ua, created_at, seen_at, abs_expires from login_session "  # noqa: S608  # own text only
    "where user_id = $1 and " + ACTIVE + " and {where} order by {order} limit {limit}"
)
ROTATE = """
update login_session s set rt_seq = $4, rt_prev_hash = rt_hash, rt_hash = $3, rt_rotated_at = $5, seen_at = $5,
       idle_expires = $6
  from user_account u
 where s.id = $1 and s.rt_hash = $2 and s.revoked_at is null and s.abs_expires > $5 and s.idle_expires > $5
   and u.id = s.user_id and u.epoch = s.epoch and u.status = 'active' returning s.id"""
REFRESH_STATE = """
select s.user_id, s.rt_seq, s.rt_hash, s.rt_prev_hash, s.rt_rotated_at, s.ua,
       s.revoked_at is null and s.abs_expires > $2 and s.idle_expires > $2 and u.epoch = s.epoch
         and u.status = 'active'
  from login_session s join user_account u on u.id = s.user_id where s.id = $1 for update of s"""


class PostgresSessionViews:
    """Read models of login sessions and tokens."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def find_by_secret(self, secret_hash: bytes, *, now: datetime) -> Credential | None:
        """Find an active login session by the hash of its cookie."""
        row = await self._connection.fetchrow(BY_SECRET, secret_hash, now)
        return None if row is None else credential(row)

    async def find_by_id(self, session_id: SessionId, *, now: datetime) -> Credential | None:
        """Find the active login session that an access token names."""
        row = await self._connection.fetchrow(BY_ID, session_id, now)
        return None if row is None else credential(row)

    async def find_by_token(self, secret_hash: bytes, *, now: datetime) -> Credential | None:
        """Find an API token that is neither expired nor revoked."""
        row = await self._connection.fetchrow(BY_TOKEN, secret_hash, now)
        return None if row is None else credential(row)

    async def devices(self, owner: UserId, wanted: PageRequest, *, now: datetime) -> Rows[DeviceView]:
        """List a user's active login sessions, newest first."""
        sql, arguments = keyset(
            DEVICES, wanted, key="created_at", kind="timestamptz", read=datetime.fromisoformat, first=3
        )
        rows = [
            DeviceView(
                id=row[0], kind=row[1], device=device_of(row[3]), ip=row[2], user_agent=row[3], created_at=row[4],
                seen_at=row[5], expires_at=row[6],
            )
            for row in await self._connection.fetch(sql, owner, now, *arguments)
        ]  # fmt: skip
        return build_rows(rows, wanted, lambda row: Position(row.created_at.isoformat(), str(row.id)))

    async def tokens(self, owner: UserId, wanted: PageRequest) -> Rows[TokenView]:
        """List a user's tokens that are not revoked, newest first."""
        sql, arguments = keyset(
            TOKENS, wanted, key="created_at", kind="timestamptz", read=datetime.fromisoformat, first=2
        )
        rows = [TokenView(*row) for row in await self._connection.fetch(sql, owner, *arguments)]
        return build_rows(rows, wanted, lambda row: Position(row.created_at.isoformat(), str(row.id)))


class PostgresSessionRepository:
    """Login sessions and tokens inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def add(self, session: LoginSession) -> None:
        """Store a new login session under the user's current epoch; an impersonation does not count as a sign-in."""
        values = to_values(session)
        sql = build_insert("login_session", [*values, "epoch"])
        sql = sql.replace(f"${len(values) + 1}", "(select epoch from user_account where id = $2)")
        await self._connection.execute(sql, *values.values())
        if session.actor_id is not None:
            return
        await self._connection.execute(
            "update user_account set last_login_at = $2 where id = $1", session.user_id, session.created_at
        )

    async def touch(self, session_id: SessionId, *, now: datetime, idle_expires: datetime) -> None:
        """Extend the idle expiry of a session that is not revoked, and record its use."""
        await self._connection.execute(
            "update login_session set seen_at = $2, idle_expires = $3 where id = $1 and revoked_at is null",
            session_id, now, idle_expires,
        )  # fmt: skip

    async def raise_level(self, session_id: SessionId, *, amr: str) -> None:
        """Raise the assurance level of a session after its owner used a second factor; `amr` names the method."""
        await self._connection.execute(
            "update login_session set aal = 2, amr = amr || $2::text where id = $1", session_id, amr
        )

    async def revoke(self, session_id: SessionId, *, now: datetime, reason: str) -> None:
        """Revoke a login session; revoking it again changes nothing."""
        await self._connection.execute(
            "update login_session set revoked_at = $2, revoke_reason = $3 where id = $1 and revoked_at is null",
            session_id, now, reason,
        )  # fmt: skip

    async def revoke_own(self, session_id: SessionId, *, owner: UserId, now: datetime, reason: str) -> None:
        """Revoke one of a user's sessions. Raises SessionNotFound."""
        done: UUID | None = await self._connection.fetchval(
            f"update login_session set revoked_at = $2, revoke_reason = $4 where id = $1 and user_id = $3 and {ACTIVE} "  # noqa: S608  # own text only
            "returning id",
            session_id, now, owner, reason,
        )  # fmt: skip
        if done is None:
            raise SessionNotFound

    async def revoke_others(
        self, owner: UserId, *, keep: SessionId | None, now: datetime, reason: str
    ) -> list[SessionId]:
        """Revoke all of a user's sessions except `keep`. Return the revoked sessions."""
        rows = await self._connection.fetch(
            "update login_session set revoked_at = $2, revoke_reason = $4 "
            "where user_id = $1 and revoked_at is null and id is distinct from $3 returning id",
            owner, now, keep, reason,
        )  # fmt: skip
        return [SessionId(row[0]) for row in rows]

    async def rotate(
        self, session_id: SessionId, *, old: bytes, new: bytes, sequence: int, now: datetime, idle_expires: datetime
    ) -> bool:
        """Replace a refresh token in one compare-and-set. Return False when `old` is not the current one."""
        done = await self._connection.fetchval(ROTATE, session_id, old, new, sequence, now, idle_expires)
        return done is not None

    async def refresh_state(self, session_id: SessionId, *, now: datetime) -> RefreshState | None:
        """Return the stored state of a session's refresh token, or None."""
        row = await self._connection.fetchrow(REFRESH_STATE, session_id, now)
        return None if row is None else RefreshState(*row)

    async def add_token(self, token: ApiToken) -> None:
        """Store a new API token."""
        values = to_values(token)
        await self._connection.execute(build_insert("api_token", values), *values.values())

    async def revoke_token(self, token_id: TokenId, *, owner: UserId, now: datetime) -> None:
        """Revoke an API token of its owner. Raises TokenNotFound."""
        done: UUID | None = await self._connection.fetchval(
            "update api_token set revoked_at = $3 where id = $1 and user_id = $2 and revoked_at is null returning id",
            token_id, owner, now,
        )  # fmt: skip
        if done is None:
            raise TokenNotFound

    async def touch_token(self, token_id: TokenId, *, now: datetime) -> None:
        """Record the use of a token."""
        await self._connection.execute("update api_token set last_used_at = $2 where id = $1", token_id, now)
