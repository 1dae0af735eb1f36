"""Counting how often something happens, exactly, over all processes."""

from contextvars import ContextVar
from typing import Protocol

from efir.domain.kernel.rate_limits import Rate, Verdict

told: ContextVar[Verdict | None] = ContextVar("rate", default=None)
"""The rate of the current request, for its `RateLimit` headers."""


class RateLimiter(Protocol):
    """Counts attempts."""

    async def take(self, rates: list[Rate]) -> Verdict:
        """Count one attempt against every rate, or against none when one of them is used up; never raises."""
        ...
