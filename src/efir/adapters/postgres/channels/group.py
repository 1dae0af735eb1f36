"""What the area keeps in PostgreSQL: channels."""

from efir.adapters.postgres.channels.channels import Channels, ReadChannels
from efir.adapters.postgres.kernel.repository_attribute import Connected, On


class ChannelRepositories(Connected):
    """Repositories of channels."""

    __slots__ = ()

    channels = On(Channels)


class ChannelReadModels(Connected):
    """Read models of channels."""

    __slots__ = ()

    channels = On(ReadChannels)
