"""States that count once: what a sign-in in several steps remembers between them."""

from typing import Protocol

from efir.domain.kernel.errors import Unavailable


class OneTimeStoreUnavailable(Unavailable):
    """Valkey is unavailable, so one-time values cannot be checked: sign-ins in several steps have to wait."""

    code = "one-time-states-away"
    title = "Sign-in in several steps is unavailable right now"

    def __init__(self) -> None:
        super().__init__("Try again in a moment; signing in with a password alone works.", retry_after=2)


class OneTimeStore(Protocol):
    """Small values that live for minutes. Every method raises OneTimeStoreUnavailable while Valkey is unavailable."""

    async def put(self, key: str, value: bytes, *, seconds: int) -> None:
        """Keep a value; one under the same key is replaced."""
        ...

    async def look(self, key: str) -> bytes | None:
        """Read a value and leave it where it is."""
        ...

    async def take(self, key: str) -> bytes | None:
        """Read a value and remove it in one step: of many callers at once one gets it."""
        ...

    async def claim_first(self, key: str, *, seconds: int) -> bool:
        """Return whether this is the first use of the key in the last `seconds`."""
        ...
