"""Signed cursors: positions in one list with one set of filters, opaque to clients."""

from collections.abc import Sequence

import msgspec

from efir.domain.kernel.errors import Malformed
from efir.domain.kernel.keys import Keys
from efir.domain.kernel.limits import Limits
from efir.domain.kernel.signed_tokens import SignedTokens, TokenForged
from efir.ports.kernel.pagination import Page, PageRequest, Position, Rows, T

TOKENS = SignedTokens("cursors", mac_bytes=12)


class _Cursor(msgspec.Struct, array_like=True, frozen=True):
    before: bool
    position: Position


class BadCursor(Malformed):
    """The cursor is forged, truncated, or belongs to another list or other filters."""

    code = "bad-cursor"
    title = "The cursor does not belong to this list"


def parse_page(keys: Keys, limits: Limits, name: str, *, limit: int | None, cursor: str | None) -> PageRequest:
    """Parse `limit` and `cursor` of a request for the list `name` (its name and filters). Raises BadCursor."""
    size = limits.page_default if limit is None else limit
    if not 1 <= size <= limits.max_page_size:
        raise Malformed(f"`limit` is between 1 and {limits.max_page_size}.")
    if cursor is None:
        return PageRequest(limit=size)
    read = _read(keys, name, cursor)
    return PageRequest(limit=size, **{"before" if read.before else "after": read.position})


def paginate(keys: Keys, name: str, found: Rows[T]) -> Page[T]:
    """Return a page with cursors for the list `name`."""
    return Page(
        items=found.items,
        next=None if found.next is None else _write(keys, name, _Cursor(before=False, position=found.next)),
        prev=None if found.prev is None else _write(keys, name, _Cursor(before=True, position=found.prev)),
    )


def _write(keys: Keys, name: str, cursor: _Cursor) -> str:
    return TOKENS.sign(keys, msgspec.msgpack.encode(cursor), bound_to=name)


def _read(keys: Keys, name: str, text: str) -> _Cursor:
    try:
        return msgspec.msgpack.decode(TOKENS.read(keys, text, bound_to=name), type=_Cursor)
    except (TokenForged, msgspec.MsgspecError) as error:
        raise BadCursor from error


def paginate_list(
    keys: Keys, limits: Limits, name: str, rows: Sequence[T], *, limit: int | None, cursor: str | None
) -> Page[T]:
    """Return a page of a list that is short and entirely in memory, in its own order. Raises BadCursor."""
    part = parse_page(keys, limits, name, limit=limit, cursor=cursor)
    try:
        start = int((part.after or part.before or Position("0", "")).key)
    except ValueError as error:
        raise BadCursor from error
    first = max(0, start - part.limit) if part.before is not None else start
    shown = list(rows[first : start if part.before is not None else first + part.limit])
    last = first + len(shown)
    found = Rows(
        items=shown,
        next=Position(str(last), "") if last < len(rows) else None,
        prev=Position(str(first), "") if first > 0 else None,
    )
    return paginate(keys, name, found)
