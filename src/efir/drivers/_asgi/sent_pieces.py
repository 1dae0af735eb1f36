"""Bytes of an object on their way out: whole, in parts, and in the cheapest way out of the process."""

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

AT_ONCE = 1024 * 1024  # answers up to this are one message: the server need not stream, half again as fast
CHUNK = 256 * 1024  # of longer ones: smaller costs calls, larger leaves the processor cache; pathsend is no faster
WATCHED = 1024 * 1024  # bytes between two looks at whether the client is still there


def content_range(part: Slice, size: int) -> str:
    """Say which bytes a part is, and of how many."""
    return f"bytes {part.first}-{part.last}/{size}"


def multipart(parts: tuple[Slice, ...], size: int, headers: Headers) -> tuple[list[Slice | bytes], Headers]:
    """Put several parts into one body (RFC 9110 section 14.6)."""
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
    """Send all of an object."""
    headers = headers | {"content-length": f"{blob.size}"}
    if not blob.size:
        await send_bytes(send, 200, headers, b"")
    else:
        await send_pieces([Slice(0, blob.size)], blob, (200, headers), receive, send)


async def send_pieces(pieces: list[Any], blob: Blob, start: tuple[int, Headers], receive: Receive, send: Send) -> None:
    """Read and send chunk by chunk; the first is read before the status is told, so that a bad disk is an error."""
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
                await asyncio.sleep(0)  # sending to nobody never waits, so nothing else would get a turn
                if gone.done():
                    return
    finally:
        if gone is not None:
            gone.cancel()


def _length(piece: Slice | bytes) -> int:
    return len(piece) if isinstance(piece, bytes) else piece.length


def _steps(pieces: list[Any], most: int) -> Iterator[Slice | bytes]:
    """Cut what is read from the object into slices of at most `most` bytes."""
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        for first in range(piece.first, piece.last + 1, most):
            yield Slice(first, min(most, piece.last + 1 - first))


async def _exactly(blob: Blob, asked: Slice) -> bytes:
    chunk = await blob.read(asked.first, asked.length)
    if len(chunk) != asked.length:
        raise EOFError(asked.first)  # the object shrank under us: cut the connection rather than send wrong bytes
    return chunk


async def _gone(receive: Receive) -> None:
    """Return when the client has left: granian takes bytes for nobody without a word."""
    with suppress(Exception):  # a failing connection is a lost one
        while (await receive())["type"] != "http.disconnect":
            pass


async def _start(send: Send, status: int, headers: Headers) -> None:
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def send_bytes(send: Send, status: int, headers: Headers, content: bytes) -> None:
    """Send an answer that is in memory."""
    await _start(send, status, headers)
    await send({"type": "http.response.body", "body": content, "more_body": False})
