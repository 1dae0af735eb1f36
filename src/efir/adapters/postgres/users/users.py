"""Users in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from efir.adapters.postgres.kernel.mapping import build_insert, to_values
from efir.adapters.postgres.kernel.pagination import keyset
from efir.domain.audio.records import AUDIO_SCOPES
from efir.domain.kernel.ids import UserId
from efir.domain.pictures.picture import PictureId
from efir.domain.users import NamedUser, NicknameTaken, User, UserNotFound, UserStatus
from efir.ports.kernel.pagination import PageRequest, Position, Rows, build_rows
from efir.ports.pictures import Pictured
from efir.ports.users import AccountView, Login, MeView

ME = """
select u.id, u.nickname, u.display_name, u.email, u.email_verified_at is not null, u.created_at,
       array(select c.handle from channels c where c.owner_id = u.id order by c.created_at), u.locale, u.phone,
       (select m.email from mailbox_proof m where m.user_id = u.id and m.purpose = 'email'
           and m.email_key is distinct from u.email_key),
       u.avatar_id
  from user_account u where u.id = $1 and u.status <> 'deleted'"""

HELD = "select from name_hold where skel = $1 and user_id <> $2 and until > now()"

LOGIN = """
select u.id, u.nickname, u.display_name, u.created_at, u.status, p.wrapped, u.avatar_id
  from user_account u left join password_credential p on p.user_id = u.id
 where u.kind = 'human' and u.status <> 'deleted'
   and (u.nickname = $1 or (u.email_key = $2 and u.email_verified_at is not null))"""

ACCOUNT = """
select u.id, u.nickname, u.display_name, u.email, u.email_verified_at is not null, u.kind, u.status,
       array(select r.name from user_role g join role r on r.id = g.role_id
              where g.user_id = u.id and (g.expires_at is null or g.expires_at > $1) order by r.name),
       b.ends_at, b.reason, u.last_login_at, u.created_at
  from user_account u left join ban b on b.user_id = u.id and b.lifted_at is null
"""
ACCOUNTS = (
    ACCOUNT
    + """
 where u.status <> 'deleted' and ($2 = '' or u.status = $2)
   and ($3 = '' or strpos(lower(concat_ws(' ', u.nickname, u.display_name, u.email)), lower($3)) > 0)
   and ($4 = '' or exists (select from user_role g join role r on r.id = g.role_id
                            where g.user_id = u.id and r.name = $4))
   and {where} order by {order} limit {limit}"""
)


ADD_NAMED = """
with added as (
  insert into user_account (id, kind, display_name, name_key, created_at) values ($1, 'named', $2, $3, $4))
insert into api_token (user_id, kind, name, secret_hash, scopes, created_at) values ($1, 'uuid', $2, $5, $6, $4)"""


class PostgresUserViews:
    """Read models of users."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def ping(self) -> None:
        """Run a trivial query."""
        await self._connection.execute("select 1")

    async def me(self, user_id: UserId) -> Pictured[MeView]:
        """Return an account as shown to its owner. Raises UserNotFound."""
        row = await self._connection.fetchrow(ME, user_id)
        if row is None:
            raise UserNotFound
        return Pictured(MeView(*row[:-1]), row[-1])

    async def get_by_nickname(self, nickname: str) -> UserId:
        """Return the id of the user with a nickname. Raises UserNotFound."""
        sql = "select id from user_account where nickname = $1 and kind = 'human' and status <> 'deleted'"
        user_id = await self._connection.fetchval(sql, nickname)
        if user_id is None:
            raise UserNotFound
        return UserId(user_id)

    async def account(self, user_id: UserId, *, now: datetime) -> AccountView:
        """Return an account as shown to administrators. Raises UserNotFound."""
        row = await self._connection.fetchrow(f"{ACCOUNT} where u.id = $2 and u.status <> 'deleted'", now, user_id)
        if row is None:
            raise UserNotFound
        return AccountView(*row)

    async def accounts(
        self, wanted: PageRequest, *, text: str, status: str, role: str, now: datetime
    ) -> Rows[AccountView]:
        """List accounts, newest first; empty filters are ignored. `text` is part of a name or an email address."""
        sql, arguments = keyset(
            ACCOUNTS, wanted, key="u.created_at", kind="timestamptz", read=datetime.fromisoformat, first=5,
            id_column="u.id",
        )  # fmt: skip
        rows = [AccountView(*row) for row in await self._connection.fetch(sql, now, status, text, role, *arguments)]
        return build_rows(rows, wanted, lambda row: Position(row.created_at.isoformat(), str(row.id)))

    async def login(self, nickname: str, email_key: str) -> Login | None:
        """Find an account by nickname or by confirmed email address."""
        row = await self._connection.fetchrow(LOGIN, nickname, email_key)
        return None if row is None else Login(*row)


SET_AVATAR = """
with before as (select id, avatar_id from user_account where id = $1 for update)
update user_account set avatar_id = $2, authz_ver = authz_ver + 1 from before where user_account.id = before.id
returning before.avatar_id, authz_ver"""


class PostgresUserRepository:
    """Users inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def add(self, user: User, password: bytes | None) -> None:
        """Store a user, with a wrapped password hash or without one. Raises NicknameTaken, PhoneTaken."""
        values = to_values(user)
        await self._connection.execute(build_insert("user_account", values), *values.values())
        # Checked after storing the name: whoever gave it up has committed by then, and so has the hold.
        if await self._connection.fetchrow(HELD, user.nick_skel, user.id) is not None:
            raise NicknameTaken
        if password is not None:
            await self._connection.execute(
                "insert into password_credential (user_id, wrapped) values ($1, $2)", user.id, password
            )

    async def set_avatar(self, user_id: UserId, picture_id: PictureId | None) -> tuple[UUID | None, int]:
        """Set or remove a user's avatar. Return the previous one and the account's new version."""
        row = await self._connection.fetchrow(SET_AVATAR, user_id, picture_id)
        if row is None:
            raise UserNotFound
        return row[0], row[1]

    async def set_status(self, user_id: UserId, status: UserStatus, *, end_sessions: bool) -> int:
        """Change the status of an account. Return its new version. Raises UserNotFound."""
        return await self._apply_change("status = $2, epoch = epoch + $3", user_id, status.value, int(end_sessions))

    async def ban(self, user_id: UserId) -> int:
        """Set an account's status to banned and end its sessions. Return its new version. Raises UserNotFound."""
        return await self.set_status(user_id, UserStatus.BANNED, end_sessions=True)

    async def unban(self, user_id: UserId) -> int:
        """Set an account's status back to active. Return its new version. Raises UserNotFound."""
        return await self.set_status(user_id, UserStatus.ACTIVE, end_sessions=False)

    async def note_rights_change(self, user_id: UserId) -> int:
        """Record that the roles of a user have changed. Return the account's new version. Raises UserNotFound."""
        return await self._apply_change("status = status", user_id)

    async def _apply_change(self, change: str, user_id: UserId, *values: Any) -> int:
        version: int | None = await self._connection.fetchval(
            f"update user_account set {change}, authz_ver = authz_ver + 1 "  # noqa: S608  # own text only
            "where id = $1 and status <> 'deleted' returning authz_ver",
            user_id, *values,
        )  # fmt: skip
        if version is None:
            raise UserNotFound
        return version

    async def add_named(self, user: NamedUser, secret_hash: bytes) -> None:
        """Store a user known by name only, with the hash of their only token. Raises UsernameTaken."""
        await self._connection.execute(
            ADD_NAMED, user.id, user.name, user.name_key, user.created_at, secret_hash, AUDIO_SCOPES
        )
