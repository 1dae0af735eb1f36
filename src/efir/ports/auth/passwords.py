"""Hashing and verification of passwords."""

from collections.abc import Container
from typing import Protocol


class Passwords(Protocol):
    """Slow password hashes, computed in a bounded pool. Raises Unavailable when the pool is full."""

    @property
    def guesses(self) -> Container[str]:
        """The most commonly guessed passwords, case folded."""
        ...

    def is_stale(self, stored: bytes) -> bool:
        """Return whether a hash was computed with parameters other than the current ones."""
        ...

    async def hash(self, password: str) -> bytes:
        """Return the value to store: a hash wrapped with the instance's key."""
        ...

    async def matches(self, stored: bytes | None, password: str) -> bool:
        """Return whether the password matches.

        None takes as long as a wrong password, so that the response time does not reveal which accounts exist.
        """
        ...
