"""Second factors in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from efir.adapters.postgres.kernel.mapping import to_domain
from efir.domain.auth.second_factors import Totp
from efir.domain.kernel.ids import UserId
from efir.ports.auth.second_factors import SecondFactorView

NEEDED = "select exists (select from totp_credential where user_id = $1 and confirmed_at is not null)"
OF_USER = """
select (select confirmed_at from totp_credential where user_id = $1),
       (select count(*) from recovery_code where user_id = $1 and used_at is null)"""
LOCK = """
select user_id, secret_sealed, last_step, confirmed_at, wrong, wrong_since
  from totp_credential where user_id = $1 for update"""
BEGIN = """
insert into totp_credential (user_id, secret_sealed, created_at) values ($1, $2, $3)
on conflict (user_id) do update
   set secret_sealed = excluded.secret_sealed, created_at = excluded.created_at, last_step = 0
 where totp_credential.confirmed_at is null returning user_id"""
USE_STEP = """
update totp_credential set last_step = $2, wrong = 0, wrong_since = null
 where user_id = $1 and last_step < $2 returning user_id"""
USE_CODE = """
update recovery_code set used_at = $3
 where user_id = $1 and code_hash = any($2::bytea[]) and used_at is null returning user_id"""


class PostgresSecondFactorViews:
    """Read model of second factors."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def is_required(self, user_id: UserId) -> bool:
        """Return whether sign-in requires a code."""
        return bool(await self._connection.fetchval(NEEDED, user_id))

    async def get_by_user(self, user_id: UserId) -> SecondFactorView:
        """Return the second factor of an account."""
        since, left = await self._connection.fetchrow(OF_USER, user_id)
        return SecondFactorView(enabled=since is not None, confirmed_at=since, recovery_codes_left=left)


class PostgresSecondFactorRepository(PostgresSecondFactorViews):
    """Second factors inside a transaction."""

    async def lock(self, user_id: UserId) -> Totp | None:
        """Return the authenticator app and lock its row until the transaction ends."""
        row = await self._connection.fetchrow(LOCK, user_id)
        return None if row is None else to_domain(row, Totp)

    async def begin(self, totp: Totp, *, now: datetime) -> bool:
        """Store an unconfirmed app, replacing another one. Return False when a confirmed app exists.

        Wrong codes stay counted; otherwise a new set-up would reset the count.
        """
        return await self._connection.fetchval(BEGIN, totp.user_id, totp.secret_sealed, now) is not None

    async def confirm(self, user_id: UserId, *, now: datetime) -> None:
        """Mark the app as confirmed, which turns the second factor on."""
        await self._connection.execute("update totp_credential set confirmed_at = $2 where user_id = $1", user_id, now)

    async def use_step(self, user_id: UserId, step: int) -> bool:
        """Mark the code of a time step as used. Return False when it, or a newer one, was used before."""
        return await self._connection.fetchval(USE_STEP, user_id, step) is not None

    async def record_wrong_codes(self, user_id: UserId, wrong: int, since: datetime) -> None:
        """Store the number of wrong codes and the start of their window."""
        await self._connection.execute(
            "update totp_credential set wrong = $2, wrong_since = $3 where user_id = $1", user_id, wrong, since
        )

    async def remove(self, user_id: UserId) -> bool:
        """Delete the app and the recovery codes. Return False when no app was confirmed."""
        await self._connection.execute("delete from recovery_code where user_id = $1", user_id)
        gone = await self._connection.fetchval(
            "delete from totp_credential where user_id = $1 and confirmed_at is not null returning user_id", user_id
        )
        return gone is not None

    async def put_codes(self, user_id: UserId, hashes: list[bytes]) -> None:
        """Store hashes of recovery codes, replacing the current ones."""
        await self._connection.execute("delete from recovery_code where user_id = $1", user_id)
        await self._connection.execute(
            "insert into recovery_code (user_id, code_hash) select $1, unnest($2::bytea[])", user_id, hashes
        )

    async def use_code(self, user_id: UserId, code_hashes: Sequence[bytes], *, now: datetime) -> bool:
        """Use up a recovery code, found by its possible hashes. Return False when it is unknown or already used."""
        return await self._connection.fetchval(USE_CODE, user_id, list(code_hashes), now) is not None
