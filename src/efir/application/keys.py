"""Keys for single purposes, derived from the one secret of an instance."""

import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """Derives a 32-byte key for each purpose; one purpose's key says nothing about another's."""

    secret: bytes

    def key(self, purpose: str) -> bytes:
        """HMAC-SHA-256 of the purpose under the secret."""
        return hmac.digest(self.secret, purpose.encode(), hashlib.sha256)

    def mac(self, purpose: str, message: bytes) -> bytes:
        """Authenticate a message for a purpose: 32 bytes."""
        return hmac.digest(self.key(purpose), message, hashlib.sha256)
