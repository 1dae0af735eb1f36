"""Hashes of secrets that the service has generated."""

import hashlib


def hash_secret(secret: str) -> bytes:
    """Return the hash to store for a generated secret, 32 bytes: 256 random bits need nothing slower than SHA-256."""
    return hashlib.sha256(secret.encode()).digest()
