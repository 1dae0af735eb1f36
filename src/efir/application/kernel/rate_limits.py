"""Enforcement of rate limits."""

from efir.application.context import Ports
from efir.domain.kernel.rate_limits import Rate, Throttled
from efir.ports.kernel.rate_limits import told

MINUTE = 60
QUARTER = 900
HOUR = 3600


async def enforce_limits(ports: Ports, *rates: Rate) -> None:
    """Count an attempt, and report the remaining quota to the client. Raises Throttled."""
    verdict = await ports.rates.take(list(rates))
    told.set(verdict)
    if not verdict.allowed:
        raise Throttled(verdict)
