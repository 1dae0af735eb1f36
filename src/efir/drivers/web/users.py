"""The page of a person: what everybody may know, and what they have published."""

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from efir.application.access.requirements import PUBLIC
from efir.application.accounts.profiles import get_profile
from efir.application.videos.videos import list_videos
from efir.drivers.web.kernel.layout import GRID
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.paging import next_address


class PersonPages(Controller):
    """The page of a person."""

    path = "/u/{nickname:str}"
    opt = PUBLIC

    @get()
    async def person(
        self, nickname: FromPath[str], page: NamedDependency[Page], cursor: FromQuery[str | None] = None
    ) -> Response[str]:
        """Show somebody, with their public videos."""
        call = page.call
        found = await get_profile(call.ports, nickname=nickname)
        videos = await list_videos(call.ports, user=found.nickname, limit=GRID, cursor=cursor, now=call.now)
        following = next_address(f"/u/{found.nickname}", videos.next)
        return page.render("person.html", person=found, items=videos.items, next=following)


PAGES = (PersonPages,)
