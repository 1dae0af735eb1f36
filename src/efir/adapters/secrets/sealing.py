"""Encryption at rest with a key derived from the instance's secret."""

import os
from collections.abc import Sequence
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class Sealer:
    """AES-256-GCM; a nonce precedes each ciphertext. Texts sealed with earlier keys can still be opened."""

    def __init__(self, key: bytes, earlier: Sequence[bytes] = ()) -> None:
        self._cipher = AESGCM(key)
        self._earlier = [AESGCM(one) for one in earlier]

    def seal(self, plain: bytes) -> bytes:
        """Encrypt and authenticate."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, None)

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt the output of `seal`, with the current or an earlier key."""
        *others, last = (self._cipher, *self._earlier)
        for cipher in others:
            with suppress(InvalidTag):
                return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], None)
        return last.decrypt(sealed[:NONCE], sealed[NONCE:], None)

    def is_old(self, sealed: bytes) -> bool:
        """Return whether a text was sealed with an earlier key."""
        try:
            self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], None)
        except InvalidTag:
            return True
        return False
