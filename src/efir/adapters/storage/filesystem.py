"""The blob store in a directory; needs no database."""

import asyncio
import errno
import itertools
import os
import shutil
import stat
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

from efir.adapters.storage.cached import open_cached, read_cached
from efir.adapters.storage.durable import place, prune, space_errors
from efir.adapters.storage.scratch import LockedScratch
from efir.ports.kernel.blobs import Blob, BlobInfo, BlobKey, BlobMissing, blob_key

LISTED_AT_ONCE = 500


class FilesystemBlobStore:
    """`BlobStore` in `root/objects`; files are prepared in `root/scratch` beside it, so that storing is a rename."""

    def __init__(self, root: Path) -> None:
        self._objects = root / "objects"
        self.scratch = LockedScratch(root / "scratch")
        self._objects.mkdir(parents=True, exist_ok=True)
        self.scratch.root.mkdir(parents=True, exist_ok=True)

    async def put_file(self, key: BlobKey, path: Path) -> None:
        """Move a local file into the store; an existing object is replaced. Raises StorageFull."""
        await asyncio.to_thread(self._put_file, self._path(key), path)

    async def put_bytes(self, key: BlobKey, content: bytes) -> None:
        """Store small content; an existing object is replaced. Raises StorageFull."""
        await asyncio.to_thread(self._put_bytes, self._path(key), content)

    async def open(self, key: BlobKey) -> Blob:
        """Open an object for reading; the caller closes it. Raises BlobMissing."""
        path = self._path(key)
        handle = open_cached(path)
        return await asyncio.to_thread(_open_blob, path) if handle is None else _check_regular(path, handle)

    async def delete(self, key: BlobKey) -> None:
        """Delete an object; a missing one is not an error."""
        await asyncio.to_thread(self._delete, self._path(key))

    async def delete_prefix(self, prefix: BlobKey) -> None:
        """Delete every object whose key begins with `prefix` and a `/`; all of them disappear at once."""
        await asyncio.to_thread(self._delete_prefix, self._path(prefix))

    async def list(self, prefix: BlobKey | None = None) -> AsyncIterator[BlobInfo]:
        """List objects in batches, so that a store of any size costs little memory."""
        found = self._walk(self._path(prefix) if prefix else self._objects)
        while batch := await asyncio.to_thread(lambda: list(itertools.islice(found, LISTED_AT_ONCE))):
            for info in batch:
                yield info

    def _path(self, key: BlobKey) -> Path:
        return self._objects / blob_key(key)

    def _put_file(self, target: Path, source: Path) -> None:
        with space_errors():
            try:
                place(source, target, root=self._objects)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                self._put_foreign(target, source)

    def _put_foreign(self, target: Path, source: Path) -> None:
        with self.scratch.file("put") as copy:
            shutil.copyfile(source, copy)
            place(copy, target, root=self._objects)
        source.unlink()

    def _put_bytes(self, target: Path, content: bytes) -> None:
        with space_errors(), self.scratch.file("put") as source:
            source.write_bytes(content)
            place(source, target, root=self._objects)

    def _delete(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        prune(path.parent, below=self._objects)

    def _delete_prefix(self, path: Path) -> None:
        if path.is_dir():
            self.scratch.discard(path)
            prune(path.parent, below=self._objects)

    def _walk(self, top: Path) -> Iterator[BlobInfo]:
        for directory, _, names in os.walk(top):
            for name in names:
                path = Path(directory, name)
                try:
                    facts = path.stat()
                except FileNotFoundError:
                    continue
                key = blob_key(path.relative_to(self._objects).as_posix())
                yield BlobInfo(key, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))


class FileBlob:
    """An open file; its bytes are read without a thread when the page cache holds them."""

    def __init__(self, path: Path, handle: int, facts: os.stat_result) -> None:
        self._handle = handle
        self.path = path
        self.size = facts.st_size
        self.modified = datetime.fromtimestamp(facts.st_mtime, UTC)

    async def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`: fewer only at the end of the object, none beyond it."""
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        cached = read_cached(self._handle, offset, length)
        if cached is not None:
            return cached
        return await asyncio.to_thread(os.pread, self._handle, length, offset)

    def close(self) -> None:
        """Close the file; closing it again does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _open_blob(path: Path) -> FileBlob:
    try:
        return _check_regular(path, os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BlobMissing from error


def _check_regular(path: Path, handle: int) -> FileBlob:
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        os.close(handle)
        raise BlobMissing
    return FileBlob(path, handle, facts)
