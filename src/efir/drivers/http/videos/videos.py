"""Videos over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import ServerSentEvent
from msgspec import UNSET

from efir.application.access.requirements import PUBLIC, SIGNED_IN
from efir.application.context import Call
from efir.application.processing.progress import Processing, get_processing
from efir.application.processing.reprocessing import retry_video
from efir.application.videos.videos import (
    create_video,
    delete_video,
    get_video,
    list_my_videos,
    list_videos,
    update_video,
)
from efir.domain.auth.sessions import CsrfFailed, NoSession, ScopeMissing
from efir.domain.channels import ChannelNotFound, ForeignChannel
from efir.domain.kernel.errors import FieldError
from efir.domain.kernel.ids import VideoId
from efir.domain.uploads import UploadGone, UploadId, UploadNotFound, UploadUnfinished, UploadUsed
from efir.domain.videos.video import InvalidVideo, VideoInProgress, VideoNotFound, VideoNotRetryable
from efir.drivers._asgi.streams import changes
from efir.drivers.http.kernel.pagination import CursorQuery, LimitQuery, paginate
from efir.drivers.http.kernel.problems import raises
from efir.drivers.http.videos.bodies import ChangedVideo, NewVideo
from efir.ports.kernel.pagination import Page
from efir.ports.videos.videos import VideoChange, VideoView

ChannelQuery = Annotated[str | None, QueryParameter(description="Only videos of this channel.")]
TagQuery = Annotated[str | None, QueryParameter(description="Only videos with this tag.")]
UserQuery = Annotated[
    str | None, QueryParameter(description="Only videos of the user with this nickname.", max_length=100)
]


class VideosController(Controller):
    """Videos."""

    path = "/api/v1/videos"
    tags = ("Videos",)
    opt = SIGNED_IN

    @post(
        operation_id="createVideo",
        responses=raises(
            NoSession,
            CsrfFailed,
            ScopeMissing,
            InvalidVideo,
            UploadNotFound,
            UploadUnfinished,
            UploadUsed,
            UploadGone,
            ChannelNotFound,
            ForeignChannel,
        ),
    )
    async def create(self, data: JSONBody[NewVideo], call: NamedDependency[Call]) -> Response[VideoView]:
        """Publish an upload as a video; processing starts at once."""
        about = VideoChange(title=data.title, description=data.description, tags=data.tags, visibility=data.visibility)
        video = await create_video(
            call.ports, owner=call.user("videos.write"), upload_id=_upload_id(data.upload_id), about=about,
            channel=data.channel, now=call.now,
        )  # fmt: skip
        return Response(video, headers={"location": f"{call.ports.origin}/api/v1/videos/{video.id}"})

    @get(opt=PUBLIC, operation_id="listVideos", responses=raises())
    async def get_videos(
        self,
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
        channel: ChannelQuery = None,
        tag: TagQuery = None,
        user: UserQuery = None,
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[VideoView]]:
        """List public videos, newest first."""
        page = await list_videos(
            call.ports, channel=channel, tag=tag, user=user, limit=limit, cursor=cursor, now=call.now
        )
        return paginate(request, page)

    @get("/{video_id:uuid}", opt=PUBLIC, operation_id="getVideo", responses=raises(VideoNotFound))
    async def one(self, video_id: FromPath[UUID], call: NamedDependency[Call]) -> VideoView:
        """Return a video."""
        return await get_video(call.ports, video_id=VideoId(video_id), viewer=call.viewer, now=call.now)

    @patch(
        "/{video_id:uuid}",
        operation_id="updateVideo",
        responses=raises(NoSession, CsrfFailed, ScopeMissing, VideoNotFound, InvalidVideo),
    )
    async def update(
        self, video_id: FromPath[UUID], data: JSONBody[ChangedVideo], call: NamedDependency[Call]
    ) -> VideoView:
        """Change one of your videos: title, description, tags or visibility."""
        change = VideoChange(
            title=None if data.title is UNSET else data.title,
            description=None if data.description is UNSET else data.description or "",
            tags=None if data.tags is UNSET else data.tags or [],
            visibility=None if data.visibility is UNSET else data.visibility,
        )
        return await update_video(
            call.ports, video_id=VideoId(video_id), owner=call.user("videos.write"), change=change, now=call.now
        )

    @delete(
        "/{video_id:uuid}",
        operation_id="deleteVideo",
        responses=raises(NoSession, CsrfFailed, ScopeMissing, VideoNotFound),
    )
    async def remove(self, video_id: FromPath[UUID], call: NamedDependency[Call]) -> None:
        """Delete one of your videos; processing stops."""
        await delete_video(call.ports, video_id=VideoId(video_id), owner=call.user("videos.write"), now=call.now)

    @post(
        "/{video_id:uuid}/retry",
        operation_id="retryVideo",
        status_code=200,
        responses=raises(NoSession, CsrfFailed, ScopeMissing, VideoNotFound, VideoNotRetryable, VideoInProgress),
    )
    async def retry(self, video_id: FromPath[UUID], call: NamedDependency[Call]) -> VideoView:
        """Process a video again that failed or came to a stop; what can be watched already stays so."""
        return await retry_video(call.ports, video_id=VideoId(video_id), owner=call.user("videos.write"), now=call.now)

    @get(
        "/{video_id:uuid}/processing",
        operation_id="watchProcessing",
        responses=raises(NoSession, ScopeMissing, VideoNotFound),
    )
    async def processing(
        self, request: Request[Any, Any, Any], video_id: FromPath[UUID], call: NamedDependency[Call]
    ) -> Response[Processing]:
        """Follow processing: server-sent events when asked for `text/event-stream`, else JSON."""
        owner = call.user("videos.read")
        now = await get_processing(call.ports, video_id=VideoId(video_id), owner=owner, now=call.now)
        if "text/event-stream" not in request.headers.get("accept", ""):
            return Response(now, headers={"cache-control": "no-store"})

        async def look() -> Processing:
            return await get_processing(call.ports, video_id=VideoId(video_id), owner=owner, now=call.ports.clock())

        return ServerSentEvent(changes(call, now, look))  # type: ignore[return-value]  # documented as JSON


class MyVideosController(Controller):
    """Own videos."""

    path = "/api/v1/users/me/videos"
    tags = ("Videos",)
    opt = SIGNED_IN

    @get(operation_id="listMyVideos", responses=raises(NoSession, ScopeMissing))
    async def get_my_videos(
        self,
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[VideoView]]:
        """List your videos, newest first, whatever their state."""
        owner = call.user("videos.read")
        return paginate(
            request, await list_my_videos(call.ports, owner=owner, limit=limit, cursor=cursor, now=call.now)
        )


def _upload_id(text: str) -> UploadId:
    """Read an upload's id, or take it from the end of its address as tus clients know it."""
    try:
        return UploadId(UUID(text.rstrip("/").rsplit("/", 1)[-1]))
    except ValueError as error:
        detail = "This is not the id of an upload."
        raise InvalidVideo(detail, errors=(FieldError("/upload_id", "format", detail),)) from error
