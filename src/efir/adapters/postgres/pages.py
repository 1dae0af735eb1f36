"""Keyset pagination: the SQL of a slice."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from efir.domain.errors import Malformed
from efir.ports.pages import Slice


def keyset(
    sql: str,
    wanted: Slice,
    *,
    key: str,
    kind: str,
    read: Callable[[str], Any],
    first: int,
    id_column: str = "id",
) -> tuple[str, list[Any]]:
    """Fill `{where}`, `{order}` and `{limit}` of a statement for a list ordered newest first.

    `key` and `id_column` are columns, `kind` the key's SQL type, `read` reads it from a cursor, `first` is the number
    of the first free parameter. One row more than the limit is asked for: it tells whether the list goes on.
    """
    position = wanted.before or wanted.after
    limit = wanted.limit + 1
    direction, compare = ("asc", ">") if wanted.before else ("desc", "<")
    order = f"{key} {direction}, {id_column} {direction}"
    if position is None:
        return sql.format(where="true", order=order, limit=limit), []
    try:
        arguments = [read(position.key), UUID(position.id)]
    except ValueError as error:
        raise Malformed("The cursor does not belong to this list.") from error
    where = f"({key}, {id_column}) {compare} (${first}::{kind}, ${first + 1}::uuid)"
    return sql.format(where=where, order=order, limit=limit), arguments
