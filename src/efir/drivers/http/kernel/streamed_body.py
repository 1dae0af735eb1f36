"""The body of a request as it arrives, with a deadline for silence."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from litestar import Request

from efir.domain.kernel.errors import Malformed
from efir.domain.kernel.limits import Limits
from efir.ports.uploads import BodyInterrupted

MAX_DRAINED = 16 << 20  # bytes
DRAIN_PAUSE = 1.0  # seconds
_NUMBER = re.compile(r"[0-9]{1,18}")


class Body:
    """A request's body as it arrives, however long."""

    def __init__(self, request: Request[Any, Any, Any], limits: Limits) -> None:
        self._request = request
        self._silence = limits.upload_stall_seconds
        self._announced = _length(request.headers)
        self._received = 0
        self._ended = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give the bytes. Raises BodyInterrupted when they end early or stay away too long."""
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
        """Take the rest, if it is short, off a client that reads no answer before it has sent everything."""
        if (self._announced or 0) <= MAX_DRAINED:
            with suppress(TimeoutError, BodyInterrupted):
                while not self._ended and self._received <= MAX_DRAINED:
                    async with asyncio.timeout(DRAIN_PAUSE):
                        await self._next()

    async def _next(self) -> bytes:
        message: Any = await self._request.receive()
        if message["type"] == "http.disconnect":
            self._ended = True
            raise BodyInterrupted
        chunk: bytes = message.get("body", b"")
        self._received += len(chunk)
        self._ended = not message.get("more_body", False)
        return chunk


def _length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length")
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise Malformed("Content-Length is a number of bytes.")
    return int(text)
