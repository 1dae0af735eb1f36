"""PostgreSQL repositories and read models of pictures."""

from efir.adapters.postgres.kernel.constraints import Broken
from efir.adapters.postgres.kernel.repository_attribute import Connected, RepositoryAttribute
from efir.adapters.postgres.pictures.pictures import PostgresPictureRepository, PostgresPictureViews
from efir.domain.users import UserNotFound


class PictureRepositories(Connected):
    """Repositories of pictures."""

    __slots__ = ()

    pictures = RepositoryAttribute(PostgresPictureRepository)


class PictureReadModels(Connected):
    """Read models of pictures."""

    __slots__ = ()

    pictures = RepositoryAttribute(PostgresPictureViews)


BROKEN: Broken = {
    "fk_staged_upload_owner_id_user_account": UserNotFound,
}


EXPORTED = {
    "pictures": """select id, kind, width, height, created_at from staged_upload
                    where owner_id = $1 and state = 'claimed' order by created_at""",
}
"""Queries of the data export by subject, `$1` is the user; every table with personal data needs one."""
