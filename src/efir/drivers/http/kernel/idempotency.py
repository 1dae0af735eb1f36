"""`Idempotency-Key`: the response to a POST is stored in the transaction of its effect, and given again as it was."""

import asyncio
from dataclasses import replace
from typing import Any

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Send

from efir.application.context import Call
from efir.application.kernel.idempotency import IdempotencyKey, hash_request, parse_key
from efir.domain.kernel.errors import TooLarge
from efir.domain.kernel.secret_hashes import hash_secret
from efir.drivers._asgi.registration_ticket import known_ticket
from efir.ports.kernel.stored_responses import StoredResponse
from efir.ports.transactions import Transaction

SERVER_ERROR = 500
DROPPED = frozenset({"x-request-id", "date"})
REPLAYED = ("idempotency-replayed", "true")


class _Rollback(Exception):  # leaves the transaction, never this module
    """Nothing of the request is kept."""


class Idempotency(ASGIMiddleware):
    """Runs a POST with a key inside one outer transaction that also stores the response."""

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = "streams"

    def __init__(self, *, most: int) -> None:
        self._room = asyncio.Semaphore(most)  # each of these keeps a connection for as long as it takes

    async def handle(self, scope: Any, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Replay, refuse, or run and remember."""
        posted = scope["method"] == "POST"
        header = (
            next((value for name, value in scope["headers"] if name == b"idempotency-key"), None) if posted else None
        )
        if header is None:
            await next_app(scope, receive, send)
            return
        call: Call = scope["state"]["call"]
        text = parse_key(header.decode("latin-1"))
        body = await _read(receive, call.ports.limits.json_bytes)
        key = IdempotencyKey(_principal(call, scope), text, hash_request(address_of(scope), body))
        messages: list[Message] = []
        try:
            async with self._room, call.ports.begin() as tx:
                known = await key.find_response(tx)
                if known is None:
                    scope["state"]["call"] = replace(call, ports=call.ports.nest(tx))
                    messages = await _run(scope, body, next_app)
                    await _remember(tx, key, _stored(messages, key.request_hash))
        except _Rollback:
            known = None
        for message in messages if known is None else _replay(known):
            await send(message)


def address_of(scope: Any) -> bytes:
    """Return method, path and query of a request, as a key remembers them."""
    return b"%s %s?%s" % (scope["method"].encode(), scope["path"].encode(), scope["query_string"])


def _key_header(scope: Any) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == b"idempotency-key"), None)


async def _remember(tx: Transaction, key: IdempotencyKey, response: StoredResponse) -> None:
    if response.status >= SERVER_ERROR:
        raise _Rollback
    await key.store(tx, response)


def _principal(call: Call, scope: Any) -> str:
    """Whose key it is: keys of a registration belong to its ticket, for its answer carries a login session."""
    if call.credential is not None:
        return str(call.credential.user_id)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    ticket = known_ticket(headers, call.ports.origin)
    return f"ticket {hash_secret(ticket).hex()}" if ticket else "anonymous"


async def _read(receive: Receive, max_bytes: int) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")  # type: ignore[operator]  # bytes in a request message
        if len(body) > max_bytes:
            raise TooLarge(f"A request with an Idempotency-Key has at most {max_bytes} bytes.")
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


def _stored(messages: list[Message], request_hash: bytes) -> StoredResponse:
    start: Any = messages[0]
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    body = b"".join(message.get("body", b"") for message in messages[1:])  # type: ignore[misc]  # body messages
    kept = [(name, value) for name, value in headers if name.lower() not in DROPPED]
    return StoredResponse(request_hash=request_hash, status=start["status"], headers=kept, body=body)


def _replay(stored: StoredResponse) -> list[Any]:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in [*stored.headers, REPLAYED]]
    return [
        {"type": "http.response.start", "status": stored.status, "headers": headers},
        {"type": "http.response.body", "body": stored.body, "more_body": False},
    ]
