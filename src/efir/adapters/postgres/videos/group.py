"""PostgreSQL repositories and read models of videos and renditions."""

from efir.adapters.postgres.kernel.constraints import Broken
from efir.adapters.postgres.kernel.repository_attribute import Connected, RepositoryAttribute
from efir.adapters.postgres.videos.renditions import PostgresRenditionRepository, PostgresRenditionViews
from efir.adapters.postgres.videos.videos import PostgresVideoRepository, PostgresVideoViews
from efir.domain.channels import ChannelNotFound
from efir.domain.users import UserNotFound


class VideoRepositories(Connected):
    """Repositories of videos and renditions."""

    __slots__ = ()

    videos = RepositoryAttribute(PostgresVideoRepository)
    renditions = RepositoryAttribute(PostgresRenditionRepository)


class VideoReadModels(Connected):
    """Read models of videos and renditions."""

    __slots__ = ()

    videos = RepositoryAttribute(PostgresVideoViews)
    renditions = RepositoryAttribute(PostgresRenditionViews)


BROKEN: Broken = {
    "fk_videos_channel_id_channels": ChannelNotFound,
    "fk_videos_owner_id_user_account": UserNotFound,
}


EXPORTED = {
    "videos": """select id, channel_id, title, description, tags, visibility, state, duration, width, height, views,
                        likes, comments, created_at, published_at
                   from videos where owner_id = $1 and deleted_at is null order by created_at""",
}
"""Queries of the data export by subject, `$1` is the user; every table with personal data needs one."""
