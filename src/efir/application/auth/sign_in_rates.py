"""How often somebody may try to sign in."""

from efir.application.auth.trusted_devices import find_trusted_device
from efir.application.context import Ports, Visitor
from efir.application.kernel.rate_limits import QUARTER
from efir.domain.kernel.rate_limits import Rate, network_of


def sign_in_rates(ports: Ports, *, name: str, visitor: Visitor) -> tuple[Rate, ...]:
    """Return how often a name may be tried from one network and from all, and how often a network may try at all.

    Known devices of a name have rates of their own, so strangers cannot lock its owner out of them.
    """
    network, limits = network_of(visitor.ip), ports.limits
    ident = ports.keys.mac("rates", name.encode()).hex()[:24]
    everything = Rate("sign-in-network", network, limits.sign_in_attempts_network, QUARTER)
    if device := find_trusted_device(ports.keys, visitor.device, name):
        return Rate("sign-in-device", f"{ident}:{device}", limits.sign_in_attempts, QUARTER), everything
    return (
        Rate("sign-in", f"{ident}:{network}", limits.sign_in_attempts, QUARTER),
        Rate("sign-in-name", ident, limits.sign_in_attempts_name, QUARTER),
        everything,
    )
