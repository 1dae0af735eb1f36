"""Data export: everything stored about a user, by the queries of the areas (`EXPORTED` of their groups)."""

from collections.abc import Mapping, Sequence
from typing import Any

from efir.domain.kernel.ids import UserId


class PostgresExportViews:
    """Rows about a user as JSON objects."""

    def __init__(self, connection: Any, statements: Mapping[str, str]) -> None:
        self._connection = connection
        self._statements = statements

    @property
    def subjects(self) -> Sequence[str]:
        """Return the names of the subjects that can be exported."""
        return tuple(self._statements)

    async def rows(self, subject: str, user_id: UserId) -> list[dict[str, Any]]:
        """Return all rows of a subject, without hashes, secrets or data about other users."""
        sql = f"select to_jsonb(found) from ({self._statements[subject]}) found"  # noqa: S608  # own statements only
        return [row[0] for row in await self._connection.fetch(sql, user_id)]
