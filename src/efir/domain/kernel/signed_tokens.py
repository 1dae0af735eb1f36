"""Signed tokens, which only this instance can create: the codec of cursors, CSRF tokens, refresh tokens and others."""

import base64
import binascii
import hmac
from dataclasses import dataclass

from efir.domain.kernel.keys import Keys


class TokenForged(ValueError):
    """A token was not signed by this instance, for this purpose, or for this binding."""


@dataclass(frozen=True, slots=True)
class SignedTokens:
    """Signs the tokens of one purpose: base64url, without padding, of a body and `mac_bytes` of its MAC.

    The binding of a token is signed but not part of it; its length is signed too, so that no two bindings yield the
    same message (the attack on concatenated fields). Either all tokens of a purpose are bound, or none.
    """

    purpose: str
    mac_bytes: int = 16

    def sign(self, keys: Keys, body: bytes, *, bound_to: str | None = None) -> str:
        """Return a signed token with a body."""
        return _text(body + self._mac(keys, body, bound_to))

    def read(self, keys: Keys, token: str, *, bound_to: str | None = None) -> bytes:
        """Verify a token and return its body. Raises TokenForged, also for another encoding of the same bytes."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except (binascii.Error, UnicodeEncodeError) as error:
            raise TokenForged from error
        body, mac = raw[: -self.mac_bytes], raw[-self.mac_bytes :]
        if not hmac.compare_digest(mac, self._mac(keys, body, bound_to)) or _text(raw) != token:
            raise TokenForged
        return body

    def mac(self, keys: Keys, message: bytes) -> str:
        """Return only the MAC, as text, for a message that is transmitted in plain text beside it."""
        return _text(self._mac(keys, message, None))

    def _mac(self, keys: Keys, body: bytes, bound_to: str | None) -> bytes:
        bound = b"" if bound_to is None else b"%d|%s|" % (len(bound_to.encode()), bound_to.encode())
        return keys.mac(self.purpose, bound + body)[: self.mac_bytes]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
