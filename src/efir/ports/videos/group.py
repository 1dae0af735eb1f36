"""Ports of videos, grouped for use cases: videos and renditions."""

from typing import Protocol

from efir.ports.videos.renditions import RenditionRepository, RenditionViews
from efir.ports.videos.videos import VideoRepository, VideoViews


class VideoRepositories(Protocol):
    """Repositories of videos and renditions."""

    @property
    def videos(self) -> VideoRepository: ...

    @property
    def renditions(self) -> RenditionRepository: ...


class VideoReadModels(Protocol):
    """Read models of videos and renditions."""

    @property
    def videos(self) -> VideoViews: ...

    @property
    def renditions(self) -> RenditionViews: ...
