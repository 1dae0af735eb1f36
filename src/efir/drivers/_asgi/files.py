"""Responses with stored bytes, the only implementation: ranges, conditional requests, HEAD."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from efir.drivers._asgi.ranges import (
    RangeUnsatisfiable,
    Slice,
    http_date,
    is_range_valid,
    is_unchanged_since,
    matches,
    matches_strongly,
    slices_of,
)
from efir.drivers._asgi.sent_pieces import (
    Headers,
    Receive,
    Send,
    content_range,
    multipart,
    send_bytes,
    send_pieces,
    send_whole,
)
from efir.ports.kernel.blobs import Blob

CONDITIONS = frozenset(
    {b"range", b"if-range", b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since"}
)
UNDATED = CONDITIONS - {b"if-modified-since", b"if-unmodified-since"}
IMMUTABLE = "public, max-age=31536000, immutable"
PRIVATE = "private, no-cache"


def digest_tag(digest: bytes) -> str:
    """Return the strong entity tag of content with this SHA-256."""
    return f'"sha256-{digest.hex()}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHead:
    """The metadata of a response.

    `tag` is a strong entity tag, `accel` an internal path for nginx; content generated for each response is not
    `dated`.
    """

    media_type: str
    tag: str
    cache_control: str
    download_name: str = ""
    accel: str = ""
    headers: Headers = field(default_factory=dict)
    dated: bool = True


class FileAnswer:
    """An ASGI response to GET and HEAD with an object's bytes; a Litestar handler returns it as it is.

    The object is opened when the response is sent, so that an error of `open_blob` is handled as usual, and then
    closed.
    """

    def __init__(self, open_blob: Callable[[], Awaitable[Blob]], head: FileHead) -> None:
        self._open = open_blob
        self._head = head

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Send the response."""
        asked = _parse_headers(scope, CONDITIONS if self._head.dated else UNDATED)
        if self._head.accel and not ("if-none-match" in asked and matches(asked["if-none-match"], self._head.tag)):
            headers = self._headers(None) | {"x-accel-redirect": self._head.accel, "content-length": "0"}
            await send_bytes(send, 200, headers, b"")
            return
        blob = await self._open()
        try:
            await self._answer(scope, asked, blob, receive, send)
        finally:
            blob.close()

    async def _answer(self, scope: Any, asked: Headers, blob: Blob, receive: Receive, send: Send) -> None:
        headers = self._headers(blob)
        if status := _condition(asked, self._head.tag, blob.modified):
            kept = ("cache-control", "etag", "last-modified", "vary")
            await send_bytes(send, status, {name: headers[name] for name in kept if name in headers}, b"")
            return
        bare = scope["method"] == "HEAD"
        try:
            parts = () if bare else self._parts(asked, blob)
        except RangeUnsatisfiable:
            headers |= {"content-range": f"bytes */{blob.size}", "content-length": "0", "cache-control": "no-store"}
            del headers["content-type"]
            await send_bytes(send, 416, headers, b"")
            return
        if bare:
            await send_bytes(send, 200, headers | {"content-length": f"{blob.size}"}, b"")
        elif not parts:
            await send_whole(blob, headers, receive, send)
        elif len(parts) == 1:
            (part,) = parts
            headers |= {"content-range": content_range(part, blob.size), "content-length": f"{part.length}"}
            await send_pieces([part], blob, (206, headers), receive, send)
        else:
            pieces, headers = multipart(parts, blob.size, headers)
            await send_pieces(pieces, blob, (206, headers), receive, send)

    def _parts(self, asked: Headers, blob: Blob) -> tuple[Slice, ...]:
        valid = "if-range" not in asked or is_range_valid(
            asked["if-range"], self._head.tag, blob.modified, datetime.now(UTC)
        )
        return slices_of(asked["range"], blob.size) if valid and "range" in asked else ()

    def _headers(self, blob: Blob | None) -> Headers:
        headers = {
            "content-type": self._head.media_type,
            "accept-ranges": "bytes",
            "etag": self._head.tag,
            "cache-control": self._head.cache_control,
            "x-content-type-options": "nosniff",
        } | self._head.headers
        if blob is not None and self._head.dated:
            headers["last-modified"] = http_date(blob.modified)
        if self._head.download_name:
            headers["content-disposition"] = disposition(self._head.download_name)
        return headers


class Content:
    """Bytes generated for one response (a playlist, a caption file) in the shape of a stored object."""

    path: Path | None = None

    def __init__(self, content: bytes, modified: datetime) -> None:
        self._content = content
        self.size = len(content)
        self.modified = modified

    async def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`."""
        return self._content[offset : offset + length]

    def close(self) -> None:
        """Do nothing."""


def disposition(name: str) -> str:
    """Return a Content-Disposition for saving under a name: ASCII letters for old clients, RFC 8187 for the others."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in " ._-") else "_" for char in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"


def _parse_headers(scope: Any, read: frozenset[bytes]) -> Headers:
    asked: Headers = {}
    for raw, value in scope["headers"]:
        if raw in read:
            name, text = raw.decode(), value.decode("latin-1")
            asked[name] = f"{asked[name]}, {text}" if name in asked else text
    return asked


def _condition(asked: Headers, tag: str, modified: datetime) -> int:
    """Return the status that ends a request without a body, or 0; the order of checks is that of RFC 9110 13.2.2."""
    if "if-match" in asked:
        if not matches_strongly(asked["if-match"], tag):
            return 412
    elif "if-unmodified-since" in asked and is_unchanged_since(asked["if-unmodified-since"], modified) is False:
        return 412
    if "if-none-match" in asked:
        return 304 if matches(asked["if-none-match"], tag) else 0
    return 304 if "if-modified-since" in asked and is_unchanged_since(asked["if-modified-since"], modified) else 0
