"""Unfinished registrations in PostgreSQL."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from efir.adapters.postgres.kernel.mapping import build_insert, to_domain, to_values
from efir.domain.accounts.registrations import Registration, RegistrationId, RegistrationNotFound

COLUMNS = [field.name for field in fields(Registration)]
ONE = f"select {', '.join(COLUMNS)} from registration where ticket_hash = $1 and expires_at > $2"  # noqa: S608  # own names

ARRIVED = f"""
select {", ".join(COLUMNS)} from registration
 where issuer = $1 and sub = $2 and user_id is null and expires_at > $3
 order by created_at desc limit 1 for update"""  # noqa: S608  # own names

DROP_ARRIVED = """
delete from registration where issuer = $1 and user_id is null
   and ($2::text is null or idp_sid = $2) and ($3::text is null or sub = $3)"""

NAME_TAKEN = """
select exists (select 1 from user_account where nick_skel = $2) or exists (select 1 from channels where handle = $1)
    or exists (select 1 from name_hold where skel = $2 and until > now())"""

ADDRESS_TAKEN = """
select exists (select 1 from user_account where email_key = $1 and email_verified_at is not null)"""

NEXT_PICTURE = """
update registration set avatar_gen = avatar_gen + 1, avatar_uploads = avatar_uploads + $2 where id = $1
returning avatar_gen, avatar_uploads"""

RESERVE = """
insert into name_reservation (key, registration_id, expires_at) values ($1, $2, $4)
on conflict (key) do update set registration_id = excluded.registration_id, expires_at = excluded.expires_at
 where name_reservation.registration_id = excluded.registration_id or name_reservation.expires_at <= $3
returning key"""

FORGET = """
with gone as (select id from registration where expires_at <= $1 order by id limit 500 for update skip locked)
delete from registration using gone where registration.id = gone.id"""

FORGET_NAMES = """
with gone as (select key from name_reservation where expires_at <= $1 limit 500 for update skip locked)
delete from name_reservation using gone where name_reservation.key = gone.key"""


class PostgresRegistrationViews:
    """Read models of unfinished registrations."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def get_by_ticket(self, ticket_hash: bytes, *, now: datetime) -> Registration:
        """Return a registration that has not expired. Raises RegistrationNotFound."""
        return _one(await self._connection.fetchrow(ONE, ticket_hash, now))

    async def is_name_taken(self, nickname: str, key: str) -> bool:
        """Return whether an account or a channel has this name, or an account has one that looks like it."""
        return bool(await self._connection.fetchval(NAME_TAKEN, nickname, key))

    async def is_address_taken(self, email_key: str) -> bool:
        """Return whether an account has confirmed this address."""
        return bool(await self._connection.fetchval(ADDRESS_TAKEN, email_key))


class PostgresRegistrationRepository:
    """Unfinished registrations inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def add(self, registration: Registration) -> None:
        """Store a new registration."""
        values = to_values(registration)
        await self._connection.execute(build_insert("registration", values), *values.values())

    async def get_by_ticket(self, ticket_hash: bytes, *, now: datetime) -> Registration:
        """Return a registration that has not expired and lock its row. Raises RegistrationNotFound."""
        return _one(await self._connection.fetchrow(f"{ONE} for update", ticket_hash, now))

    async def change(self, registration_id: RegistrationId, values: Mapping[str, Any]) -> None:
        """Set fields by name."""
        names = [name for name in values if name in COLUMNS]
        marks = ", ".join(f"{name} = ${place}" for place, name in enumerate(names, 2))
        sql = f"update registration set {marks} where id = $1"  # noqa: S608  # own names
        await self._connection.execute(sql, registration_id, *(values[name] for name in names))

    async def count_check(self, registration_id: RegistrationId, *, limit: int) -> bool:
        """Count one more address check that reveals its result. Return False when `limit` was already reached."""
        sql = """update registration set email_checks = email_checks + 1
                  where id = $1 and email_checks < $2 returning email_checks"""
        return await self._connection.fetchval(sql, registration_id, limit) is not None

    async def next_picture(self, registration_id: RegistrationId, *, sent: bool) -> tuple[int, int]:
        """Count one more picture, uploaded or cropped again. Return its number and the number of uploads so far."""
        row = await self._connection.fetchrow(NEXT_PICTURE, registration_id, int(sent))
        return row[0], row[1]

    async def picture_gen(self, picture_id: UUID | None) -> int:
        """Return the number of a registration's picture, or 0 without one."""
        return int(await self._connection.fetchval("select gen from staged_upload where id = $1", picture_id) or 0)

    async def reserve(self, key: str, registration_id: RegistrationId, *, now: datetime, until: datetime) -> bool:
        """Reserve a name by its skeleton, releasing the previous one; False when another registration holds it."""
        if await self._connection.fetchval(RESERVE, key, registration_id, now, until) is None:
            return False
        sql = "delete from name_reservation where registration_id = $1 and key <> $2"
        await self._connection.execute(sql, registration_id, key)
        return True

    async def is_reserved(self, key: str, *, now: datetime, but_for: RegistrationId | None) -> bool:
        """Return whether a registration other than `but_for` holds a name."""
        sql = """select exists (select 1 from name_reservation
                                 where key = $1 and expires_at > $2 and registration_id is distinct from $3::uuid)"""
        return bool(await self._connection.fetchval(sql, key, now, but_for))

    async def release(self, registration_id: RegistrationId) -> None:
        """Release the reserved name."""
        await self._connection.execute("delete from name_reservation where registration_id = $1", registration_id)

    async def find_by_identity(self, issuer: str, sub: str, *, now: datetime) -> Registration | None:
        """Find the open registration of an identity at a provider and lock its row."""
        row = await self._connection.fetchrow(ARRIVED, issuer, sub, now)
        return None if row is None else to_domain(row, Registration)

    async def drop(self, ticket_hash: bytes) -> None:
        """Delete an open registration, if there is one; its picture expires with it."""
        sql = "delete from registration where ticket_hash = $1 and user_id is null"
        await self._connection.execute(sql, ticket_hash)

    async def delete_federated(self, issuer: str, *, sid: str | None, sub: str | None) -> None:
        """Delete open registrations of a session, or of all sessions of a user, that ended at a provider."""
        await self._connection.execute(DROP_ARRIVED, issuer, sid, sub)

    async def forget(self, now: datetime) -> None:
        """Delete expired registrations and name reservations."""
        await self._connection.execute(FORGET, now)
        await self._connection.execute(FORGET_NAMES, now)


def _one(row: Any) -> Registration:
    if row is None:
        raise RegistrationNotFound
    return to_domain(row, Registration)
