"""Repositories and read models as parts of what holds their connection."""

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar, overload

Part = TypeVar("Part")


class Holder(Protocol):
    """What has a connection."""

    connection: Any


class On(Generic[Part]):
    """An attribute made on the holder's connection when it is asked for: most uses need one of many."""

    def __init__(self, make: Callable[[Any], Part]) -> None:
        self._make = make

    @overload
    def __get__(self, holder: None, kind: type) -> "On[Part]": ...
    @overload
    def __get__(self, holder: Holder, kind: type) -> Part: ...
    def __get__(self, holder: Holder | None, kind: type) -> "Part | On[Part]":
        """Make the part."""
        return self if holder is None else self._make(holder.connection)
