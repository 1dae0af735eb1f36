"""What the area keeps in PostgreSQL: users."""

from efir.adapters.postgres.kernel.repository_attribute import Connected, On
from efir.adapters.postgres.users.users import ReadUsers, Users


class UserRepositories(Connected):
    """Repositories of users."""

    __slots__ = ()

    users = On(Users)


class UserReadModels(Connected):
    """Read models of users."""

    __slots__ = ()

    users = On(ReadUsers)
