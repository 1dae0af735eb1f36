"""Channels in PostgreSQL."""

from typing import Any

from efir.adapters.postgres.mapping import inserted, to_domain, to_values
from efir.domain.channels import Channel, ChannelNotFound
from efir.domain.users import UserId
from efir.ports.channels import ChannelView

COLUMNS = "id, owner_id, handle, title, description, created_at"


class ReadChannels:
    """Read models of channels."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def by_handle(self, handle: str) -> ChannelView:
        """Raises ChannelNotFound."""
        row = await self._connection.fetchrow(
            "select id, handle, title, description, created_at from channels where handle = $1", handle
        )
        if row is None:
            raise ChannelNotFound
        return ChannelView(*row)


class Channels:
    """Channels inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def add(self, channel: Channel) -> None:
        """Raises HandleTaken."""
        values = to_values(channel)
        await self._connection.execute(inserted("channels", values), *values.values())

    async def by_handle(self, handle: str) -> Channel:
        """Raises ChannelNotFound."""
        return self._one(
            await self._connection.fetchrow(f"select {COLUMNS} from channels where handle = $1", handle)
        )  # own names only

    async def first_of(self, owner: UserId) -> Channel:
        """Answer the channel made at registration. Raises ChannelNotFound."""
        sql = f"select {COLUMNS} from channels where owner_id = $1 order by created_at, id limit 1"  # own names only
        return self._one(await self._connection.fetchrow(sql, owner))

    @staticmethod
    def _one(row: Any) -> Channel:
        if row is None:
            raise ChannelNotFound
        return to_domain(row, Channel)
