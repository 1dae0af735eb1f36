"""Slots for heavy work within requests: a few at a time in one process, fewer for one user."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar
from uuid import UUID

P = ParamSpec("P")
T = TypeVar("T")


class FairSlots:
    """Assigns at most `max_slots` slots at a time, `max_of_one` of them to one user; belongs to one event loop."""

    def __init__(self, max_slots: int, max_of_one: int) -> None:
        self._max_slots, self._max_of_one = max_slots, max_of_one
        self._taken: Counter[UUID] = Counter()
        self._changed = asyncio.Condition()
        self._threads = asyncio.Semaphore(max(1, max_slots))

    async def run_in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run CPU-bound work in a thread, at most `max_slots` calls at a time.

        The default pool has more threads than the machine has processors, and the system gives each of them as much
        time as the event loop: while all of them hash the uploads of eight users, no request would be served.
        """
        async with self._threads:
            return await asyncio.to_thread(work, *args, **kwargs)

    @asynccontextmanager
    async def acquire(self, person: UUID, *, within: float) -> AsyncIterator[bool]:
        """Wait for a slot; yield False when none is free within `within` seconds."""
        mine = await self._take(person, within)
        try:
            yield mine
        finally:
            if mine:
                self._taken[person] -= 1
                if not self._taken[person]:
                    del self._taken[person]
                async with self._changed:
                    self._changed.notify_all()

    async def _take(self, person: UUID, within: float) -> bool:
        try:
            async with asyncio.timeout(within), self._changed:
                await self._changed.wait_for(lambda: self._free_for(person))
                self._taken[person] += 1
        except TimeoutError:
            return False
        return True

    def _free_for(self, person: UUID) -> bool:
        return self._taken.total() < self._max_slots and self._taken[person] < self._max_of_one
