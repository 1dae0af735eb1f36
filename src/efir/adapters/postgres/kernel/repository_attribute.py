"""Repositories and read models as attributes of the object that holds their connection."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Part = TypeVar("Part")


class Connected:
    """An object with a connection; the base class of the groups of all areas."""

    __slots__ = ("connection",)

    connection: Any


class RepositoryAttribute(Generic[Part]):
    """An attribute created on access with the holder's connection: most uses need one of many."""

    def __init__(self, make: Callable[[Any], Part]) -> None:
        self._make = make

    def __get__(self, holder: Connected, kind: type | None = None) -> Part:
        """Create the repository or read model."""
        return self._make(holder.connection)
