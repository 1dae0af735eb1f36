"""The main page: public videos, newest first."""

from litestar import Controller, Response, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromQuery

from efir.application.access.requirements import PUBLIC
from efir.application.videos.videos import list_videos
from efir.drivers.web.kernel.layout import GRID
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.paging import next_address


class DiscoverPages(Controller):
    """The main page."""

    opt = PUBLIC

    @route(http_method=[HttpMethod.GET, HttpMethod.HEAD])
    async def discover(self, page: NamedDependency[Page], cursor: FromQuery[str | None] = None) -> Response[str]:
        """Show what is fresh on air."""
        call = page.call
        found = await list_videos(call.ports, limit=GRID, cursor=cursor, now=call.now)
        following = next_address("/", found.next)
        return page.render("videos/discover.html", items=found.items, next=following, first_page=cursor is None)
