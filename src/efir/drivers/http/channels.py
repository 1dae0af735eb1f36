"""Channels over HTTP."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from efir.application.access.requirements import PUBLIC
from efir.application.channels import get_channel
from efir.application.context import Call
from efir.domain.channels import ChannelNotFound
from efir.drivers.http.kernel.problems import raises
from efir.ports.channels import ChannelView


@get(
    "/api/v1/channels/{handle:str}",
    opt=PUBLIC,
    operation_id="getChannel",
    tags=["Channels"],
    responses=raises(ChannelNotFound),
)
async def one(handle: FromPath[str], call: NamedDependency[Call]) -> ChannelView:
    """Show a channel."""
    return await get_channel(call.ports, handle=handle)


HANDLERS = [one]
