"""The blob store inside the database: chunks of 256 KiB, written and read a few at a time."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from efir.ports.kernel.blobs import Blob, BlobInfo, BlobKey, BlobMissing, blob_key

CHUNK = 256 << 10
LISTED_AT_ONCE = 500

PART = """
select substr(data, greatest($2::bigint - n::bigint * $4, 0)::int + 1,
              (least($3::bigint, (n + 1)::bigint * $4) - greatest($2::bigint, n::bigint * $4))::int)
  from blob_chunks where blob_id = $1 and n between $2::bigint / $4 and ($3::bigint - 1) / $4 order by n"""
LIST = "select key, size, created_at from blobs where key > $1 and starts_with(key, $2) order by key limit $3"

Lend = Callable[[], AbstractAsyncContextManager[Any]]


class PostgresBlobStore:
    """`BlobStore` over a connection that is borrowed for each call, or over that of a transaction.

    In a transaction, an object appears and disappears with the rows about it. Unlike a file, an object that is deleted
    while it is read ends early.
    """

    def __init__(self, lend: Lend) -> None:
        self._lend = lend

    async def put_file(self, key: BlobKey, path: Path) -> None:
        """Move a local file into the store; an existing object is replaced. Raises StorageFull."""
        await self._put(key, await asyncio.to_thread(os.path.getsize, path), _pieces(path))
        await asyncio.to_thread(path.unlink)

    async def put_bytes(self, key: BlobKey, content: bytes) -> None:
        """Store small content; an existing object is replaced. Raises StorageFull."""

        async def pieces() -> AsyncIterator[bytes]:
            for offset in range(0, len(content), CHUNK):
                yield content[offset : offset + CHUNK]

        await self._put(key, len(content), pieces())

    async def open(self, key: BlobKey) -> Blob:
        """Open an object for reading; the caller closes it. Raises BlobMissing."""
        async with self._lend() as connection:
            row = await connection.fetchrow("select id, size, created_at from blobs where key = $1", key)
        if row is None:
            raise BlobMissing
        return PostgresBlob(self._lend, *row)

    async def delete(self, key: BlobKey) -> None:
        """Delete an object; a missing one is not an error."""
        async with self._lend() as connection:
            await connection.execute("delete from blobs where key = $1", key)

    async def delete_prefix(self, prefix: BlobKey) -> None:
        """Delete every object whose key begins with `prefix` and a `/`."""
        async with self._lend() as connection:
            await connection.execute("delete from blobs where starts_with(key, $1)", f"{prefix}/")

    async def list(self, prefix: BlobKey | None = None) -> AsyncIterator[BlobInfo]:
        """List objects in batches, so that a store of any size costs little memory."""
        below, last = f"{prefix}/" if prefix else "", ""
        while True:
            async with self._lend() as connection:
                rows = await connection.fetch(LIST, last, below, LISTED_AT_ONCE)
            for row in rows:
                yield BlobInfo(blob_key(row["key"]), row["size"], row["created_at"])
            if len(rows) < LISTED_AT_ONCE:
                return
            last = rows[-1]["key"]

    async def _put(self, key: BlobKey, size: int, pieces: AsyncIterator[bytes]) -> None:
        async with self._lend() as connection, connection.transaction():
            await connection.execute("delete from blobs where key = $1", key)
            blob_id = await connection.fetchval("insert into blobs (key, size) values ($1, $2) returning id", key, size)

            async def rows() -> AsyncIterator[tuple[UUID, int, bytes]]:
                n = 0
                async for piece in pieces:
                    yield blob_id, n, piece
                    n += 1

            await connection.copy_records_to_table(
                "blob_chunks", records=rows(), columns=["blob_id", "n", "data"], schema_name=None
            )


class PostgresBlob:
    """An object in the database; each read fetches the chunks it needs and then holds no connection."""

    path: Path | None = None

    def __init__(self, lend: Lend, blob_id: UUID, size: int, modified: datetime) -> None:
        self._lend, self._id = lend, blob_id
        self.size, self.modified = size, modified

    async def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`: fewer only at the end of the object, none beyond it."""
        end = min(offset + length, self.size)
        if end <= offset:
            return b""
        async with self._lend() as connection:
            rows = await connection.fetch(PART, self._id, offset, end, CHUNK)
        return bytes(rows[0][0]) if len(rows) == 1 else b"".join(row[0] for row in rows)

    def close(self) -> None:
        """Do nothing."""


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, CHUNK):
            yield piece
