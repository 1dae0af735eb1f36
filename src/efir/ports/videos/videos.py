"""Storage and read models of videos."""

from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.kernel.ids import UserId, VideoId
from efir.domain.videos.video import Video, VideoState
from efir.ports.channels import ChannelRef
from efir.ports.kernel.pagination import PageRequest, Rows


class Mp4(Struct, frozen=True, gc=False):
    """A progressive MP4 file for players without HLS."""

    height: Annotated[int, Meta(description="Picture height in pixels.", examples=[480])]
    url: Annotated[str, Meta(description="URL of the file.")]


class Playback(Struct, frozen=True, gc=False):
    """URLs for players; those of private videos are signed and expire."""

    hls: Annotated[str | None, Meta(description="URL of the HLS master playlist.")]
    mp4: Annotated[list[Mp4], Meta(description="Progressive MP4 files, tallest first.")]
    poster: Annotated[str | None, Meta(description="URL of the poster image.")]
    storyboard: Annotated[str | None, Meta(description="URL of the WebVTT file that maps times to preview thumbnails.")]
    captions: Annotated[list[dict[str, str]], Meta(description="Caption tracks.")]
    chapters: Annotated[list[dict[str, Any]], Meta(description="Chapters.")]


class FailureView(Struct, frozen=True, gc=False):
    """Reason why processing failed."""

    code: Annotated[str, Meta(description="Stable error code.", examples=["media-unreadable"])]
    detail: Annotated[str, Meta(description="Explanation of the error.")]
    retryable: Annotated[
        bool, Meta(description="Whether processing the same file again may succeed; if not, another file may.")
    ] = True


class VideoView(Struct, frozen=True, gc=False):
    """A video as shown by the API."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    title: Annotated[str, Meta(description="Title.", examples=["A walk in the rain"])]
    description: Annotated[str, Meta(description="Description, plain text.")]
    tags: Annotated[list[str], Meta(description="Tags.", examples=[["rain", "city"]])]
    state: Annotated[str, Meta(description="uploaded, processing, playable, ready or failed.", examples=["ready"])]
    visibility: Annotated[str, Meta(description="public, unlisted or private.", examples=["public"])]
    duration: Annotated[float | None, Meta(description="Length in seconds.", examples=[61.4])]
    width: Annotated[int | None, Meta(description="Picture width in pixels.", examples=[1920])]
    height: Annotated[int | None, Meta(description="Picture height in pixels.", examples=[1080])]
    views: Annotated[int, Meta(description="Number of views.")]
    likes: Annotated[int, Meta(description="Number of likes.")]
    comments: Annotated[int, Meta(description="Number of comments.")]
    channel: Annotated[ChannelRef, Meta(description="Channel in which the video is published.")]
    playback: Annotated[Playback | None, Meta(description="Playback URLs; null until the video can be watched.")]
    failure: Annotated[FailureView | None, Meta(description="Reason why processing failed.")]
    created_at: Annotated[datetime, Meta(description="When the video was created.")]
    published_at: Annotated[datetime | None, Meta(description="When the video could first be watched.")]


class VideoFacts(Struct, frozen=True, gc=False, array_like=True):
    """A video's row with its channel and available files, before URLs are built; in column order."""

    id: UUID
    owner_id: UUID
    title: str
    description: str
    tags: list[str]
    state: str
    visibility: str
    generation: int
    access_epoch: int
    duration: float | None
    width: int | None
    height: int | None
    views: int
    likes: int
    comments: int
    channel_handle: str
    channel_title: str
    failure_code: str | None
    failure_detail: str | None
    created_at: datetime
    published_at: datetime | None
    hls: bool
    mp4_heights: list[int]
    poster: bool
    storyboard: bool


class VideoChange(Struct, frozen=True):
    """New values of a video; None keeps the current value."""

    title: str | None = None
    description: str | None = None
    tags: list[str] | None = None
    visibility: str | None = None


class VideoRepository(Protocol):
    """Stores videos within a transaction."""

    async def add(self, video: Video) -> None:
        """Store a new video."""
        ...

    async def get(self, video_id: VideoId, *, lock: bool = False) -> Video:
        """Return a video that is not deleted; `lock` locks its row. Raises VideoNotFound."""
        ...

    async def find(self, video_id: VideoId, *, lock: bool = False) -> Video | None:
        """Return a video, or None when it is unknown or deleted."""
        ...

    async def change(self, video_id: VideoId, change: VideoChange, *, now: datetime) -> None:
        """Store new values; a change of visibility increments the access epoch."""
        ...

    async def set_state(self, video_id: VideoId, state: VideoState, *, now: datetime, **facts: Any) -> None:
        """Change the state and store the facts found by processing; the first watchable state sets `published_at`."""
        ...

    async def start_again(self, video_id: VideoId, *, now: datetime) -> None:
        """Start a new generation: state uploaded, no failure, no files."""
        ...

    async def delete(self, video_id: VideoId, *, now: datetime) -> None:
        """Mark a video as deleted: it is hidden from all users and jobs."""
        ...

    async def ids_of(self, owner: UserId, *, limit: int) -> list[VideoId]:
        """Return up to `limit` videos of a user that are not deleted."""
        ...

    async def find_deleted_sources(self, video_id: VideoId) -> list[str]:
        """Return the keys of the source files of a deleted video."""
        ...

    async def purge(self, video_id: VideoId) -> None:
        """Delete the rows of a deleted video."""
        ...


class VideoViews(Protocol):
    """Reads videos, each method with one SQL statement."""

    async def one(self, video_id: VideoId) -> VideoFacts:
        """Return a video. Raises VideoNotFound."""
        ...

    async def list_newest(
        self, wanted: PageRequest, *, channel: str | None, tag: str | None, user: str | None
    ) -> Rows[VideoFacts]:
        """List public watchable videos, newest first; `user` is the nickname of the owner."""
        ...

    async def list_by_owner(self, owner: UserId, wanted: PageRequest) -> Rows[VideoFacts]:
        """List all videos of a user, newest first, whatever their state."""
        ...
