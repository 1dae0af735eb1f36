"""What the area offers to use cases: videos and renditions."""

from typing import Protocol

from efir.ports.videos.renditions import RenditionRepository, RenditionViews
from efir.ports.videos.videos import VideoRepository, VideoViews


class VideoRepositories(Protocol):
    """What is changed of videos and renditions."""

    @property
    def videos(self) -> VideoRepository: ...

    @property
    def renditions(self) -> RenditionRepository: ...


class VideoReadModels(Protocol):
    """What is read of videos and renditions."""

    @property
    def videos(self) -> VideoViews: ...

    @property
    def renditions(self) -> RenditionViews: ...
