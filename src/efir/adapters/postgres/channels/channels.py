"""Channels in PostgreSQL."""

from typing import Any

from efir.adapters.postgres.kernel.mapping import build_insert, to_domain, to_values
from efir.domain.channels import Channel, ChannelNotFound
from efir.domain.kernel.ids import UserId
from efir.ports.channels import ChannelView

ROWS = "select id, owner_id, handle, title, description, created_at from channels where "


class PostgresChannelViews:
    """Read models of channels."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def get_by_handle(self, handle: str) -> ChannelView:
        """Return a channel as shown to everyone. Raises ChannelNotFound."""
        row = await self._connection.fetchrow(
            "select id, handle, title, description, created_at from channels where handle = $1", handle
        )
        if row is None:
            raise ChannelNotFound
        return ChannelView(*row)


class PostgresChannelRepository:
    """Channels inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def add(self, channel: Channel) -> None:
        """Store a new channel. Raises HandleTaken."""
        values = to_values(channel)
        await self._connection.execute(build_insert("channels", values), *values.values())

    async def get_by_handle(self, handle: str) -> Channel:
        """Return a channel. Raises ChannelNotFound."""
        return self._one(await self._connection.fetchrow(ROWS + "handle = $1", handle))

    async def get_first(self, owner: UserId) -> Channel:
        """Return the channel created for the user at registration. Raises ChannelNotFound."""
        sql = ROWS + "owner_id = $1 order by created_at, id limit 1"
        return self._one(await self._connection.fetchrow(sql, owner))

    @staticmethod
    def _one(row: Any) -> Channel:
        if row is None:
            raise ChannelNotFound
        return to_domain(row, Channel)
