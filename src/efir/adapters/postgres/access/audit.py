"""The audit log in PostgreSQL."""

from datetime import datetime
from typing import Any

from efir.adapters.postgres.kernel.mapping import build_insert, to_values
from efir.adapters.postgres.kernel.pagination import keyset
from efir.domain.access.audit import Entry
from efir.ports.access.audit import EntryView
from efir.ports.kernel.pagination import PageRequest, Position, Rows, build_rows

LISTED = """
select a.id, a.at, u.nickname, a.action, a.target, a.facts, a.request_id
  from audit_log a left join user_account u on u.id = a.actor_id
 where ($1 = '' or a.action = $1) and ($2 = '' or a.target = $2) and {where} order by {order} limit {limit}"""


class PostgresAuditViews:
    """Read model of the audit log."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def list_entries(self, wanted: PageRequest, *, action: str = "", target: str = "") -> Rows[EntryView]:
        """List entries, newest first; `action` and `target` filter the list when given."""
        sql, arguments = keyset(
            LISTED, wanted, key="a.at", kind="timestamptz", read=datetime.fromisoformat, first=3, id_column="a.id"
        )
        rows = [EntryView(*row) for row in await self._connection.fetch(sql, action, target, *arguments)]
        return build_rows(rows, wanted, lambda row: Position(row.at.isoformat(), str(row.id)))


class PostgresAuditLog:
    """The audit log inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def put(self, entry: Entry) -> None:
        """Add an entry."""
        values = to_values(entry)
        await self._connection.execute(build_insert("audit_log", values), *values.values())
