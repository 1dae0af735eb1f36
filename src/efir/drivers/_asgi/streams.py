"""Requests that take long: they end when the credential they began with counts no more."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeVar

import msgspec
from litestar.response import ServerSentEventMessage

from efir.application.context import Call
from efir.domain.auth.sessions import NoSession

T = TypeVar("T")
LOOK_SECONDS = 0.5
STEP = 0.5  # seconds between two looks at what is followed; one statement each
PING = 15.0


class Followed(Protocol):
    """A state that changes until it has ended."""

    @property
    def ended(self) -> bool:
        """Whether it changes no more."""


State = TypeVar("State", bound=Followed)


async def while_counting(call: Call, source: AsyncIterator[T]) -> AsyncIterator[T]:
    """Pass on what comes, and look twice a second whether the credential still counts. Raises NoSession."""
    looked = time.monotonic()
    async for part in source:
        if time.monotonic() - looked > LOOK_SECONDS:
            if not await call.is_still_valid():
                raise NoSession
            looked = time.monotonic()
        yield part


async def changes(
    call: Call, first: State, look: Callable[[], Awaitable[State]]
) -> AsyncIterator[ServerSentEventMessage]:
    """Send each change once, the last one included; a comment now and then keeps proxies from closing."""
    told, quiet, state = None, 0.0, first
    while True:
        if state != told:
            event = "end" if state.ended else "progress"
            yield ServerSentEventMessage(data=msgspec.json.encode(state).decode(), event=event)
            told, quiet = state, 0.0
        if state.ended:
            return
        await asyncio.sleep(STEP)
        quiet += STEP
        if not await call.is_still_valid():
            return
        if quiet >= PING:
            yield ServerSentEventMessage(comment="still here")
            quiet = 0.0
        state = await look()
