"""Users in PostgreSQL."""

from typing import Any

from efir.adapters.postgres.mapping import inserted, to_values
from efir.domain.users import User, UserId, UserNotFound
from efir.ports.users import Login, MeView

ME = """
select u.id, u.nickname, u.display_name, u.email, u.email_verified_at is not null, u.created_at,
       array(select c.handle from channels c where c.owner_id = u.id order by c.created_at)
  from user_account u where u.id = $1 and u.status <> 'deleted'"""

LOGIN = """
select u.id, u.nickname, u.display_name, u.created_at, u.status, p.wrapped
  from user_account u left join password_credential p on p.user_id = u.id
 where u.kind = 'human' and u.status <> 'deleted'
   and (u.nickname = $1 or (u.email_key = $2 and u.email_verified_at is not null))"""


class ReadUsers:
    """Read models of users."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def ping(self) -> None:
        """Ask the server anything."""
        await self._connection.execute("select 1")

    async def me(self, user_id: UserId) -> MeView:
        """Raises UserNotFound."""
        row = await self._connection.fetchrow(ME, user_id)
        if row is None:
            raise UserNotFound
        return MeView(*row)

    async def login(self, nickname: str, email_key: str) -> Login | None:
        """Find by nickname, or by an address that is confirmed."""
        row = await self._connection.fetchrow(LOGIN, nickname, email_key)
        return None if row is None else Login(*row)


class Users:
    """Users inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def add(self, user: User, password: bytes) -> None:
        """Store a user with the wrapped password hash. Raises NicknameTaken."""
        values = to_values(user)
        await self._connection.execute(inserted("user_account", values), *values.values())
        await self._connection.execute(
            "insert into password_credential (user_id, wrapped) values ($1, $2)", user.id, password
        )
