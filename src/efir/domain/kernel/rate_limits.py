"""Rate limits: how often an action is allowed, and how clients are grouped; the amounts are in `limits.py`."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

from efir.domain.kernel.errors import TooMany


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `amount` times within any `seconds`, counted per `key`; `name` is visible to clients."""

    name: str
    key: str
    amount: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of counting: the rate closest to its limit, the remaining attempts, and seconds until more."""

    rate: Rate
    allowed: bool
    remaining: int
    reset: int


class Throttled(TooMany):
    """There were too many attempts; try again after `retry_after` seconds."""

    code = "rate-limited"
    title = "Too many attempts"

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(f"Try again in {verdict.reset} seconds.", retry_after=verdict.reset)
        self.verdict = verdict


def subnet_of(address: str | None) -> str:
    """Return the subnet of an address: an IPv4 /24 or an IPv6 /56; senders without an address count as one."""
    network = network_of(address)
    if ":" in network:
        *whole, last = network.split(":")
        return ":".join([*whole, last[:2]])
    return network.rpartition(".")[0] or network


@lru_cache(4_096)  # a client sends more than one request
def network_of(address: str | None) -> str:
    """Return what counts as one sender: an IPv4 address or an IPv6 /64; senders without an address count as one."""
    if address is None:
        return "local"
    parsed = ip_address(address)
    if parsed.version == 4:  # noqa: PLR2004  # the version number of IPv4
        return parsed.compressed
    mapped = parsed.ipv4_mapped
    return mapped.compressed if mapped else ":".join(parsed.exploded.split(":")[:4])
