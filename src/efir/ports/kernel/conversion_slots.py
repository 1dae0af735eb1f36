"""Concurrency limits for heavy work within requests: a few slots per process, fewer per user."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import ParamSpec, Protocol, TypeVar
from uuid import UUID

P = ParamSpec("P")
T = TypeVar("T")


class ConversionSlots(Protocol):
    """Allocates slots; bound to one event loop."""

    async def run_in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run CPU-bound work in a thread, at most as many at once as there are slots. Return its result."""
        ...

    def acquire(self, person: UUID, *, within: float) -> AbstractAsyncContextManager[bool]:
        """Wait for a slot; the context is False when none becomes free within `within` seconds."""
        ...
