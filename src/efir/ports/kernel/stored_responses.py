"""Responses stored for requests that are repeated with one `Idempotency-Key`."""

from typing import Protocol

from msgspec import Struct


class StoredResponse(Struct, frozen=True):
    """A response as it was sent; `request_hash` covers method, path and body."""

    request_hash: bytes
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class StoredResponses(Protocol):
    """Responses inside the transaction of their effect."""

    async def acquire(self, principal: str, key: str) -> bool:
        """Hold the key until the transaction ends; False when another request holds it."""
        ...

    async def get(self, principal: str, key: str) -> StoredResponse | None:
        """Return what was stored under the key."""
        ...

    async def put(self, principal: str, key: str, response: StoredResponse) -> None:
        """Store the response to the request that holds the key."""
        ...

    async def forget(self, seconds: int) -> None:
        """Remove responses older than this."""
        ...
