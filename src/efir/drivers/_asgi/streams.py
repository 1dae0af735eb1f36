"""Long requests: they end when the credential they started with becomes invalid."""

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
STEP = 0.5  # seconds between two reads of the followed state; one statement each
PING = 15.0


class Followed(Protocol):
    """A state that changes until it has ended."""

    @property
    def ended(self) -> bool:
        """Return whether it will not change any more."""


State = TypeVar("State", bound=Followed)


async def while_counting(call: Call, source: AsyncIterator[T]) -> AsyncIterator[T]:
    """Pass chunks on, and check twice a second whether the credential is still valid. Raises NoSession."""
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
    """Yield each change once, the last one included; regular comments keep proxies from closing the connection."""
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
