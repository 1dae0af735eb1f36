"""The main page: public videos, newest first."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromQuery

from efir.application.access.requirements import PUBLIC
from efir.application.videos.videos import list_videos
from efir.drivers.web.kernel.layout import GRID
from efir.drivers.web.kernel.page import Page


@route("/", opt=PUBLIC, http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False)
async def discover(page: NamedDependency[Page], cursor: FromQuery[str | None] = None) -> Response[str]:
    """Show what is fresh on air."""
    call = page.call
    found = await list_videos(call.ports, limit=GRID, cursor=cursor, now=call.now)
    following = None if found.next is None else f"/?{urlencode({'cursor': found.next})}"
    return page.render("discover.html", items=found.items, next=following, first_page=cursor is None)


HANDLERS: list[Any] = [discover]
