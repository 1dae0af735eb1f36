"""Passwords at rest."""

from collections.abc import Container
from typing import Protocol


class Passwords(Protocol):
    """Slow hashes, made in a bounded pool; a full pool raises Unavailable."""

    @property
    def guesses(self) -> Container[str]:
        """The passwords that are tried first, folded."""
        ...

    def is_stale(self, stored: bytes) -> bool:
        """Return whether a hash was made with other parameters than those of now."""
        ...

    async def hash(self, password: str) -> bytes:
        """Return what may be stored: a hash under the instance's key."""
        ...

    async def matches(self, stored: bytes | None, password: str) -> bool:
        """Compare; None costs the same time as a wrong password, so that nobody learns who exists."""
        ...
