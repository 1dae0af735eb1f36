"""Bans: storage."""

from datetime import datetime
from typing import Protocol

from efir.domain.access.bans import Ban
from efir.domain.kernel.ids import UserId


class BanRepository(Protocol):
    """Bans inside a transaction."""

    async def put(self, ban: Ban) -> None:
        """Store a ban in place of the one in force. Raises UserNotFound."""
        ...

    async def lift(self, user_id: UserId, *, by: UserId | None, now: datetime) -> bool:
        """End the ban in force; False when there is none."""
        ...

    async def find_active(self, user_id: UserId) -> Ban | None:
        """Find the ban in force."""
        ...

    async def find_ended(self, *, now: datetime, limit: int) -> list[UserId]:
        """Find banned users whose ban has run out, skipping those another process holds."""
        ...
