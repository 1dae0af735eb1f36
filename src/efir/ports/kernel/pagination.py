"""Keyset pagination of lists, in either direction."""

from typing import Annotated, Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


class Position(msgspec.Struct, frozen=True, array_like=True):
    """A position in a list: the sort key and the id of one row, as the adapter reads and writes them."""

    key: str
    id: str


class PageRequest(msgspec.Struct, frozen=True):
    """The requested part of a list: `limit` rows after one position, or before another."""

    limit: int
    after: Position | None = None
    before: Position | None = None


class Rows(msgspec.Struct, Generic[T], frozen=True):
    """Rows of a page in list order, and the positions at which the list continues."""

    items: list[T]
    next: Position | None = None
    prev: Position | None = None


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list; cursors are opaque and signed."""

    items: Annotated[list[T], msgspec.Meta(description="Items of this page, in list order.")]
    next: Annotated[str | None, msgspec.Meta(description="Cursor of the next page; null on the last page.")] = None
    prev: Annotated[str | None, msgspec.Meta(description="Cursor of the previous page; null on the first page.")] = None


def build_rows(rows: list[Any], wanted: PageRequest, position: Any) -> Rows[Any]:
    """Build a page from up to `limit + 1` rows in reading direction; `position` returns the position of a row."""
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    if wanted.before is not None:
        rows.reverse()
        earlier, later = more, True
    else:
        earlier, later = wanted.after is not None, more
    return Rows(
        items=rows,
        next=position(rows[-1]) if rows and later else None,
        prev=position(rows[0]) if rows and earlier else None,
    )
