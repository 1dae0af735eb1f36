"""Where a video is played from."""

from datetime import datetime

from efir.application.context import Ports
from efir.domain.videos import WATCHABLE, VideoState
from efir.ports.channels import ChannelRef
from efir.ports.videos import FailureView, Mp4, Playback, VideoFacts, VideoView


def shown(ports: Ports, facts: VideoFacts, *, now: datetime) -> VideoView:
    """Add addresses to a video's facts; those of a private video are signed and expire."""
    return VideoView(
        id=facts.id, title=facts.title, description=facts.description, tags=facts.tags,
        state=VideoState(facts.state), visibility=facts.visibility, duration=facts.duration, width=facts.width,
        height=facts.height, views=facts.views, likes=facts.likes, comments=facts.comments,
        channel=ChannelRef(handle=facts.channel_handle, title=facts.channel_title),
        playback=_playback(ports, facts, now=now) if facts.state in WATCHABLE else None,
        failure=None if facts.failure_code is None else FailureView(facts.failure_code, facts.failure_detail or ""),
        created_at=facts.created_at, published_at=facts.published_at,
    )  # fmt: skip


def _playback(ports: Ports, facts: VideoFacts, *, now: datetime) -> Playback:
    folder = media_folder(ports, facts, now=now)
    return Playback(
        hls=f"{folder}/master.m3u8" if facts.hls else None,
        mp4=[Mp4(height=height, url=f"{folder}/mp4/{height}.mp4") for height in facts.mp4_heights],
        poster=f"{folder}/poster.webp" if facts.poster else None,
        storyboard=f"{folder}/storyboard.vtt" if facts.storyboard else None,
        captions=[],
        chapters=[],
    )


def media_folder(_ports: Ports, facts: VideoFacts, *, now: datetime) -> str:  # noqa: ARG001
    """Path under which all files of a video lie; relative addresses inside playlists stay below it."""
    return f"/media/v/{facts.id}/{facts.generation}"
