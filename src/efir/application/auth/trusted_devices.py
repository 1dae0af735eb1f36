"""Browsers that somebody has signed in from: guesses of strangers elsewhere do not lock their owner out of these.

The mark of such a browser is bound to the nickname; it proves nothing but that a sign-in was good once.
"""

import base64
import hmac

from efir.application.context import Ports
from efir.domain.kernel.keys import Keys

MAC = 18  # bytes


def device_mark(ports: Ports, nickname: str) -> str:
    """Make the mark that a browser keeps after a good sign-in."""
    device = ports.new_secret()[:16]
    return f"{device}.{_mac(ports.keys, device, nickname)}"


def known_device(keys: Keys, mark: str, name: str) -> str:
    """Answer which known device of this name a mark belongs to; empty for none."""
    device, _, mac = mark[:100].partition(".")
    known = mac and hmac.compare_digest(mac.encode(), _mac(keys, device, name).encode())
    return device if known else ""


def _mac(keys: Keys, device: str, name: str) -> str:
    mac = keys.mac("known-device", f"{len(device)}|{device}|{name}".encode())
    return base64.urlsafe_b64encode(mac[:MAC]).decode()
