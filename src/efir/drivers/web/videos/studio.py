"""The studio: own videos, their states, changing and deleting them."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from efir.application.access.requirements import SIGNED_IN
from efir.application.accounts.signup import get_me
from efir.application.processing.reprocessing import retry_video
from efir.application.videos.videos import delete_video, get_video, list_my_videos, update_video
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import VideoId
from efir.domain.videos.video import VideoInProgress, VideoNotFound
from efir.drivers.web.kernel.forms import FORM, Form, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.paging import next_address
from efir.drivers.web.kernel.video_texts import stages, visibilities
from efir.ports.videos.videos import VideoChange, VideoView


class StudioPages(Controller):
    """The studio."""

    path = "/studio"
    opt = SIGNED_IN

    @get()
    async def studio(self, page: NamedDependency[Page], cursor: FromQuery[str | None] = None) -> Response[str]:
        """List own videos."""
        call = page.call
        call.session()
        found = await list_my_videos(call.ports, owner=call.user(), limit=None, cursor=cursor, now=call.now)
        following = next_address("/studio", found.next)
        return page.render("videos/studio.html", items=found.items, next=following, stages=stages(page.words.gettext))

    @get("/{video_id:uuid}")
    async def edit_page(self, video_id: FromPath[UUID], page: NamedDependency[Page]) -> Response[str]:
        """Show what can be changed."""
        video = await own_video(page, video_id)
        values = {"title": video.title, "description": video.description, "visibility": video.visibility}
        values["tags"] = ", ".join(video.tags)
        return page.render("videos/edit.html", form=Form(values), **_describe_video(page, video))

    @post("/{video_id:uuid}", opt=FORM)
    async def edit(
        self, request: Request[Any, Any, Any], video_id: FromPath[UUID], page: NamedDependency[Page]
    ) -> Response[str]:
        """Change title, description, tags and visibility."""
        video, values = await own_video(page, video_id), await read_typed(request)
        change = VideoChange(
            title=values.get("title", ""),
            description=values.get("description", "").replace("\r\n", "\n"),
            tags=[tag for tag in (part.strip() for part in values.get("tags", "").split(",")) if tag],
            visibility=values.get("visibility", ""),
        )
        try:
            page.check(values)
            owner = page.call.user()
            await update_video(
                page.call.ports, video_id=VideoId(video_id), owner=owner, change=change, now=page.call.now
            )
        except DomainError as error:
            return page.refuse("videos/edit.html", values, error, **_describe_video(page, video))
        return page.redirect("/studio?notice=saved")

    @get("/{video_id:uuid}/delete")
    async def delete_page(self, video_id: FromPath[UUID], page: NamedDependency[Page]) -> Response[str]:
        """Ask before deleting."""
        return page.render("videos/delete.html", video=await own_video(page, video_id))

    @post("/{video_id:uuid}/delete", opt=FORM)
    async def delete(
        self, request: Request[Any, Any, Any], video_id: FromPath[UUID], page: NamedDependency[Page]
    ) -> Response[str]:
        """Delete a video."""
        call = page.call
        owner = call.user()
        page.check(await read_typed(request))
        await delete_video(call.ports, video_id=VideoId(video_id), owner=owner, now=call.now)
        return page.redirect("/studio?notice=deleted")

    @post("/{video_id:uuid}/retry", opt=FORM)
    async def retry(
        self, request: Request[Any, Any, Any], video_id: FromPath[UUID], page: NamedDependency[Page]
    ) -> Response[str]:
        """Process a video again; what is being processed already, as after a second press, is not refused."""
        call = page.call
        owner = call.user()
        page.check(await read_typed(request))
        with suppress(VideoInProgress):
            await retry_video(call.ports, video_id=VideoId(video_id), owner=owner, now=call.now)
        return page.redirect("/studio?notice=again")


async def own_video(page: Page, video_id: UUID) -> VideoView:
    """A video of the reader's own channels. Raises VideoNotFound for those of others, NoSession."""
    call = page.call
    owner = call.user()
    video = await get_video(call.ports, video_id=VideoId(video_id), viewer=owner, now=call.now)
    if not await owns(page, video):
        raise VideoNotFound
    return video


async def owns(page: Page, video: VideoView) -> bool:
    """Whether the video is in a channel of the reader."""
    if page.viewer is None:
        return False
    return video.channel.handle in (await get_me(page.call.ports, user_id=page.call.user())).channels


def _describe_video(page: Page, video: VideoView) -> dict[str, Any]:
    limits = page.call.ports.limits
    return {
        "video": video,
        "max_title_length": limits.max_title_length,
        "max_description_length": limits.max_description_length,
        "max_tags": limits.max_tags,
        "visibilities": visibilities(page.words.gettext),
        "stages": stages(page.words.gettext),
    }
