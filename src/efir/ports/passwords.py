"""Passwords at rest."""

from typing import Protocol


class Passwords(Protocol):
    """Slow hashes, made in a bounded pool; a full pool raises Unavailable."""

    async def hash(self, password: str) -> bytes:
        """Answer what may be stored: a hash under the instance's key."""
        ...

    async def matches(self, stored: bytes | None, password: str) -> bool:
        """Compare; None costs the same time as a wrong password, so that nobody learns who exists."""
        ...
