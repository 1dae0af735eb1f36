"""PostgreSQL repositories of uploads."""

from efir.adapters.postgres.kernel.constraints import Broken
from efir.adapters.postgres.kernel.repository_attribute import Connected, RepositoryAttribute
from efir.adapters.postgres.uploads.uploads import PostgresUploadRepository
from efir.domain.users import UserNotFound


class UploadRepositories(Connected):
    """Repositories of uploads."""

    __slots__ = ()

    uploads = RepositoryAttribute(PostgresUploadRepository)


BROKEN: Broken = {
    "fk_uploads_owner_id_user_account": UserNotFound,
}


EXPORTED = {
    "uploads": """select id, state, length, filename, filetype, sha256, created_at from uploads
                   where owner_id = $1 order by created_at""",
}
"""Queries of the data export by subject, `$1` is the user; every table with personal data needs one."""
