"""Idempotency: under one `Idempotency-Key`, an effect happens once and has one response."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from efir.domain.kernel.errors import Conflict, Invalid, Malformed
from efir.ports.kernel.stored_responses import StoredResponse
from efir.ports.transactions import Transaction

MAX_KEY = 255
T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class KeyReused(Invalid):
    """The key came with another request before."""

    code = "idempotency-key-reused"
    title = "This Idempotency-Key belongs to another request"


class KeyInUse(Conflict):
    """The first request with this key is still being processed."""

    code = "idempotency-key-in-use"
    title = "A request with this Idempotency-Key is being answered"


class AlreadyAnswered(Exception):  # not a failure: it ends a use case, and the driver sends the response
    """The request with this key already has a response."""

    def __init__(self, response: StoredResponse) -> None:
        super().__init__()
        self.response = response


def parse_key(text: str) -> str:
    """Return the key from the value of the header. Raises Malformed."""
    if not 1 <= len(text) <= MAX_KEY or not text.isascii():
        raise Malformed(f"An Idempotency-Key has 1 to {MAX_KEY} ASCII characters.")
    return text


def hash_request(*parts: bytes) -> bytes:
    """Return the fingerprint of a request: its method and address, then its body."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d " % len(part))  # so that no two requests hash the same bytes
        digest.update(part)
    return digest.digest()


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A key, its owner, and the hash of the request it was sent with."""

    principal: str
    key: str
    request_hash: bytes

    async def find_response(self, tx: Transaction) -> StoredResponse | None:
        """Lock the key until the transaction ends; return its stored response, or None. Raises KeyInUse, KeyReused."""
        if not await tx.stored_responses.acquire(self.principal, self.key):
            raise KeyInUse(retry_after=1)
        found = await tx.stored_responses.get(self.principal, self.key)
        if found is not None and found.request_hash != self.request_hash:
            raise KeyReused
        return found

    async def store(self, tx: Transaction, response: StoredResponse) -> None:
        """Store the response in the transaction of the effect."""
        await tx.stored_responses.put(self.principal, self.key, response)


class Guard(Protocol[T_contra]):
    """Hooks that a use case with a short transaction calls around its effect; the driver guards all others."""

    async def before(self, tx: Transaction) -> None:
        """Lock the key until the transaction ends. Raises AlreadyAnswered, KeyInUse, KeyReused."""
        ...

    async def after(self, tx: Transaction, result: T_contra) -> None:
        """Store the response, in the same transaction."""
        ...


class Unguarded(Generic[T_contra]):
    """The guard of a request without a key."""

    async def before(self, tx: Transaction) -> None:
        """Do nothing."""

    async def after(self, tx: Transaction, result: T_contra) -> None:
        """Do nothing."""


class KeyGuard(Generic[T]):
    """The guard of a request with a key; `present` turns a result into the response to store."""

    def __init__(self, key: IdempotencyKey, present: Callable[[T], StoredResponse]) -> None:
        self._key, self._present = key, present

    async def before(self, tx: Transaction) -> None:
        """See Guard."""
        if (found := await self._key.find_response(tx)) is not None:
            raise AlreadyAnswered(found)

    async def after(self, tx: Transaction, result: T) -> None:
        """See Guard."""
        await self._key.store(tx, self._present(result))
