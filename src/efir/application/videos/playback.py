"""Playback addresses of videos, and the views that contain them."""

from datetime import datetime

from efir.application.context import Ports
from efir.application.videos.signed_urls import Grant, ViewerClass, expiry, token
from efir.domain.kernel.ids import VideoId
from efir.domain.videos.video import WATCHABLE, is_open, is_retryable
from efir.ports.channels import ChannelRef
from efir.ports.videos.videos import FailureView, Mp4, Playback, VideoFacts, VideoView


def video_view(ports: Ports, facts: VideoFacts, *, now: datetime) -> VideoView:
    """Return a video's facts with its addresses; those of a private video are signed and expire."""
    watchable = facts.state in WATCHABLE
    return VideoView(  # by position: keyword arguments take three times as long, and lists create a hundred
        facts.id,
        facts.title,
        facts.description,
        facts.tags,
        facts.state,
        facts.visibility,
        facts.duration,
        facts.width,
        facts.height,
        facts.views,
        facts.likes,
        facts.comments,
        ChannelRef(facts.channel_handle, facts.channel_title),
        _playback(media_folder(ports, facts, now=now), facts) if watchable else None,
        failure_of(facts),
        facts.created_at,
        facts.published_at,
    )


def failure_of(facts: VideoFacts) -> FailureView | None:
    """Return why processing stopped, and what may help; None when it did not stop."""
    code = facts.failure_code
    return None if code is None else FailureView(code, facts.failure_detail or "", is_retryable(code))


def _playback(folder: str, facts: VideoFacts) -> Playback:
    return Playback(
        f"{folder}/master.m3u8" if facts.hls else None,
        [Mp4(height, f"{folder}/mp4/{height}.mp4") for height in facts.mp4_heights],
        f"{folder}/poster.webp" if facts.poster else None,
        f"{folder}/storyboard.vtt" if facts.storyboard else None,
        [],
        [],
    )


def media_folder(ports: Ports, facts: VideoFacts, *, now: datetime) -> str:
    """Return the path under which all files of a video lie; relative addresses inside playlists stay below it."""
    video_id = VideoId(facts.id)
    if is_open(facts.visibility):
        return ports.links.open_media(video_id, facts.generation)
    grant = Grant(
        video_id=video_id, generation=facts.generation, access_epoch=facts.access_epoch, viewer=ViewerClass.OWNER
    )
    signed = token(ports.keys, grant, expires=expiry(now, facts.duration or 0))
    return ports.links.signed_media(signed, video_id, facts.generation)
