"""What the area keeps in PostgreSQL: pictures."""

from efir.adapters.postgres.kernel.repository_attribute import Connected, On
from efir.adapters.postgres.pictures.pictures import Pictures, ReadPictures


class PictureRepositories(Connected):
    """Repositories of pictures."""

    __slots__ = ()

    pictures = On(Pictures)


class PictureReadModels(Connected):
    """Read models of pictures."""

    __slots__ = ()

    pictures = On(ReadPictures)
