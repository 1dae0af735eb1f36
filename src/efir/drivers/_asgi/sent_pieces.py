"""Sending of an object's bytes: whole or in parts, with the least overhead."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

from efir.drivers._asgi.ranges import Slice
from efir.ports.kernel.blobs import Blob

Headers = dict[str, str]
Send = Callable[[Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]

AT_ONCE = 1024 * 1024  # responses up to this are one message: without streaming, half again as fast
CHUNK = 256 * 1024  # of longer ones: smaller costs calls, larger exceeds the processor cache; pathsend is no faster
WATCHED = 1024 * 1024  # bytes between two checks whether the client is still connected


def content_range(part: Slice, size: int) -> str:
    """Return the Content-Range of a part."""
    return f"bytes {part.first}-{part.last}/{size}"


def multipart(parts: tuple[Slice, ...], size: int, headers: Headers) -> tuple[list[Slice | bytes], Headers]:
    """Return the body and the headers of a multipart/byteranges response (RFC 9110 section 14.6)."""
    boundary = secrets.token_hex(12)
    pieces: list[Slice | bytes] = []
    for part in parts:
        lines = ("", f"--{boundary}", f"content-type: {headers['content-type']}",
                 f"content-range: {content_range(part, size)}", "", "")  # fmt: skip
        pieces += ["\r\n".join(lines).encode("latin-1"), part]
    pieces.append(f"\r\n--{boundary}--\r\n".encode("latin-1"))
    changed = {
        "content-type": f"multipart/byteranges; boundary={boundary}",
        "content-length": f"{sum(map(_length, pieces))}",
    }
    return pieces, headers | changed


async def send_whole(blob: Blob, headers: Headers, receive: Receive, send: Send) -> None:
    """Send a whole object."""
    headers = headers | {"content-length": f"{blob.size}"}
    if not blob.size:
        await send_bytes(send, 200, headers, b"")
    else:
        await send_pieces([Slice(0, blob.size)], blob, (200, headers), receive, send)


async def send_pieces(pieces: list[Any], blob: Blob, start: tuple[int, Headers], receive: Receive, send: Send) -> None:
    """Read and send in chunks; the first is read before the status is sent, so that its error can be a response."""
    left = total = sum(map(_length, pieces))
    gone: asyncio.Future[None] | None = None
    try:
        for step in _steps(pieces, CHUNK if total > AT_ONCE else AT_ONCE):
            chunk = step if isinstance(step, bytes) else await _exactly(blob, step)
            if left == total:
                await _start(send, *start)
            left -= len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
            if left and (total - left) % WATCHED < CHUNK:
                gone = gone or asyncio.ensure_future(_gone(receive))
                await asyncio.sleep(0)  # sending to a lost client never waits, so no other task would run
                if gone.done():
                    return
    finally:
        if gone is not None:
            gone.cancel()


def _length(piece: Slice | bytes) -> int:
    return len(piece) if isinstance(piece, bytes) else piece.length


def _steps(pieces: list[Any], most: int) -> Iterator[Slice | bytes]:
    """Split the parts of the object into slices of at most `most` bytes."""
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        for first in range(piece.first, piece.last + 1, most):
            yield Slice(first, min(most, piece.last + 1 - first))


async def _exactly(blob: Blob, asked: Slice) -> bytes:
    chunk = await blob.read(asked.first, asked.length)
    if len(chunk) != asked.length:
        raise EOFError(asked.first)  # the object has shrunk: close the connection rather than send wrong bytes
    return chunk


async def _gone(receive: Receive) -> None:
    """Return when the client has disconnected: granian silently discards bytes for a lost client."""
    with suppress(Exception):  # a failing connection is a lost one
        while (await receive())["type"] != "http.disconnect":
            pass


async def _start(send: Send, status: int, headers: Headers) -> None:
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def send_bytes(send: Send, status: int, headers: Headers, content: bytes) -> None:
    """Send a response that is in memory."""
    await _start(send, status, headers)
    await send({"type": "http.response.body", "body": content, "more_body": False})
