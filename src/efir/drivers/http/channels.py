"""Channels over HTTP."""

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from efir.application.access.requirements import PUBLIC
from efir.application.channels import get_channel
from efir.application.context import Call
from efir.domain.channels import ChannelNotFound
from efir.drivers.http.kernel.controllers import Controllers
from efir.drivers.http.kernel.problems import raises
from efir.ports.channels import ChannelView


class ChannelsController(Controller):
    """Channels."""

    path = "/api/v1/channels"
    tags = ("Channels",)
    opt = PUBLIC

    @get("/{handle:str}", operation_id="getChannel", responses=raises(ChannelNotFound))
    async def one(self, handle: FromPath[str], call: NamedDependency[Call]) -> ChannelView:
        """Return a channel."""
        return await get_channel(call.ports, handle=handle)


HANDLERS: Controllers = (ChannelsController,)
