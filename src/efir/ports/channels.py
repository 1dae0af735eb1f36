"""Storage and read models of channels, in which videos are published."""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.channels import Channel
from efir.domain.kernel.ids import UserId


class ChannelView(Struct, frozen=True):
    """A channel as shown to everyone."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    handle: Annotated[str, Meta(description="Unique name, used in URLs.", examples=["ada"])]
    title: Annotated[str, Meta(description="Display name.", examples=["Ada Lovelace"])]
    description: Annotated[str, Meta(description="Description of the channel.")]
    created_at: Annotated[datetime, Meta(description="When the channel was created.")]


class ChannelRef(Struct, frozen=True, gc=False):
    """The channel of a video, in short form."""

    handle: Annotated[str, Meta(description="Unique name, used in URLs.", examples=["ada"])]
    title: Annotated[str, Meta(description="Display name.", examples=["Ada Lovelace"])]


class ChannelRepository(Protocol):
    """Stores channels within a transaction."""

    async def add(self, channel: Channel) -> None:
        """Store a new channel. Raises HandleTaken."""
        ...

    async def get_by_handle(self, handle: str) -> Channel:
        """Return a channel. Raises ChannelNotFound."""
        ...

    async def get_first(self, owner: UserId) -> Channel:
        """Return the channel created for the user at registration. Raises ChannelNotFound."""
        ...


class ChannelViews(Protocol):
    """Reads channels."""

    async def get_by_handle(self, handle: str) -> ChannelView:
        """Return a channel as shown to everyone. Raises ChannelNotFound."""
        ...


class ChannelRepositories(Protocol):
    """Repositories of channels."""

    @property
    def channels(self) -> ChannelRepository:
        """The repository of channels."""
        ...


class ChannelReadModels(Protocol):
    """Read models of channels."""

    @property
    def channels(self) -> ChannelViews:
        """The read model of channels."""
        ...
