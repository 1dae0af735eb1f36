"""`Idempotency-Key` for requests that take long: the guard goes with the use case into its short transactions."""

from collections.abc import Callable
from typing import Any, TypeVar

from litestar import Request
from litestar.response.base import ASGIResponse

from efir.application.kernel.idempotency import (
    AlreadyAnswered,
    Guard,
    IdempotencyKey,
    KeyGuard,
    Unguarded,
    hash_request,
    parse_key,
)
from efir.drivers.http.kernel.idempotency import REPLAYED, address_of
from efir.drivers.http.kernel.responses import Answer, encode
from efir.ports.kernel.stored_responses import StoredResponse

T = TypeVar("T")


def guard_of(
    request: Request[Any, Any, Any], principal: object, *content: bytes, present: Callable[[T], Answer[Any]]
) -> Guard[T]:
    """Read the key of a request; `content` is what its body said. Raises Malformed."""
    header = request.headers.get("idempotency-key")
    if header is None:
        return Unguarded()
    key = IdempotencyKey(str(principal), parse_key(header), hash_request(address_of(request.scope), *content))

    def response(result: T) -> StoredResponse:
        answer = present(result)
        headers = [*answer.headers.items(), ("content-type", "application/json")]
        return StoredResponse(key.request_hash, answer.status_code or 200, headers, encode(answer.content))

    return KeyGuard(key, response)


class Replayed(Answer[bytes]):
    """The bytes that were answered before."""

    def __init__(self, known: AlreadyAnswered) -> None:
        stored = known.response
        super().__init__(stored.body, status_code=stored.status, headers=dict([*stored.headers, REPLAYED]))

    def to_asgi_response(self, app: Any, request: Any, **others: Any) -> Any:  # noqa: ARG002  # the framework's signature
        """Send them as they are."""
        return ASGIResponse(body=self.content, status_code=self.status_code or 200, headers=self.headers)
