"""Pictures in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from efir.adapters.postgres.kernel.mapping import build_insert, to_values
from efir.domain.kernel.ids import UserId
from efir.domain.pictures.picture import Picture, PictureId, PictureNotFound
from efir.ports.pictures import StoredPicture

FRESH = "not working and created_at > now() - interval '10 seconds' as arriving"
ONE = f"select id, kind, width, height, files, thumbhash, working, {FRESH} from staged_upload where id = $1 and "  # noqa: S608  # own names

STAGE = """
update staged_upload set state = 'staged', width = $2, height = $3, files = $4, thumbhash = $5, bytes = bytes + $6
 where id = $1 and state = 'receiving' returning id"""

KEEP_WORKING = """
update staged_upload set working = true, bytes = bytes + $2 where id = $1 and state <> 'deleting' returning id"""

STAGED_BYTES = """
select coalesce(sum(bytes), 0) from staged_upload where state <> 'claimed' and cleared_at is null"""

CLAIM = """
update staged_upload set state = 'claimed', owner_id = $2, registration_id = null
 where id = $1 and state = 'staged' returning id"""

# A staged picture lives as long as its registration refers to it; a claimed one, as long as it has an owner.
EXPIRE = """
with late as (
  select id from staged_upload s
   where state <> 'claimed' and state <> 'deleting' and expires_at <= $1
     and not exists (select 1 from registration r where r.id = s.registration_id and r.avatar_id = s.id)
   order by expires_at limit $2 for update skip locked)
update staged_upload set state = 'deleting' from late where staged_upload.id = late.id"""

ORPHANS = """
update staged_upload set state = 'deleting'
 where id in (select id from staged_upload where owner_id is null and state = 'claimed' limit $1
               for update skip locked)"""

ENDED = "select id from staged_upload where state = 'deleting' and cleared_at is null limit $1"


class PostgresPictureViews:
    """Read models of pictures."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def get_claimed(self, picture_id: PictureId) -> StoredPicture:
        """Return a picture that a user owns. Raises PictureNotFound."""
        return self._one(await self._connection.fetchrow(ONE + "state = 'claimed'", picture_id))

    async def find_worn(self, owner: UserId) -> StoredPicture | None:
        """Return the current avatar of a user, or None."""
        where = "state = 'claimed' and id = (select avatar_id from user_account where id = $1)"
        row = await self._connection.fetchrow(ONE.replace("id = $1 and ", where), owner)
        return None if row is None else self._one(row)

    async def get_staged(self, picture_id: PictureId, registration_id: UUID) -> StoredPicture:
        """Return the picture of a registration. Raises PictureNotFound."""
        where = "state = 'staged' and registration_id = $2"
        return self._one(await self._connection.fetchrow(ONE + where, picture_id, registration_id))

    @staticmethod
    def _one(row: Any) -> StoredPicture:
        if row is None:
            raise PictureNotFound
        return msgspec.convert(dict(row), StoredPicture)


class PostgresPictureRepository:
    """Pictures inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def add(self, picture: Picture) -> None:
        """Store the row of a picture before its bytes, so that no stored bytes lack a row."""
        values = to_values(picture)
        await self._connection.execute(build_insert("staged_upload", values), *values.values())

    async def count_since(self, owner: UserId, since: datetime) -> int:
        """Count the pictures that a user has uploaded since a time; counts for one user are serialized."""
        lock = "select pg_advisory_xact_lock(hashtextextended('pictures ' || $1, 0))"
        await self._connection.execute(lock, str(owner))
        sql = "select count(*) from staged_upload where owner_id = $1 and created_at > $2"
        return int(await self._connection.fetchval(sql, owner, since))

    async def stage(self, picture_id: PictureId, made: StoredPicture) -> bool:
        """Record that the bytes are stored. Return False when the picture was released in the meantime."""
        files = msgspec.to_builtins(made.files)
        values = (made.width, made.height, files, made.thumbhash, sum(file.size for file in made.files))
        return await self._connection.fetchval(STAGE, picture_id, *values) is not None

    async def keep_working(self, picture_id: PictureId, size: int) -> bool:
        """Record that a working copy of `size` bytes is stored. Return False when the picture was released."""
        return await self._connection.fetchval(KEEP_WORKING, picture_id, size) is not None

    async def drop_working(self, picture_id: PictureId) -> None:
        """Record that the working copy has been removed."""
        await self._connection.execute("update staged_upload set working = false where id = $1", picture_id)

    async def count_staged_bytes(self) -> int:
        """Return the total bytes of pictures that no user owns yet, or no user owns any more."""
        return int(await self._connection.fetchval(STAGED_BYTES))

    async def claim(self, picture_id: PictureId, owner: UserId) -> bool:
        """Assign a staged picture to an owner permanently. Return False when it is not staged."""
        return await self._connection.fetchval(CLAIM, picture_id, owner) is not None

    async def end(self, picture_id: PictureId) -> None:
        """Release a picture; the sweeper removes its bytes."""
        await self._connection.execute("update staged_upload set state = 'deleting' where id = $1", picture_id)

    async def end_of(self, owner: UserId) -> None:
        """Release every picture of a user whose account is deleted."""
        await self._connection.execute("update staged_upload set state = 'deleting' where owner_id = $1", owner)

    async def expire(self, now: datetime, *, limit: int) -> list[PictureId]:
        """Release expired pictures that nothing refers to. Return those whose bytes should be removed."""
        await self._connection.execute(EXPIRE, now, limit)
        await self._connection.execute(ORPHANS, limit)
        return [PictureId(row[0]) for row in await self._connection.fetch(ENDED, limit)]

    async def note_cleared(self, picture_ids: Sequence[PictureId]) -> None:
        """Record that the bytes have been removed."""
        sql = "update staged_upload set cleared_at = now() where id = any($1::uuid[])"
        await self._connection.execute(sql, list(picture_ids))

    async def forget(self, before: datetime) -> None:
        """Delete rows of cleared pictures created before a time."""
        sql = "delete from staged_upload where state = 'deleting' and cleared_at is not null and created_at < $1"
        await self._connection.execute(sql, before)

    async def find_known(self, picture_ids: Sequence[PictureId]) -> set[PictureId]:
        """Return those of the ids that have a row."""
        sql = "select id from staged_upload where id = any($1::uuid[])"
        return {PictureId(row[0]) for row in await self._connection.fetch(sql, list(picture_ids))}
