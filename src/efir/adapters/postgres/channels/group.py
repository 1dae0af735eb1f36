"""PostgreSQL repositories and read models of channels."""

from efir.adapters.postgres.channels.channels import PostgresChannelRepository, PostgresChannelViews
from efir.adapters.postgres.kernel.constraints import Broken
from efir.adapters.postgres.kernel.repository_attribute import Connected, RepositoryAttribute
from efir.domain.channels import HandleTaken
from efir.domain.users import UserNotFound


class ChannelRepositories(Connected):
    """Repositories of channels."""

    __slots__ = ()

    channels = RepositoryAttribute(PostgresChannelRepository)


class ChannelReadModels(Connected):
    """Read models of channels."""

    __slots__ = ()

    channels = RepositoryAttribute(PostgresChannelViews)


BROKEN: Broken = {
    "uq_channels_handle": HandleTaken,
    "fk_channels_owner_id_user_account": UserNotFound,
}


EXPORTED = {
    "channels": """select id, handle, title, description, created_at from channels
                    where owner_id = $1 order by created_at""",
}
"""Queries of the data export by subject, `$1` is the user; every table with personal data needs one."""
