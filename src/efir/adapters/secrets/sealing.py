"""Encryption at rest with a key derived from the instance's secret."""

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class Sealer:
    """AES-256-GCM; a nonce precedes each sealed text."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes) -> bytes:
        """Encrypt and authenticate."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, None)

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt what `seal` made."""
        return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], None)
