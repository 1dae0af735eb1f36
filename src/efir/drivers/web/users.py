"""The page of a person: what everybody may know, and what they have published."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from efir.application.access.requirements import PUBLIC
from efir.application.accounts.profiles import get_profile
from efir.application.videos.videos import list_videos
from efir.drivers.web.kernel.layout import GRID
from efir.drivers.web.kernel.page import Page


@get("/u/{nickname:str}", opt=PUBLIC, include_in_schema=False)
async def person(
    nickname: FromPath[str], page: NamedDependency[Page], cursor: FromQuery[str | None] = None
) -> Response[str]:
    """Show somebody, with their public videos."""
    call = page.call
    found = await get_profile(call.ports, nickname=nickname)
    videos = await list_videos(call.ports, user=found.nickname, limit=GRID, cursor=cursor, now=call.now)
    following = None if videos.next is None else f"/u/{found.nickname}?{urlencode({'cursor': videos.next})}"
    return page.render("person.html", person=found, items=videos.items, next=following)


HANDLERS: list[Any] = [person]
