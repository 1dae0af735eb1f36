"""Keyset pagination: the SQL of one page."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

from efir.domain.kernel.errors import Malformed
from efir.ports.kernel.pagination import PageRequest


def keyset(
    sql: str,
    wanted: PageRequest,
    *,
    key: str,
    kind: str,
    read: Callable[[str], Any],
    first: int,
    id_column: str = "id",
) -> tuple[str, list[Any]]:
    """Fill `{where}`, `{order}` and `{limit}` of a statement for a list ordered newest first.

    `key` and `id_column` are columns, `kind` is the key's SQL type, `read` parses it from a cursor, `first` is the
    number of the first free parameter. One row more than the limit is requested: it shows whether the list continues.
    """
    position = wanted.before or wanted.after
    backwards = wanted.before is not None
    where = "true" if position is None else f"({key}, {id_column}) {{}} (${first}::{kind}, ${first + 1}::uuid)"
    filled = _fill_template(sql, where, f"{key} {{0}}, {id_column} {{0}}", wanted.limit + 1, backwards=backwards)
    if position is None:
        return filled, []
    try:
        return filled, [read(position.key), UUID(position.id)]
    except ValueError as error:
        raise Malformed("The cursor does not belong to this list.") from error


@lru_cache(512)
def _fill_template(sql: str, where: str, order: str, limit: int, *, backwards: bool) -> str:
    direction, compare = ("asc", ">") if backwards else ("desc", "<")
    return sql.format(where=where.format(compare), order=order.format(direction), limit=limit)
