"""Slots for heavy work within a request: a few at once in a process, fewer for one person."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import ParamSpec, Protocol, TypeVar
from uuid import UUID

P = ParamSpec("P")
T = TypeVar("T")


class ConversionSlots(Protocol):
    """Hands out slots; belongs to one event loop."""

    async def run_in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what keeps a processor busy in a thread, as many at once as there are slots; return its result."""
        ...

    def acquire(self, person: UUID, *, within: float) -> AbstractAsyncContextManager[bool]:
        """Wait for a slot; False when there is none in `within` seconds."""
        ...
