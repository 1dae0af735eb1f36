"""The outermost ASGI layer: request ids, headers of every response, and one log line without bodies or cookies."""

import os
import re
import time
from collections.abc import Mapping
from typing import Any

import structlog

from efir.ports.kernel.correlation import correlation
from efir.ports.kernel.rate_limits import told

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
KNOW_HEAD = ("/api/v1/uploads", "/media/", "/record", "/i/")
SEND_FILES = "/content"
TOKEN_IN_PATH = re.compile(r"^/media/s/[^/]+")
log = structlog.get_logger("efir.access")


class Access:
    """Wraps the whole application, so that responses of the router and to malformed requests are included."""

    def __init__(self, app: Any, *, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass everything on; requests get an id and a log line."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope, send = _as_get(scope, send)
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
        request_id = given if REQUEST_ID.fullmatch(given) else os.urandom(16).hex()
        correlation.set(request_id)
        told.set(None)
        started, status = time.perf_counter(), 0

        async def answer(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = message["headers"]
                present = {name.lower() for name, _ in own}
                missing = [header for header in self._headers if header[0] not in present]
                message["headers"] = [*own, *_rate_headers(), *missing, (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            log.info(
                "request",
                method=scope["method"],
                path=_redact_path(scope["path"]),
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
                request_id=request_id,
            )


def _redact_path(path: str) -> str:
    """Return a path as it is logged: without the token of a private video."""
    return TOKEN_IN_PATH.sub("/media/s/…", path) if path.startswith("/media/s/") else path


def _rate_headers() -> list[tuple[bytes, bytes]]:
    """Return the headers of the remaining quota (draft-ietf-httpapi-ratelimit-headers, and the older names)."""
    verdict = told.get()
    if verdict is None:
        return []
    rate = verdict.rate
    return [
        (b"ratelimit-policy", f'"{rate.name}";q={rate.amount};w={rate.seconds}'.encode()),
        (b"ratelimit", f'"{rate.name}";r={verdict.remaining};t={verdict.reset}'.encode()),
        (b"x-ratelimit-limit", str(rate.amount).encode()),
        (b"x-ratelimit-remaining", str(verdict.remaining).encode()),
        (b"x-ratelimit-reset", str(verdict.reset).encode()),
    ]


def _as_get(scope: Any, send: Any) -> tuple[Any, Any]:
    """Serve HEAD as GET without a body (RFC 9110 §9.3.2); uploads and media handle HEAD themselves."""
    if scope["method"] != "HEAD" or scope["path"].startswith(KNOW_HEAD) or scope["path"].endswith(SEND_FILES):
        return scope, send

    async def headed(message: Any) -> None:
        if message["type"] != "http.response.body":
            await send(message)
        elif not message.get("more_body"):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return {**scope, "method": "GET"}, headed
