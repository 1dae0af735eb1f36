"""Browsers that somebody has signed in from: guesses of strangers elsewhere do not lock their owner out of these.

The mark of such a browser is bound to the nickname; it proves nothing but that a sign-in was good once.
"""

from efir.application.context import Ports
from efir.domain.kernel.keys import Keys
from efir.domain.kernel.signed_tokens import SignedTokens, TokenForged

TOKENS = SignedTokens("known-device", mac_bytes=18)
MAX_MARK = 100  # characters


def device_mark(ports: Ports, nickname: str) -> str:
    """Return a new mark, for a browser to keep after a good sign-in."""
    return TOKENS.sign(ports.keys, ports.new_secret()[:16].encode(), bound_to=nickname)


def find_trusted_device(keys: Keys, mark: str, name: str) -> str:
    """Return which known device of this name a mark belongs to; empty for none."""
    try:
        return TOKENS.read(keys, mark[:MAX_MARK], bound_to=name).decode()
    except TokenForged:
        return ""
