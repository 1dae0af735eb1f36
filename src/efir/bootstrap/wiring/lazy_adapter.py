"""Lazy creation of adapters whose libraries take long to load, and that few requests need."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class _LazyAdapter:
    """Stands in for an adapter and creates it on first use."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        """Return a member of the adapter."""
        if self._made is None:
            self._made = self._make()
        return getattr(self._made, name)


def lazy(make: Callable[[], T]) -> T:
    """Return a stand-in for the result of `make`; type checkers see the adapter itself."""
    return cast("T", _LazyAdapter(make))
