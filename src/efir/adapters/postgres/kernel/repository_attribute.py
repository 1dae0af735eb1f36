"""Repositories and read models as parts of what holds their connection."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Part = TypeVar("Part")


class Connected:
    """What has a connection; the groups of all areas build on it."""

    __slots__ = ("connection",)

    connection: Any


class RepositoryAttribute(Generic[Part]):
    """An attribute made on the holder's connection when it is asked for: most uses need one of many."""

    def __init__(self, make: Callable[[Any], Part]) -> None:
        self._make = make

    def __get__(self, holder: Connected, kind: type | None = None) -> Part:
        """Make the part."""
        return self._make(holder.connection)
