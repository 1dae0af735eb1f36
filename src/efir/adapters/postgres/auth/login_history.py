"""Login history in PostgreSQL."""

from datetime import datetime, timedelta
from typing import Any

from efir.adapters.postgres.kernel.mapping import build_insert, to_values
from efir.adapters.postgres.kernel.pagination import keyset
from efir.domain.auth.login_history import Login, device_of
from efir.domain.kernel.ids import UserId
from efir.ports.auth.login_history import LoginView
from efir.ports.kernel.pagination import PageRequest, Position, Rows, build_rows

OF_USER = """
select id, at, outcome, method, host(ip), ua, session_id from login_event
 where user_id = $1 and {where} order by {order} limit {limit}"""
SHORTEN = """
update login_event set shortened = true, ip = network(set_masklen(ip, case family(ip) when 4 then 24 else 48 end))
 where id in (select id from login_event where at < $1 and not shortened order by at limit $2)"""
FORGET = "delete from login_event where id in (select id from login_event where at < $1 limit $2)"


class PostgresLoginViews:
    """Read model of the login history."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def list_by_user(self, user_id: UserId, wanted: PageRequest) -> Rows[LoginView]:
        """List a user's attempts, newest first."""
        sql, arguments = keyset(OF_USER, wanted, key="at", kind="timestamptz", read=datetime.fromisoformat, first=2)
        rows = [
            LoginView(
                id=row[0], at=row[1], outcome=row[2], method=row[3], ip=row[4], user_agent=row[5],
                device=device_of(row[5]), session_id=row[6],
            )
            for row in await self._connection.fetch(sql, user_id, *arguments)
        ]  # fmt: skip
        return build_rows(rows, wanted, lambda row: Position(row.at.isoformat(), str(row.id)))


class PostgresLoginRepository:
    """Login history inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def add(self, login: Login) -> None:
        """Store an attempt; for an account that no longer exists, store only the outcome."""
        values = to_values(login)
        await self._connection.execute(build_insert("login_event", values), *values.values())

    async def shorten(self, *, now: datetime, whole: timedelta, kept: timedelta, limit: int) -> int:
        """Truncate addresses older than `whole`, delete rows older than `kept`. Return the number of changed rows."""
        cut = await self._connection.execute(SHORTEN, now - whole, limit)
        gone = await self._connection.execute(FORGET, now - kept, limit)
        return int(cut.rpartition(" ")[2]) + int(gone.rpartition(" ")[2])
