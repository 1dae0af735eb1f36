"""Channels: reading one by its handle."""

from efir.application.context import Ports
from efir.ports.channels import ChannelView


async def get_channel(ports: Ports, *, handle: str) -> ChannelView:
    """Return a channel. Raises ChannelNotFound."""
    async with ports.read() as views:
        return await views.channels.get_by_handle(handle.lower())
