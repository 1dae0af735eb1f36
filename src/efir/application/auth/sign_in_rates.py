"""Rate limits of sign-in attempts, with separate limits for trusted devices.

Those are browsers that the user has signed in from: guesses made elsewhere do not lock the owner out of them. The mark
of such a browser is bound to the nickname; it proves nothing but an earlier successful sign-in.
"""

from efir.application.context import Ports, Visitor
from efir.application.kernel.rate_limits import QUARTER
from efir.domain.kernel.keys import Keys
from efir.domain.kernel.rate_limits import Rate, network_of
from efir.domain.kernel.signed_tokens import SignedTokens, TokenForged

TOKENS = SignedTokens("known-device", mac_bytes=18)
MAX_MARK = 100  # characters


def device_mark(ports: Ports, nickname: str) -> str:
    """Return a new mark, for a browser to keep after a successful sign-in."""
    return TOKENS.sign(ports.keys, ports.new_secret()[:16].encode(), bound_to=nickname)


def find_trusted_device(keys: Keys, mark: str, name: str) -> str:
    """Return the trusted device of this name that a mark belongs to; empty for none."""
    try:
        return TOKENS.read(keys, mark[:MAX_MARK], bound_to=name).decode()
    except TokenForged:
        return ""


def sign_in_rates(ports: Ports, *, name: str, visitor: Visitor) -> tuple[Rate, ...]:
    """Return the rates at which one network may try a name, all networks together may, and one network may try any.

    Trusted devices of a name have rates of their own, so that strangers cannot lock its owner out of them.
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
