"""`Idempotency-Key`: the answer of a POST is stored in the transaction of its effect, and given again as it was."""

import asyncio
import hashlib
from dataclasses import replace
from typing import Any

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Send

from efir.application.context import Call
from efir.domain.kernel.errors import Conflict, Invalid, Malformed, TooLarge
from efir.drivers.http.kernel.registration_ticket import known_ticket
from efir.ports.kernel.stored_responses import Reply
from efir.ports.transactions import Transaction

MAX_KEY = 255
SERVER_ERROR = 500
DROPPED = frozenset({"x-request-id", "date"})


class KeyReused(Invalid):
    """The key has already been used with a different request."""

    code = "idempotency-key-reused"
    title = "This Idempotency-Key belongs to another request"


class KeyInUse(Conflict):
    """The first request with this key is still being answered."""

    code = "idempotency-key-in-use"
    title = "A request with this Idempotency-Key is being answered"


class _Rollback(Exception):  # leaves the transaction, never this module
    """Nothing of the request is kept."""


class Idempotency(ASGIMiddleware):
    """Runs a POST with a key inside one outer transaction that also stores the answer."""

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = "streams"

    def __init__(self, *, most: int) -> None:
        self._room = asyncio.Semaphore(most)  # each of these keeps a connection for as long as it takes

    async def handle(self, scope: Any, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Replay, refuse, or run and remember."""
        posted = scope["method"] == "POST"
        key = next((value for name, value in scope["headers"] if name == b"idempotency-key"), None) if posted else None
        if key is None:
            await next_app(scope, receive, send)
            return
        call: Call = scope["state"]["call"]
        if not 1 <= len(key) <= MAX_KEY or not key.isascii():
            raise Malformed(f"An Idempotency-Key has 1 to {MAX_KEY} ASCII characters.")
        body = await _read(receive, call.ports.limits.json_bytes)
        principal = _principal(call, scope)
        request_hash = hashlib.sha256(
            b"%s %s?%s\n%s" % (scope["method"].encode(), scope["path"].encode(), scope["query_string"], body)
        ).digest()
        messages: list[Message] = []
        try:
            async with self._room, call.ports.begin() as tx:
                if not await tx.replies.acquire(principal, key.decode()):
                    raise KeyInUse(retry_after=1)
                known = await tx.replies.get(principal, key.decode())
                if known is None:
                    scope["state"]["call"] = replace(call, ports=call.ports.within(tx))
                    messages = await _run(scope, body, next_app)
                    reply = _reply(messages, request_hash)
                    await _remember(tx, principal, key.decode(), reply)
        except _Rollback:
            known = None
        if known is not None:
            if known.request_hash != request_hash:
                raise KeyReused
            messages = _replay(known)
        for message in messages:
            await send(message)


def _principal(call: Call, scope: Any) -> str:
    """Whose key it is: keys of a registration belong to its ticket, for its answer carries a login session."""
    if call.credential is not None:
        return str(call.credential.user_id)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    ticket = known_ticket(headers, call.ports.origin)
    return f"ticket {hashlib.sha256(ticket.encode()).hexdigest()}" if ticket else "anonymous"


async def _remember(tx: Transaction, principal: str, key: str, reply: Reply) -> None:
    if reply.status >= SERVER_ERROR:
        raise _Rollback
    await tx.replies.put(principal, key, reply)


async def _read(receive: Receive, most: int) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")  # type: ignore[operator]  # bytes in a request message
        if len(body) > most:
            raise TooLarge(f"A request with an Idempotency-Key has at most {most} bytes.")
        if not message.get("more_body"):
            return body


async def _run(scope: Any, body: bytes, app: ASGIApp) -> list[Message]:
    messages: list[Message] = []
    given = False

    async def receive() -> Any:
        nonlocal given
        if given:
            return {"type": "http.disconnect"}
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    return messages


def _reply(messages: list[Message], request_hash: bytes) -> Reply:
    start: Any = messages[0]
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    body = b"".join(message.get("body", b"") for message in messages[1:])  # type: ignore[misc]  # body messages
    kept = [(name, value) for name, value in headers if name.lower() not in DROPPED]
    return Reply(request_hash=request_hash, status=start["status"], headers=kept, body=body)


def _replay(reply: Reply) -> list[Any]:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    headers.append((b"idempotency-replayed", b"true"))
    return [
        {"type": "http.response.start", "status": reply.status, "headers": headers},
        {"type": "http.response.body", "body": reply.body, "more_body": False},
    ]
