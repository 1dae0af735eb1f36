"""Rate limiting with exact counts across all processes."""

from contextvars import ContextVar
from typing import Protocol

from efir.domain.kernel.rate_limits import Rate, Verdict

told: ContextVar[Verdict | None] = ContextVar("rate", default=None)
"""The rate limit of the current request, for the `RateLimit` headers of its response."""


class RateLimiter(Protocol):
    """Counts attempts against rate limits."""

    async def take(self, rates: list[Rate]) -> Verdict:
        """Count one attempt against every rate, or against none when one of them is exhausted. Never raises."""
        ...
