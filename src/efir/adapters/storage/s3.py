"""The blob store in a bucket of an S3-compatible service; needs no database."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from efir.domain.kernel.errors import Unavailable
from efir.ports.kernel.blobs import Blob, BlobInfo, BlobKey, BlobMissing, blob_key

TIMEOUT, CONNECT = timedelta(seconds=10), timedelta(seconds=2)
RETRY = timedelta(seconds=8)
PART = 8 << 20


class StorageUnavailable(Unavailable):
    """The service that stores the files does not respond, or refuses access."""

    code = "storage-away"
    title = "The file storage does not respond"


class S3BlobStore:
    """`BlobStore` in a bucket, below a prefix; large files are uploaded in parts and appear as a whole."""

    def __init__(self, url: str, *, endpoint: str, region: str, access_key: str, secret_key: str) -> None:
        parts = urlsplit(url)
        self._store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            endpoint=endpoint or None,
            region=region or "us-east-1",
            access_key_id=access_key or None,
            secret_access_key=secret_key or None,
            virtual_hosted_style_request=not endpoint,
            client_options={"allow_http": True, "timeout": TIMEOUT, "connect_timeout": CONNECT},
            retry_config={"max_retries": 3, "retry_timeout": RETRY},
        )

    async def put_file(self, key: BlobKey, path: Path) -> None:
        """Move a local file into the store; an existing object is replaced. Raises StorageFull."""
        with _translated():
            await obstore.put_async(self._store, blob_key(key), path, chunk_size=PART)
        await asyncio.to_thread(path.unlink)

    async def put_bytes(self, key: BlobKey, content: bytes) -> None:
        """Store small content; an existing object is replaced. Raises StorageFull."""
        with _translated():
            await obstore.put_async(self._store, blob_key(key), content)

    async def open(self, key: BlobKey) -> Blob:
        """Open an object for reading; the caller closes it. Raises BlobMissing."""
        with _translated():
            facts = await obstore.head_async(self._store, blob_key(key))
        return S3Blob(self._store, key, facts["size"], facts["last_modified"], facts["e_tag"])

    async def delete(self, key: BlobKey) -> None:
        """Delete an object; a missing one is not an error."""
        try:
            with _translated():
                await obstore.delete_async(self._store, blob_key(key))
        except BlobMissing:
            return

    async def delete_prefix(self, prefix: BlobKey) -> None:
        """Delete every object whose key begins with `prefix` and a `/`."""
        async for info in self.list(prefix):
            await self.delete(info.key)

    async def list(self, prefix: BlobKey | None = None) -> AsyncIterator[BlobInfo]:
        """List objects in batches, so that a store of any size costs little memory."""
        with _translated():
            async for batch in obstore.list(self._store, prefix=prefix):
                for facts in batch:
                    yield BlobInfo(blob_key(facts["path"]), facts["size"], facts["last_modified"])


class S3Blob:
    """An object of a bucket; each read is a request, and reading a replaced object is an error."""

    path: Path | None = None

    def __init__(self, store: Any, key: BlobKey, size: int, modified: datetime, tag: str | None) -> None:
        self._store, self._key, self._tag = store, key, tag
        self.size, self.modified = size, modified

    async def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`: fewer only at the end of the object, none beyond it."""
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        with _translated():
            options = {"range": (offset, offset + length), **({"if_match": self._tag} if self._tag else {})}
            found = await obstore.get_async(self._store, self._key, options=options)  # type: ignore[arg-type]  # accepts a plain dictionary
            return bytes(await found.bytes_async())

    def close(self) -> None:
        """Do nothing."""


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise BlobMissing from error
    except BaseError as error:
        raise StorageUnavailable(retry_after=5) from error
