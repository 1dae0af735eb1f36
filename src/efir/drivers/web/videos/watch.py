"""The watch page, and what it shows beside the video."""

from uuid import UUID

from litestar import Controller, Response, get, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath

from efir.application.access.requirements import PUBLIC
from efir.application.videos.videos import get_video, list_videos
from efir.domain.kernel.ids import VideoId
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.video_texts import stages
from efir.drivers.web.videos.studio import owns

ASIDE = 13


class WatchPages(Controller):
    """The watch page."""

    path = "/watch/{video_id:uuid}"
    opt = PUBLIC

    @route(http_method=[HttpMethod.GET, HttpMethod.HEAD])
    async def watch(self, video_id: FromPath[UUID], page: NamedDependency[Page]) -> Response[str]:
        """Show a video to who may see it."""
        call = page.call
        video = await get_video(call.ports, video_id=VideoId(video_id), viewer=call.viewer, now=call.now)
        owned = await owns(page, video)
        return page.render("videos/watch.html", video=video, owned=owned, stages=stages(page.words.gettext))

    @get("/more")
    async def more(self, video_id: FromPath[UUID], page: NamedDependency[Page]) -> Response[str]:
        """Fill the side of the watch page."""
        call = page.call
        found = await list_videos(call.ports, limit=ASIDE, cursor=None, now=call.now)
        return page.render("videos/more.html", items=[video for video in found.items if video.id != video_id])
