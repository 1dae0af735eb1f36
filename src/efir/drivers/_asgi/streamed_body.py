"""The body of a request as a stream, with a timeout between chunks."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from litestar import Request
from litestar.exceptions import HTTPException

from efir.domain.kernel.errors import Malformed
from efir.domain.kernel.limits import Limits
from efir.ports.uploads import BodyInterrupted

MAX_DRAINED = 32 << 20  # bytes
DRAIN_PAUSE = 1.0  # seconds
_NUMBER = re.compile(r"[0-9]{1,18}")


class Body:
    """The body of a request as it arrives, of any length."""

    def __init__(self, request: Request[Any, Any, Any], limits: Limits) -> None:
        self._request = request
        self._silence = limits.upload_stall_seconds
        self._announced = announced_length(request.headers)
        self._received = 0
        self._ended = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the bytes. Raises BodyInterrupted when they end early or nothing arrives for too long."""
        while not self._ended:
            try:
                async with asyncio.timeout(self._silence):
                    chunk = await self._next()
            except TimeoutError as error:
                raise BodyInterrupted from error
            if chunk:
                yield chunk
        if self._announced is not None and self._received < self._announced:
            raise BodyInterrupted

    async def drain(self) -> None:
        """See `drain`."""
        if not self._ended:
            await drain(self._rest(), announced=self._announced)

    async def _rest(self) -> AsyncIterator[bytes]:
        while not self._ended:
            yield await self._next()

    async def _next(self) -> bytes:
        message: Any = await self._request.receive()
        if message["type"] == "http.disconnect":
            self._ended = True
            raise BodyInterrupted
        chunk: bytes = message.get("body", b"")
        self._received += len(chunk)
        self._ended = not message.get("more_body", False)
        return chunk


async def drain(chunks: AsyncIterator[bytes], *, announced: int | None) -> None:
    """Discard the rest of a body, if it is short, for clients that read no response before they have sent everything.

    Errors while discarding do not change the response.
    """
    left = MAX_DRAINED
    if (announced or 0) > left:
        return
    with suppress(TimeoutError, StopAsyncIteration, BodyInterrupted, HTTPException):
        while left >= 0:
            async with asyncio.timeout(DRAIN_PAUSE):
                left -= len(await anext(chunks))


def announced_length(headers: Mapping[str, str]) -> int | None:
    """Return the Content-Length, or None. Raises Malformed."""
    text = headers.get("content-length")
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise Malformed("Content-Length is a number of bytes.")
    return int(text)
