"""PostgreSQL repositories and read models of users."""

from efir.adapters.postgres.kernel.constraints import Broken
from efir.adapters.postgres.kernel.repository_attribute import Connected, RepositoryAttribute
from efir.adapters.postgres.users.users import PostgresUserRepository, PostgresUserViews
from efir.domain.users import NicknameTaken, PhoneTaken


class UserRepositories(Connected):
    """Repositories of users."""

    __slots__ = ()

    users = RepositoryAttribute(PostgresUserRepository)


class UserReadModels(Connected):
    """Read models of users."""

    __slots__ = ()

    users = RepositoryAttribute(PostgresUserViews)


BROKEN: Broken = {
    "uq_user_account_nickname": NicknameTaken,
    "uq_user_account_nick_skel": NicknameTaken,
    "uq_user_account_phone": PhoneTaken,
}


EXPORTED = {
    "account": """select id, nickname, display_name, email, email_verified_at, phone, locale, status, created_at,
                         last_login_at from user_account where id = $1""",
}
"""Queries of the data export by subject, `$1` is the user; every table with personal data needs one."""
