"""Responses stored for requests repeated with the same `Idempotency-Key`."""

from typing import Protocol

from msgspec import Struct


class StoredResponse(Struct, frozen=True):
    """A response as it was sent; `request_hash` covers method, path and body."""

    request_hash: bytes
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class StoredResponses(Protocol):
    """Stores responses in the transaction of the effect they report."""

    async def acquire(self, principal: str, key: str) -> bool:
        """Lock the key until the transaction ends. Return False when another request holds it."""
        ...

    async def get(self, principal: str, key: str) -> StoredResponse | None:
        """Return the response stored under the key, or None."""
        ...

    async def put(self, principal: str, key: str, response: StoredResponse) -> None:
        """Store the response of the request that holds the key."""
        ...

    async def forget(self, seconds: int) -> None:
        """Delete responses older than `seconds`."""
        ...
