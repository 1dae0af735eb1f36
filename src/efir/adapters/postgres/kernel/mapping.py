"""Mapping of rows to entities and back; fields match columns by name."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def to_domain(row: Any, kind: type[T]) -> T:
    """Return the entity of a row; ids, enums and times are checked."""
    return msgspec.convert(dict(row), kind)


def to_values(entity: Any) -> dict[str, Any]:
    """Return the column values of an entity."""
    return {field.name: getattr(entity, field.name) for field in fields(entity)}


def build_insert(table: str, columns: Iterable[str], suffix: str = "") -> str:
    """Return an INSERT with one parameter per column; `table` and `columns` are constants of the code, not input."""
    names = list(columns)
    marks = ", ".join(f"${position}" for position in range(1, len(names) + 1))
    return f"insert into {table} ({', '.join(names)}) values ({marks}) {suffix}"  # noqa: S608  # own names only
