"""Videos: creating, reading, listing, changing and deleting them."""

from datetime import datetime

from efir.application.context import Ports
from efir.application.kernel.cursors import paginate, parse_page
from efir.application.kernel.error_collector import ErrorCollector
from efir.application.videos.playback import video_view
from efir.domain.jobs import EventName, JobKind, NewJob
from efir.domain.kernel.ids import UserId, VideoId
from efir.domain.uploads import UploadId
from efir.domain.videos.video import (
    InvalidVideo,
    Video,
    VideoNotFound,
    VideoState,
    Visibility,
    may_watch,
    parse_description,
    parse_tags,
    parse_title,
    parse_visibility,
)
from efir.ports.kernel.pagination import Page, Rows
from efir.ports.videos.videos import VideoChange, VideoFacts, VideoView

PROBE = JobKind.PROBE_VIDEO


async def create_video(
    ports: Ports,
    *,
    owner: UserId,
    upload_id: UploadId,
    about: VideoChange,
    channel: str | None,
    now: datetime,
) -> VideoView:
    """Create a video from a finished upload and start processing it, in one transaction.

    Raises InvalidVideo naming every wrong field; UploadNotFound, UploadUnfinished, UploadUsed, UploadGone;
    ChannelNotFound, ForeignChannel.
    """
    checked = _check(ports, about, new=True)
    video_id = VideoId(ports.new_id())
    async with ports.begin() as tx:
        upload = (await tx.uploads.get(upload_id, lock=True)).require_usable(owner)
        place = await (tx.channels.get_first(owner) if channel is None else tx.channels.get_by_handle(channel))
        video = Video(
            id=video_id, channel_id=place.require_owner(owner).id, owner_id=owner, title=checked.title or "",
            description=checked.description or "", tags=checked.tags or [],
            visibility=Visibility(checked.visibility or Visibility.PUBLIC), state=VideoState.UPLOADED, generation=1,
            access_epoch=0, source_key=upload.source_key, created_at=now, updated_at=now,
        )  # fmt: skip
        await tx.uploads.use(upload_id)
        await tx.videos.add(video)
        await tx.jobs.put([probe_job(video)])
        return video_view(ports, await tx.views.videos.one(video_id), now=now)


async def get_video(ports: Ports, *, video_id: VideoId, viewer: UserId | None, now: datetime) -> VideoView:
    """Return a video, if the viewer may see it. Raises VideoNotFound."""
    async with ports.read() as views:
        facts = await views.videos.one(video_id)
    if not may_watch(facts.visibility, owner_id=facts.owner_id, viewer=viewer):
        raise VideoNotFound
    return video_view(ports, facts, now=now)


async def list_videos(
    ports: Ports,
    *,
    channel: str | None = None,
    tag: str | None = None,
    user: str | None = None,
    limit: int | None,
    cursor: str | None,
    now: datetime,
) -> Page[VideoView]:
    """List public videos, newest first: of a channel, with a tag, or of a user by nickname. Raises BadCursor."""
    name = f"videos {channel or ''} {tag or ''} {user or ''}"
    part = parse_page(ports.keys, ports.limits, name, limit=limit, cursor=cursor)
    async with ports.read() as views:
        found = await views.videos.list_newest(part, channel=channel, tag=tag, user=user and user.lower())
    return paginate(ports.keys, name, _video_views(ports, found, now=now))


async def list_my_videos(
    ports: Ports, *, owner: UserId, limit: int | None, cursor: str | None, now: datetime
) -> Page[VideoView]:
    """List a user's own videos, newest first, whatever their state. Raises BadCursor."""
    name = f"my videos {owner}"
    part = parse_page(ports.keys, ports.limits, name, limit=limit, cursor=cursor)
    async with ports.read() as views:
        found = await views.videos.list_by_owner(owner, part)
    return paginate(ports.keys, name, _video_views(ports, found, now=now))


async def update_video(
    ports: Ports, *, video_id: VideoId, owner: UserId, change: VideoChange, now: datetime
) -> VideoView:
    """Change title, description, tags or visibility. Raises VideoNotFound, InvalidVideo."""
    checked = _check(ports, change, new=False)
    async with ports.begin() as tx:
        (await tx.videos.get(video_id, lock=True)).require_owner(owner)
        await tx.videos.change(video_id, checked, now=now)
        return video_view(ports, await tx.views.videos.one(video_id), now=now)


async def delete_video(ports: Ports, *, video_id: VideoId, owner: UserId, now: datetime) -> None:
    """Delete a video at once; running jobs lose their fence, and a job deletes its files. Raises VideoNotFound."""
    async with ports.begin() as tx:
        (await tx.videos.get(video_id, lock=True)).require_owner(owner)
        await tx.videos.delete(video_id, now=now)
        await tx.jobs.cancel(video_id)
        await tx.outbox.put(EventName.VIDEO_DELETED, video_id)


def _check(ports: Ports, about: VideoChange, *, new: bool) -> VideoChange:
    wrong = ErrorCollector()
    title, description, tags, visibility = about.title, about.description, about.tags, about.visibility
    if new or title is not None:
        title = wrong.attempt(lambda: parse_title(about.title or "", ports.limits))
    if description is not None:
        description = wrong.attempt(lambda: parse_description(about.description or "", ports.limits))
    if tags is not None:
        tags = wrong.attempt(lambda: parse_tags(about.tags or [], ports.limits))
    if visibility is not None:
        visibility = wrong.attempt(lambda: parse_visibility(about.visibility or "").value)
    if wrong.errors:
        raise InvalidVideo(errors=tuple(wrong.errors))
    return VideoChange(title=title, description=description, tags=tags, visibility=visibility)


def _video_views(ports: Ports, found: Rows[VideoFacts], *, now: datetime) -> Rows[VideoView]:
    return Rows([video_view(ports, facts, now=now) for facts in found.items], found.next, found.prev)


def probe_job(video: Video) -> NewJob:
    """Return the first job of a video's processing."""
    return NewJob(
        kind=PROBE, subject=video.id, owner_id=video.owner_id, generation=video.generation, priority=0, cost=0.2
    )
