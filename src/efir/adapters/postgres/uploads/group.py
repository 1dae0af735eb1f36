"""What the area keeps in PostgreSQL: uploads."""

from efir.adapters.postgres.kernel.repository_attribute import Connected, On
from efir.adapters.postgres.uploads.uploads import Uploads


class UploadRepositories(Connected):
    """Repositories of uploads."""

    __slots__ = ()

    uploads = On(Uploads)
