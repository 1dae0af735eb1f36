"""Rates: how often something may happen; the amounts are in `limits.py`."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

from efir.domain.kernel.errors import TooMany


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `amount` times in any `seconds`, counted for each `key`; clients see `name`."""

    name: str
    key: str
    amount: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What counting said: the rate that is nearest to its end, how often still, and seconds until there is more."""

    rate: Rate
    allowed: bool
    remaining: int
    reset: int


class Throttled(TooMany):
    """Too many attempts; `retry_after` seconds help."""

    code = "rate-limited"
    title = "Too many attempts"

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(f"Try again in {verdict.reset} seconds.", retry_after=verdict.reset)
        self.verdict = verdict


def subnet_of(address: str | None) -> str:
    """Return what counts as one crowd: an IPv4 /24, an IPv6 /56; senders without an address count as one."""
    network = network_of(address)
    if ":" in network:
        *whole, last = network.split(":")
        return ":".join([*whole, last[:2]])
    return network.rpartition(".")[0] or network


@lru_cache(4_096)  # a client asks more than once
def network_of(address: str | None) -> str:
    """Return what counts as one sender: an IPv4 address, an IPv6 /64; senders without an address count as one."""
    if address is None:
        return "local"
    parsed = ip_address(address)
    if parsed.version == 4:  # noqa: PLR2004  # the older protocol
        return parsed.compressed
    mapped = parsed.ipv4_mapped
    return mapped.compressed if mapped else ":".join(parsed.exploded.split(":")[:4])
