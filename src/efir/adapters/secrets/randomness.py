"""Sources of identifiers, secrets and the time."""

import os
import secrets
import string
import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

ALPHABET = string.digits + string.ascii_letters


def new_id() -> UUID:
    """Return a new UUIDv7 (RFC 9562 §5.7): milliseconds, then random bits."""
    value = (time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10))
    return UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


def new_secret() -> str:
    """Return a new secret of 43 letters and digits: 256 random bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(43))


def new_token() -> UUID:
    """Return a new UUIDv4 with 122 random bits, for tokens that must be UUIDs, and for ids that grant access."""
    return uuid4()


def new_code() -> str:
    """Return a new code of 8 digits, for a user to type."""
    return f"{secrets.randbelow(10**8):08d}"


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)
