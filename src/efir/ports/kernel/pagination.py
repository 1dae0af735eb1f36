"""Lists: one keyset page at a time, in either direction."""

from typing import Annotated, Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


class Position(msgspec.Struct, frozen=True, array_like=True):
    """A place in a list: the sort key and the id of one row, as the adapter reads and writes them."""

    key: str
    id: str


class PageRequest(msgspec.Struct, frozen=True):
    """The wanted part of a list: `limit` rows after one position, or before another."""

    limit: int
    after: Position | None = None
    before: Position | None = None


class Rows(msgspec.Struct, Generic[T], frozen=True):
    """Rows of a slice in list order, and the positions from which the list goes on."""

    items: list[T]
    next: Position | None = None
    prev: Position | None = None


class Page(msgspec.Struct, Generic[T], frozen=True):
    """What a list operation returns; cursors are opaque and signed."""

    items: Annotated[list[T], msgspec.Meta(description="The rows of this page, in the order of the list.")]
    next: Annotated[str | None, msgspec.Meta(description="Cursor of the next page; null at the end.")] = None
    prev: Annotated[str | None, msgspec.Meta(description="Cursor of the page before; null at the start.")] = None


def build_rows(rows: list[Any], wanted: PageRequest, position: Any) -> Rows[Any]:
    """Cut `limit + 1` rows, in reading direction, into a page; `position` returns a row's place in the list."""
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
