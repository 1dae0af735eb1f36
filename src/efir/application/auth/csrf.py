"""Tokens that prove an unsafe request by cookie comes from our own pages, bound to the login session."""

import base64
import hmac

from efir.domain.auth.sessions import CsrfFailed
from efir.domain.kernel.keys import Keys


def issue(keys: Keys, bound_to: str, random: str) -> str:
    """Make a token for one login session, or for one visitor before sign-in; `random` makes each one different."""
    return f"{random}.{_mac(keys, bound_to, random)}"


def check(keys: Keys, bound_to: str, token: str | None) -> None:
    """Raises CsrfFailed unless the token was issued for `bound_to`."""
    random, _, mac = (token or "").partition(".")
    if not hmac.compare_digest(mac.encode(), _mac(keys, bound_to, random).encode()):
        raise CsrfFailed


def _mac(keys: Keys, bound_to: str, random: str) -> str:
    mac = keys.mac("csrf", f"{len(bound_to)}|{bound_to}|{len(random)}|{random}".encode())
    return base64.urlsafe_b64encode(mac[:24]).decode()
