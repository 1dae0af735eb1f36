"""Byte ranges and preconditions of RFC 9110, as pure functions of header values."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

MAX_RANGES = 16
_MAX_DIGITS = 18
_RANGES = re.compile(r"bytes=(.*)", re.IGNORECASE | re.DOTALL)
_RANGE = re.compile(r"([0-9]*)-([0-9]*)")
_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')


class Slice(NamedTuple):
    """`length` bytes from `first`; never empty."""

    first: int
    length: int

    @property
    def last(self) -> int:
        """Return the position of the last byte."""
        return self.first + self.length - 1


class RangeUnsatisfiable(Exception):  # named by the broken rule, as in the domain
    """Every requested range lies beyond the end: 416."""


def slices_of(header: str, size: int) -> tuple[Slice, ...]:
    """Parse a Range header against a size; an empty tuple means that the whole is sent.

    Unknown units, wrong syntax, overlapping ranges, more than 16 and sums not below the size result in the whole (RFC
    9110 14.2 lets a server ignore them). Raises RangeUnsatisfiable.
    """
    match = _RANGES.fullmatch(header)
    specs = [spec for part in match[1].split(",") if (spec := part.strip(" \t"))] if match else []
    if not specs or len(specs) > MAX_RANGES:
        return ()
    found: list[Slice] = []
    for spec in specs:
        bounds = _RANGE.fullmatch(spec)
        if bounds is None or spec == "-":
            return ()
        first, last = (_number(text) for text in bounds.groups())
        if first is not None and last is not None and first > last:
            return ()
        if (part := _slice(first, last, size)) is not None:
            found.append(part)
    if not found and size:
        raise RangeUnsatisfiable
    return tuple(found) if _worthwhile(found, size) else ()


def _number(text: str) -> int | None:
    if not text:
        return None
    return int(text) if len(text) <= _MAX_DIGITS else 10**_MAX_DIGITS


def _slice(first: int | None, last: int | None, size: int) -> Slice | None:
    if first is None:
        length = min(last or 0, size)
        return Slice(size - length, length) if length else None
    if first >= size:
        return None
    return Slice(first, (size - 1 if last is None else min(last, size - 1)) - first + 1)


def _worthwhile(parts: list[Slice], size: int) -> bool:
    if len(parts) <= 1:
        return True
    ordered = sorted(parts)
    apart = all(before.last < after.first for before, after in pairwise(ordered))
    return apart and sum(part.length for part in parts) < size


def matches(header: str, tag: str) -> bool:
    """Return whether If-None-Match or a similar header contains the tag, by weak comparison; `*` matches all."""
    return header.strip() == "*" or tag in (found.removeprefix("W/") for found in _TAG.findall(header))


def matches_strongly(header: str, tag: str) -> bool:
    """Return whether If-Match contains the tag; a weak tag never matches."""
    return header.strip() == "*" or tag in _TAG.findall(header)


def is_unchanged_since(header: str, modified: datetime) -> bool | None:
    """Return whether nothing has changed since the date; None when the header is not a date."""
    date = http_time(header)
    return None if date is None else modified.replace(microsecond=0) <= date


def is_range_valid(header: str, tag: str, modified: datetime, now: datetime) -> bool:
    """Evaluate If-Range: the same strong tag, or the same date if it is old enough to be a strong validator."""
    value = header.strip()
    if value.startswith(('"', "W/")):
        return value == tag
    date = http_time(value)
    return date == modified.replace(microsecond=0) and (now - modified).total_seconds() > 1


def http_time(text: str) -> datetime | None:
    """Return the time of an HTTP date; None when it is invalid."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


@lru_cache(maxsize=1024)
def http_date(time: datetime) -> str:
    """Return an HTTP date."""
    return format_datetime(time.astimezone(UTC), usegmt=True)
