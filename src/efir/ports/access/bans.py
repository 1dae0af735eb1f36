"""Storage of bans."""

from datetime import datetime
from typing import Protocol

from efir.domain.access.bans import Ban
from efir.domain.kernel.ids import UserId


class BanRepository(Protocol):
    """Stores bans within a transaction."""

    async def put(self, ban: Ban) -> None:
        """Store a ban, replacing the one in force. Raises UserNotFound when there is no such user."""
        ...

    async def lift(self, user_id: UserId, *, by: UserId | None, now: datetime) -> bool:
        """End the ban in force. Return False when there is none."""
        ...

    async def find_active(self, user_id: UserId) -> Ban | None:
        """Return the ban in force, or None."""
        ...

    async def find_ended(self, *, now: datetime, limit: int) -> list[UserId]:
        """Return up to `limit` banned users whose ban has expired, skipping rows locked by another process."""
        ...
