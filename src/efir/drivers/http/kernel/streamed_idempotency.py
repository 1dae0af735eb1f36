"""`Idempotency-Key` for requests that stream: their effect's transaction asks for and stores the answer."""

import hashlib
from typing import Any, Generic, TypeVar

from litestar import Request
from litestar.response.base import ASGIResponse

from efir.application.kernel.idempotency import Once, Unrepeated
from efir.domain.kernel.errors import Malformed
from efir.drivers.http.kernel.idempotency import MAX_KEY, KeyInUse, KeyReused
from efir.drivers.http.kernel.responses import Answer, encode
from efir.ports.kernel.stored_responses import Reply
from efir.ports.transactions import Transaction

T = TypeVar("T")


class AnsweredBefore(Exception):  # named by what is the matter; ends the use case, never leaves the driver
    """The request with this key was answered; `reply` is the answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


class Repeatable(Generic[T]):
    """See Once: keeps the JSON that `present` makes of a result."""

    def __init__(self, principal: str, key: str, request_hash: bytes, present: Any) -> None:
        self._principal, self._key, self._hash, self._present = principal, key, request_hash, present

    async def before(self, tx: Transaction) -> None:
        """Raises AnsweredBefore, KeyInUse, KeyReused."""
        if not await tx.replies.acquire(self._principal, self._key):
            raise KeyInUse(retry_after=1)
        known = await tx.replies.get(self._principal, self._key)
        if known is None:
            return
        if known.request_hash != self._hash:
            raise KeyReused
        raise AnsweredBefore(known)

    async def after(self, tx: Transaction, result: T) -> None:
        """Store the answer."""
        answer: Answer[Any] = self._present(result)
        headers = [*answer.headers.items(), ("content-type", "application/json")]
        body = encode(answer.content)
        await tx.replies.put(self._principal, self._key, Reply(self._hash, answer.status_code or 200, headers, body))


def once_of(request: Request[Any, Any, Any], principal: object, *content: bytes, present: Any) -> Once[Any]:
    """Read the key of a request; `content` is what its body said. Raises Malformed."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return Unrepeated()
    if not 1 <= len(key) <= MAX_KEY or not key.isascii():
        raise Malformed(f"An Idempotency-Key has 1 to {MAX_KEY} ASCII characters.")
    address = f"{request.method} {request.scope['path']}?".encode() + request.scope["query_string"]
    digest = hashlib.sha256()
    for part in (address, *content):
        digest.update(b"%d " % len(part) + part)
    return Repeatable(str(principal), key, digest.digest(), present)


class Replayed(Answer[bytes]):
    """The bytes that were answered before."""

    def __init__(self, known: AnsweredBefore) -> None:
        headers = {**dict(known.reply.headers), "idempotency-replayed": "true"}
        super().__init__(known.reply.body, status_code=known.reply.status, headers=headers)

    def to_asgi_response(self, app: Any, request: Any, **others: Any) -> Any:  # noqa: ARG002  # the framework's signature
        """Send them as they are."""
        return ASGIResponse(body=self.content, status_code=self.status_code or 200, headers=self.headers)
