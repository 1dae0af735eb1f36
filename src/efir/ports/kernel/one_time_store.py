"""One-time values: the state of a multi-step sign-in, which can be used only once."""

from typing import Protocol

from efir.domain.kernel.errors import Unavailable


class OneTimeStoreUnavailable(Unavailable):
    """Valkey is unavailable, so one-time values cannot be checked: multi-step sign-in has to wait."""

    code = "one-time-states-away"
    title = "Multi-step sign-in is temporarily unavailable"

    def __init__(self) -> None:
        super().__init__("Try again in a moment; signing in with a password alone works.", retry_after=2)


class OneTimeStore(Protocol):
    """Stores small values for minutes. Every method raises OneTimeStoreUnavailable while Valkey is unavailable."""

    async def put(self, key: str, value: bytes, *, seconds: int) -> None:
        """Store a value for `seconds`, replacing one under the same key."""
        ...

    async def look(self, key: str) -> bytes | None:
        """Return a value without removing it, or None."""
        ...

    async def take(self, key: str) -> bytes | None:
        """Return and remove a value atomically, or None: of concurrent callers only one receives it."""
        ...

    async def claim_first(self, key: str, *, seconds: int) -> bool:
        """Return whether this is the first use of the key in the last `seconds`."""
        ...
