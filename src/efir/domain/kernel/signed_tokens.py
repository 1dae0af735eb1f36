"""Tokens that only this instance can make: the one codec for cursors, CSRF tokens, refresh tokens and the like."""

import base64
import binascii
import hmac
from dataclasses import dataclass

from efir.domain.kernel.keys import Keys


class TokenForged(ValueError):
    """A token was not made here, not for this purpose, or not for what it is bound to."""


@dataclass(frozen=True, slots=True)
class SignedTokens:
    """Signs the tokens of one purpose: base64url, without padding, of a body and `mac_bytes` of its MAC.

    What a token is bound to is signed and not carried; its length is signed too, so no two bindings yield one message
    (the attack of concatenated fields). Tokens of a purpose are all bound, or none is.
    """

    purpose: str
    mac_bytes: int = 16

    def sign(self, keys: Keys, body: bytes, *, bound_to: str | None = None) -> str:
        """Return the token of a body."""
        return _text(body + self._mac(keys, body, bound_to))

    def read(self, keys: Keys, token: str, *, bound_to: str | None = None) -> bytes:
        """Return the body of a token. Raises TokenForged, also for another spelling of the same bytes."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except (binascii.Error, UnicodeEncodeError) as error:
            raise TokenForged from error
        body, mac = raw[: -self.mac_bytes], raw[-self.mac_bytes :]
        if not hmac.compare_digest(mac, self._mac(keys, body, bound_to)) or _text(raw) != token:
            raise TokenForged
        return body

    def mac(self, keys: Keys, message: bytes) -> str:
        """Return the MAC alone, as text, for a message that stands beside it in the open."""
        return _text(self._mac(keys, message, None))

    def _mac(self, keys: Keys, body: bytes, bound_to: str | None) -> bytes:
        bound = b"" if bound_to is None else b"%d|%s|" % (len(bound_to.encode()), bound_to.encode())
        return keys.mac(self.purpose, bound + body)[: self.mac_bytes]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
