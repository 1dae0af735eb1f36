"""Uploads in PostgreSQL; leases of writers are timed by the clock of the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from efir.adapters.postgres.kernel.mapping import build_insert, to_domain, to_values
from efir.domain.kernel.ids import UserId
from efir.domain.uploads import Upload, UploadId, UploadNotFound

ONE = """
select id, owner_id, state, length, stored_offset, filename, filetype, metadata, sha256, partial, concat, writer_fence,
       created_at, expires_at from uploads where id = $1"""

CLAIM = """
update uploads set writer_fence = writer_fence + 1, length = $2, writer_until = now() + make_interval(secs => $3)
 where id = $1 and state = 'open' and (writer_until is null or writer_until < now()) returning writer_fence"""

RECORD = """
update uploads set stored_offset = $3, expires_at = $4, writer_until = now() + make_interval(secs => $5)
 where id = $1 and writer_fence = $2 and state = 'open' returning id"""

FINISH = """
update uploads set state = 'finished', stored_offset = $3, length = $3, sha256 = $4, expires_at = $5,
       writer_until = null
 where id = $1 and writer_fence = $2 and state = 'open' returning id"""

END = """
update uploads set state = 'gone', writer_fence = writer_fence + 1, writer_until = null where id = any($1::uuid[])"""

EXPIRE = """
with late as (select id from uploads where state in ('open','finished') and expires_at <= $1
                 and (writer_until is null or writer_until < now())
               order by expires_at limit $2 for update skip locked)
update uploads set state = 'gone', writer_fence = writer_fence + 1, writer_until = null
  from late where uploads.id = late.id returning uploads.id"""


class PostgresUploadRepository:
    """Uploads inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def add(self, upload: Upload) -> None:
        """Store a new upload."""
        values = to_values(upload)
        await self._connection.execute(build_insert("uploads", values), *values.values())

    async def count_open(self, owner: UserId) -> int:
        """Return the number of a user's unfinished uploads; counts for one user are serialized."""
        await self._connection.execute(
            "select pg_advisory_xact_lock(hashtextextended('uploads ' || $1, 0))", str(owner)
        )
        return int(
            await self._connection.fetchval(
                "select count(*) from uploads where owner_id = $1 and state = 'open'", owner
            )
        )

    async def get(self, upload_id: UploadId, *, lock: bool = False) -> Upload:
        """Return an upload; `lock` locks its row. Raises UploadNotFound."""
        row = await self._connection.fetchrow(ONE + (" for update" if lock else ""), upload_id)
        if row is None:
            raise UploadNotFound
        return to_domain(row, Upload)

    async def claim(self, upload_id: UploadId, *, length: int | None, seconds: float) -> int | None:
        """Become the writer, for `seconds` without progress at most.

        Return the new fence, or None while another writer holds the upload.
        """
        fence: int | None = await self._connection.fetchval(CLAIM, upload_id, length, seconds)
        return fence

    async def record(
        self, upload_id: UploadId, fence: int, *, offset: int, expires_at: datetime, seconds: float
    ) -> bool:
        """Record that bytes up to `offset` are durable, and stay the writer. Return False when overtaken or ended."""
        row = await self._connection.fetchval(RECORD, upload_id, fence, offset, expires_at, seconds)
        return row is not None

    async def holds(self, upload_id: UploadId, fence: int) -> bool:
        """Return whether the fence is still the newest of an open upload."""
        sql = "select 1 from uploads where id = $1 and writer_fence = $2 and state = 'open'"
        return await self._connection.fetchval(sql, upload_id, fence) is not None

    async def release(self, upload_id: UploadId, fence: int) -> None:
        """Release the upload, so that another writer can claim it."""
        sql = "update uploads set writer_until = null where id = $1 and writer_fence = $2"
        await self._connection.execute(sql, upload_id, fence)

    async def finish(self, upload_id: UploadId, fence: int, *, length: int, sha256: str, expires_at: datetime) -> bool:
        """Record that all bytes are stored in their final place. Return False when overtaken or ended."""
        return await self._connection.fetchval(FINISH, upload_id, fence, length, sha256, expires_at) is not None

    async def use(self, upload_id: UploadId) -> None:
        """Mark a finished upload as used for a video."""
        await self._connection.execute("update uploads set state = 'used' where id = $1", upload_id)

    async def end(self, upload_ids: Sequence[UploadId]) -> None:
        """Mark uploads as gone; their writers lose the fence, and `find_ended` lists them for the removal of bytes."""
        await self._connection.execute(END, list(upload_ids))

    async def expire(self, now: datetime, *, limit: int) -> int:
        """Mark expired uploads as gone. Return their number."""
        return len(await self._connection.fetch(EXPIRE, now, limit))

    async def find_ended(self, *, limit: int) -> list[UploadId]:
        """Return up to `limit` gone uploads whose bytes have not been removed yet."""
        sql = "select id from uploads where state = 'gone' and cleared_at is null limit $1"
        return [UploadId(row[0]) for row in await self._connection.fetch(sql, limit)]

    async def note_cleared(self, upload_ids: Sequence[UploadId]) -> None:
        """Record that the bytes of gone uploads have been removed."""
        sql = "update uploads set cleared_at = now() where id = any($1::uuid[])"
        await self._connection.execute(sql, list(upload_ids))

    async def forget(self, before: datetime) -> None:
        """Delete rows of cleared and of used uploads created before a time."""
        sql = """delete from uploads where created_at < $1
                    and (state = 'used' or (state = 'gone' and cleared_at is not null))"""
        await self._connection.execute(sql, before)
