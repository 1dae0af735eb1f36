"""Answers kept for repeated requests with one `Idempotency-Key`."""

from typing import Protocol

from msgspec import Struct


class Reply(Struct, frozen=True):
    """A stored answer; `request_hash` covers method, path and body."""

    request_hash: bytes
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Replies(Protocol):
    """Answers inside the transaction of their effect."""

    async def acquire(self, principal: str, key: str) -> bool:
        """Hold the key until the transaction ends; False when another request holds it."""
        ...

    async def get(self, principal: str, key: str) -> Reply | None:
        """Return what was stored under the key."""
        ...

    async def put(self, principal: str, key: str, reply: Reply) -> None:
        """Store the answer of the request that holds the key."""
        ...

    async def forget(self, seconds: int) -> None:
        """Remove answers older than this."""
        ...
