"""What the area keeps in PostgreSQL: videos and renditions."""

from efir.adapters.postgres.kernel.repository_attribute import Connected, On
from efir.adapters.postgres.videos.renditions import ReadRenditions, Renditions
from efir.adapters.postgres.videos.videos import ReadVideos, Videos


class VideoRepositories(Connected):
    """Repositories of videos and renditions."""

    __slots__ = ()

    videos = On(Videos)
    renditions = On(Renditions)


class VideoReadModels(Connected):
    """Read models of videos and renditions."""

    __slots__ = ()

    videos = On(ReadVideos)
    renditions = On(ReadRenditions)
