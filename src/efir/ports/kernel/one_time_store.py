"""States that count once: what a sign-in in several steps remembers between them."""

from typing import Protocol

from efir.domain.kernel.errors import Unavailable


class StatesAway(Unavailable):
    """Fast memory is away, so nothing can be known to be used once: sign-ins in several steps wait for it."""

    code = "one-time-states-away"
    title = "Signing in in several steps does not work at this moment"

    def __init__(self) -> None:
        super().__init__("Try again in a moment; signing in with a password alone works.", retry_after=2)


class OneTimeStates(Protocol):
    """Small values that live for minutes. Every method raises StatesAway when fast memory is away."""

    async def put(self, key: str, value: bytes, *, seconds: int) -> None:
        """Keep a value; one under the same key is replaced."""
        ...

    async def look(self, key: str) -> bytes | None:
        """Read a value and leave it where it is."""
        ...

    async def take(self, key: str) -> bytes | None:
        """Read a value and remove it in one step: of many callers at once one gets it."""
        ...

    async def first(self, key: str, *, seconds: int) -> bool:
        """Whether nobody has named this key in the last `seconds`."""
        ...
