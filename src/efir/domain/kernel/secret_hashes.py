"""What is stored of secrets that we made ourselves."""

import hashlib


def hash_secret(secret: str) -> bytes:
    """Return what is stored of a secret, 32 bytes: 256 random bits need nothing slower than SHA-256."""
    return hashlib.sha256(secret.encode()).digest()
