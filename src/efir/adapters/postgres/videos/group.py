"""What the area keeps in PostgreSQL: videos and renditions."""

from efir.adapters.postgres.kernel.constraints import Broken
from efir.adapters.postgres.kernel.repository_attribute import Connected, On
from efir.adapters.postgres.videos.renditions import ReadRenditions, Renditions
from efir.adapters.postgres.videos.videos import ReadVideos, Videos
from efir.domain.channels import ChannelNotFound
from efir.domain.users import UserNotFound


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


BROKEN: Broken = {
    "fk_videos_channel_id_channels": ChannelNotFound,
    "fk_videos_owner_id_user_account": UserNotFound,
}


EXPORTED = {
    "videos": """select id, channel_id, title, description, tags, visibility, state, duration, width, height, views,
                        likes, comments, created_at, published_at
                   from videos where owner_id = $1 and deleted_at is null order by created_at""",
}
"""What is exported of a person, `$1`; a new table with personal data gets a line here."""
