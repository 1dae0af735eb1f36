"""The watch page, and what it shows beside the video."""

from typing import Any
from uuid import UUID

from litestar import Response, get, route
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


@route("/watch/{video_id:uuid}", opt=PUBLIC, http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False)
async def watch(video_id: FromPath[UUID], page: NamedDependency[Page]) -> Response[str]:
    """Show a video to who may see it."""
    call = page.call
    video = await get_video(call.ports, video_id=VideoId(video_id), viewer=call.viewer, now=call.now)
    owned = await owns(page, video)
    return page.render("watch.html", video=video, owned=owned, stages=stages(page.words.gettext))


@get("/watch/{video_id:uuid}/more", opt=PUBLIC, include_in_schema=False)
async def more(video_id: FromPath[UUID], page: NamedDependency[Page]) -> Response[str]:
    """Fill the side of the watch page."""
    call = page.call
    found = await list_videos(call.ports, limit=ASIDE, cursor=None, now=call.now)
    return page.render("more.html", items=[video for video in found.items if video.id != video_id])


HANDLERS: list[Any] = [watch, more]
