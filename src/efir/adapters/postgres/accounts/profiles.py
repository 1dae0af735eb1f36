"""Profiles and the editable fields of accounts, in PostgreSQL."""

from datetime import datetime
from typing import Any

from efir.domain.kernel.ids import EmailAddress, UserId
from efir.domain.users import NicknameTaken, UserNotFound, skeleton
from efir.ports.accounts.profiles import Account, ProfileChange, ProfileView
from efir.ports.pictures import Pictured

PROFILE = """
select u.id, u.nickname, u.display_name, u.created_at,
       array(select c.handle from channels c where c.owner_id = u.id order by c.created_at) as channels,
       u.avatar_id
  from user_account u where u.nickname = $1 and u.kind = 'human' and u.status in ('active','banned')"""

ACCOUNT = """
select id, nickname, display_name, email, email_key, email_verified_at, locale, phone, status, epoch, purge_at,
       created_at
  from user_account where kind = 'human' and status <> 'deleted' and """

# A name is held under its skeleton; a user who takes their own name back ends the hold.
HOLD = """
insert into name_hold (skel, user_id, created_at, until)
select nick_skel, id, $2, $3 from user_account where id = $1
on conflict (skel) do update set user_id = excluded.user_id, created_at = excluded.created_at, until = excluded.until"""

HELD = "select from name_hold where skel = $1 and user_id <> $2 and until > now()"

EMPTY = """
update user_account set nickname = $2, nick_skel = $2, display_name = 'deleted', email = null, email_key = null,
       email_verified_at = null, phone = null, avatar_id = null, purge_at = null
 where id = $1"""

EMPTY_CHANNELS = """
update channels set handle = 'deleted-' || replace(id::text, '-', ''), title = 'deleted', description = ''
 where owner_id = $1"""

PERSONAL = (
    "password_credential", "totp_credential", "recovery_code", "webauthn_credential", "external_identity",
    "login_session", "login_event", "api_token", "user_role", "mailbox_proof", "mails",
)  # fmt: skip


class PostgresProfileViews:
    """Read models of profiles."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def profile(self, nickname: str) -> Pictured[ProfileView]:
        """Return the public profile of a user. Raises UserNotFound."""
        row = await self._connection.fetchrow(PROFILE, nickname)
        if row is None:
            raise UserNotFound
        *columns, avatar_id = row
        return Pictured(ProfileView(*columns), avatar_id)

    async def password(self, user_id: UserId) -> bytes | None:
        """Return the wrapped password hash, or None when the account has no password."""
        sql = "select wrapped from password_credential where user_id = $1"
        wrapped: bytes | None = await self._connection.fetchval(sql, user_id)
        return wrapped


class PostgresProfileRepository:
    """Users' changes to their own accounts, within a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def account(self, user_id: UserId, *, lock: bool = False) -> Account:
        """Return an account; `lock` locks its row. Raises UserNotFound, also for an erased account."""
        row = await self._connection.fetchrow(ACCOUNT + "id = $1" + (" for update" if lock else ""), user_id)
        if row is None:
            raise UserNotFound
        return Account(*row)

    async def find_by_confirmed_email(self, email_key: str, *, lock: bool = False) -> Account | None:
        """Find the account that has confirmed an address; `lock` locks its row."""
        sql = ACCOUNT + "email_key = $1 and email_verified_at is not null"
        row = await self._connection.fetchrow(sql + (" for update" if lock else ""), email_key)
        return None if row is None else Account(*row)

    async def confirm_email(self, user_id: UserId, address: EmailAddress, *, now: datetime) -> None:
        """Store an address as the confirmed address of the account. Raises EmailTaken."""
        await self._connection.execute(
            "update user_account set email = $2, email_key = $3, email_verified_at = $4 where id = $1",
            user_id, address.shown, address.key, now,
        )  # fmt: skip

    async def set_password(self, user_id: UserId, password: bytes, *, now: datetime) -> None:
        """Store a wrapped password hash, replacing the current one if there is one."""
        await self._connection.execute(
            """insert into password_credential (user_id, wrapped, changed_at) values ($1, $2, $3)
               on conflict (user_id) do update set wrapped = $2, changed_at = $3, breach_checked_at = null""",
            user_id, password, now,
        )  # fmt: skip

    async def rehash(self, user_id: UserId, *, old: bytes, new: bytes) -> None:
        """Replace the hash by a stronger one of the same password, unless the password has changed in the meantime."""
        await self._connection.execute(
            "update password_credential set wrapped = $3 where user_id = $1 and wrapped = $2", user_id, old, new
        )

    async def change(self, user_id: UserId, change: ProfileChange) -> None:
        """Store new values of the editable fields. Raises PhoneTaken."""
        await self._connection.execute(
            """update user_account set display_name = coalesce($2, display_name), locale = coalesce($3, locale),
                      phone = nullif(coalesce($4, phone), '') where id = $1""",
            user_id, change.display_name, change.locale, change.phone,
        )  # fmt: skip

    async def rename(self, user_id: UserId, nickname: str, *, now: datetime, hold_until: datetime) -> None:
        """Change the nickname; the previous one stays reserved until `hold_until`. Raises NicknameTaken."""
        skel = skeleton(nickname)
        await self._connection.execute(HOLD, user_id, now, hold_until)
        await self._connection.execute(
            "update user_account set nickname = $2, nick_skel = $3 where id = $1", user_id, nickname, skel
        )
        await self._free(skel, user_id)

    async def was_renamed_since(self, user_id: UserId, moment: datetime) -> bool:
        """Return whether the nickname was changed after `moment`."""
        sql = "select exists (select from name_hold where user_id = $1 and created_at > $2)"
        return bool(await self._connection.fetchval(sql, user_id, moment))

    async def plan_purge(self, user_id: UserId, purge_at: datetime | None) -> None:
        """Schedule the erasure of an account; None cancels it."""
        await self._connection.execute("update user_account set purge_at = $2 where id = $1", user_id, purge_at)

    async def empty(self, user_id: UserId, *, nickname: str, now: datetime, hold_until: datetime) -> None:
        """Erase personal data from an account and its channels; the pseudonym `nickname` stays.

        The previous nickname stays reserved until `hold_until`.
        """
        await self._connection.execute(HOLD, user_id, now, hold_until)
        await self._connection.execute(EMPTY, user_id, nickname)
        await self._connection.execute(EMPTY_CHANNELS, user_id)
        for table in PERSONAL:
            await self._connection.execute(f"delete from {table} where user_id = $1", user_id)  # noqa: S608  # own names only

    async def _free(self, skel: str, user_id: UserId) -> None:
        """Check the hold after storing the name: whoever gave it up has committed by then, and so has the hold."""
        if await self._connection.fetchrow(HELD, skel, user_id) is not None:
            raise NicknameTaken
