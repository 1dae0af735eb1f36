"""Requests that take long: they end when the credential they began with counts no more."""

import time
from collections.abc import AsyncIterator
from typing import TypeVar

from efir.application.context import Call
from efir.domain.auth.sessions import NoSession

T = TypeVar("T")
LOOK_SECONDS = 0.5


async def while_counting(call: Call, source: AsyncIterator[T]) -> AsyncIterator[T]:
    """Pass on what comes, and look twice a second whether the credential still counts. Raises NoSession."""
    looked = time.monotonic()
    async for part in source:
        if time.monotonic() - looked > LOOK_SECONDS:
            if not await call.still_counts():
                raise NoSession
            looked = time.monotonic()
        yield part
