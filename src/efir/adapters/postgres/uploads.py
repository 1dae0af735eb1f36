"""Uploads in PostgreSQL."""

from typing import Any

from efir.adapters.postgres.mapping import to_domain
from efir.domain.uploads import Upload, UploadId, UploadNotFound

ONE = """
select id, owner_id, state, length, stored_offset, filename, filetype, metadata, sha256, writer_fence, created_at,
       expires_at from uploads where id = $1"""


class ReadUploads:
    """Read models of uploads."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection


class Uploads:
    """Uploads inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def get(self, upload_id: UploadId, *, lock: bool = False) -> Upload:
        """Raises UploadNotFound."""
        row = await self._connection.fetchrow(ONE + (" for update" if lock else ""), upload_id)
        if row is None:
            raise UploadNotFound
        return to_domain(row, Upload)

    async def use(self, upload_id: UploadId) -> None:
        """Mark a finished upload as become a video."""
        await self._connection.execute("update uploads set state = 'used' where id = $1", upload_id)
