"""Channels: storage and read models."""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.channels import Channel
from efir.domain.kernel.ids import UserId


class ChannelView(Struct, frozen=True):
    """A channel as everybody sees it."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    handle: Annotated[str, Meta(description="Unique name in addresses.", examples=["ada"])]
    title: Annotated[str, Meta(description="Name as shown.", examples=["Ada Lovelace"])]
    description: Annotated[str, Meta(description="What the channel is about.")]
    created_at: Annotated[datetime, Meta(description="When it was made.")]


class ChannelRef(Struct, frozen=True, gc=False):
    """A channel named beside a video."""

    handle: Annotated[str, Meta(description="Unique name in addresses.", examples=["ada"])]
    title: Annotated[str, Meta(description="Name as shown.", examples=["Ada Lovelace"])]


class ChannelRepository(Protocol):
    """Channels inside a transaction."""

    async def add(self, channel: Channel) -> None:
        """Raises HandleTaken."""
        ...

    async def get_by_handle(self, handle: str) -> Channel:
        """Raises ChannelNotFound."""
        ...

    async def get_first(self, owner: UserId) -> Channel:
        """Return the channel created at registration. Raises ChannelNotFound."""
        ...


class ChannelViews(Protocol):
    """Channels, read."""

    async def get_by_handle(self, handle: str) -> ChannelView:
        """Raises ChannelNotFound."""
        ...


class ChannelRepositories(Protocol):
    """What is changed of channels."""

    @property
    def channels(self) -> ChannelRepository:
        """Changes channels."""
        ...


class ChannelReadModels(Protocol):
    """What is read of channels."""

    @property
    def channels(self) -> ChannelViews:
        """Reads channels."""
        ...
