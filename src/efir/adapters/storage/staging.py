"""Staged bytes of unfinished uploads: one file and one writer each, and every byte is written once."""

import asyncio
import fcntl
import hashlib
import os
import shutil
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from efir.adapters.storage.durable import space_errors, sync_directory
from efir.domain.uploads import UploadId, UploadLocked
from efir.ports.uploads import BytesLost, StagedFile

T = TypeVar("T")

WRITE_BYTES = 1 << 20
COPY_BYTES = 8 << 20
DIGESTS_KEPT = 256
LOCK_TRIES, LOCK_PAUSE = 40, 0.1
THREADS = 8


class FilesystemStaging:
    """`Staging` in one directory, on the file system of the store, so that finishing is a rename.

    A lock of the operating system guards the bytes of a file, whatever the fences in the database: it is released with
    its process, and a stalled writer releases it as soon as it learns that it was overtaken.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._threads = ThreadPoolExecutor(THREADS, "staging")
        self._digests: OrderedDict[UploadId, tuple[int, Any]] = OrderedDict()
        root.mkdir(parents=True, exist_ok=True)

    async def open(self, upload_id: UploadId, *, offset: int, algorithm: str = "") -> StagedFile:
        """Open an upload's bytes, truncated to `offset`, as the writer. Raises UploadLocked, BytesLost, StorageFull."""
        path = self.path(upload_id)
        for _ in range(LOCK_TRIES):
            handle = await self.call(_open_locked, path, offset)
            if handle is not None:
                return _File(self, upload_id, handle, offset, algorithm)
            await asyncio.sleep(LOCK_PAUSE)
        raise UploadLocked(retry_after=1)

    async def join(self, upload_id: UploadId, parts: Sequence[UploadId]) -> None:
        """Concatenate the bytes of `parts`, in order, into another upload, durably. Raises StorageFull."""
        await self.call(_join, self.path(upload_id), [self.path(part) for part in parts])

    def path(self, upload_id: UploadId) -> Path:
        """Return the path of an upload's bytes, from which they can be moved to the blob store."""
        return self._root / str(upload_id)

    async def remove(self, upload_id: UploadId) -> None:
        """Delete the bytes of an upload; missing ones are not an error."""
        self._digests.pop(upload_id, None)
        await self.call(self.path(upload_id).unlink, missing_ok=True)

    async def list_staged(self) -> list[UploadId]:
        """List every upload that has bytes in staging."""
        return await self.call(lambda: list(_ids(self._root)))

    async def free(self) -> int:
        """Return the free space in bytes."""
        return (await self.call(shutil.disk_usage, self._root)).free

    async def call(self, function: Callable[..., T], *arguments: Any, **names: Any) -> T:
        """Run a call that may wait for a disk in a thread of this pool, so that slow disks block nothing else."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: function(*arguments, **names))

    def digest_at(self, upload_id: UploadId, offset: int) -> Any:
        """Return the running SHA-256 of the first `offset` bytes; None when it is not kept in this process any more."""
        if not offset:
            return hashlib.sha256()
        known = self._digests.get(upload_id)
        return known[1].copy() if known is not None and known[0] == offset else None

    def keep_digest(self, upload_id: UploadId, offset: int, digest: Any) -> None:
        """Keep a running SHA-256 for the next request of the upload."""
        self._digests[upload_id] = (offset, digest)
        self._digests.move_to_end(upload_id)
        while len(self._digests) > DIGESTS_KEPT:
            self._digests.popitem(last=False)


class _File:
    """`StagedFile`: fills one buffer while a thread hashes and writes the previous one."""

    def __init__(
        self, staging: FilesystemStaging, upload_id: UploadId, handle: int, offset: int, algorithm: str
    ) -> None:
        self._staging = staging
        self._upload_id = upload_id
        self._handle = handle
        self._written = offset
        self._buffer = bytearray()
        self._order = asyncio.Lock()
        self._writing: asyncio.Future[None] | None = None
        self._running: set[asyncio.Future[Any]] = set()
        self._whole = staging.digest_at(upload_id, offset)
        self._from_start = algorithm == "sha256" and not offset  # then one digest serves both purposes
        self._chunk = hashlib.new(algorithm, usedforsecurity=False) if algorithm and not self._from_start else None

    @property
    def position(self) -> int:
        """Return the offset of the next byte to write."""
        return self._written + len(self._buffer)

    async def write(self, chunk: bytes) -> None:
        """Append bytes; wait while the previous buffer is still being written. Raises StorageFull."""
        self._buffer += chunk
        if len(self._buffer) >= WRITE_BYTES:
            async with self._order:
                await self._flush()

    async def sync(self) -> int:
        """Flush all appended bytes to durable storage and return the durable position. Raises StorageFull."""
        position = await self._settle()
        await self._call(_sync, self._handle)
        return position

    async def checksum(self) -> bytes:
        """Return the digest of the bytes appended since opening, by the algorithm passed to `open`."""
        await self._settle()
        digest: Any = self._whole if self._from_start else self._chunk
        return bytes(digest.digest())

    async def truncate(self, offset: int) -> None:
        """Discard all bytes from `offset` on."""
        self._buffer = bytearray()
        await self._settle()
        await self._call(os.ftruncate, self._handle, offset)
        self._written = offset
        self._whole = self._staging.digest_at(self._upload_id, offset)

    async def digest(self) -> str:
        """Return the SHA-256 of the whole file as 64 hexadecimal digits."""
        await self._settle()
        if self._whole is None:
            self._whole = await self._call(_digest, self._handle)
        return str(self._whole.hexdigest())

    async def close(self) -> None:
        """Close the file; bytes that were not synced may be lost."""
        await asyncio.shield(asyncio.ensure_future(self._close()))

    async def _close(self) -> None:
        if self._handle < 0:
            return
        if self._running:  # a thread must never write to another file that reuses this handle
            await asyncio.wait(self._running)
        if self._whole is not None and (self._writing is None or self._writing.exception() is None):
            self._staging.keep_digest(self._upload_id, self._written, self._whole)
        handle, self._handle = self._handle, -1
        os.close(handle)

    async def _settle(self) -> int:
        async with self._order:
            await self._flush()
            await self._finish()
            return self._written

    async def _flush(self) -> None:
        await self._finish()
        if self._buffer:
            buffer, self._buffer = self._buffer, bytearray()
            position, self._written = self._written, self._written + len(buffer)
            self._writing = self._start_task(self._put, buffer, position)

    async def _finish(self) -> None:
        if self._writing is not None:
            await asyncio.shield(self._writing)
            self._writing = None

    async def _call(self, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.shield(self._start_task(function, *arguments))

    def _start_task(self, function: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        running = asyncio.ensure_future(self._staging.call(function, *arguments))
        self._running.add(running)
        running.add_done_callback(self._end_task)
        return running

    def _end_task(self, running: asyncio.Future[Any]) -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()  # retrieved here, because a cancelled caller does not

    def _put(self, buffer: bytearray, position: int) -> None:
        with space_errors():
            view = memoryview(buffer)
            while view:
                count = os.pwrite(self._handle, view, position)
                view, position = view[count:], position + count
        for digest in (self._whole, self._chunk):
            if digest is not None:
                digest.update(buffer)


def _open_locked(path: Path, offset: int) -> int | None:
    """Open, lock and truncate a file; return None while another writer holds it, or when it was just moved away."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if not offset else 0), 0o666)
    except FileNotFoundError as error:
        raise BytesLost(0) from error
    try:
        if _is_held(handle, path):
            _truncate(handle, offset, path.parent)
            return handle
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def _is_held(handle: int, path: Path) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return path.stat().st_ino == os.fstat(handle).st_ino
    except (BlockingIOError, FileNotFoundError):
        return False


def _truncate(handle: int, offset: int, directory: Path) -> None:
    size = os.fstat(handle).st_size
    if size < offset:
        raise BytesLost(size)
    os.ftruncate(handle, offset)
    if not offset:
        sync_directory(directory)


def _sync(handle: int) -> None:
    with space_errors():
        os.fdatasync(handle)


def _digest(handle: int) -> Any:
    found, buffer, offset = hashlib.sha256(), memoryview(bytearray(WRITE_BYTES)), 0
    while count := os.preadv(handle, [buffer], offset):
        found.update(buffer[:count])
        offset += count
    return found


def _join(target: Path, parts: Sequence[Path]) -> None:
    with space_errors(), target.open("wb", buffering=0) as joined:
        for path in parts:
            with path.open("rb", buffering=0) as part:
                shutil.copyfileobj(part, joined, COPY_BYTES)
        os.fdatasync(joined.fileno())
    sync_directory(target.parent)


def _ids(root: Path) -> Iterator[UploadId]:
    for entry in os.scandir(root):
        try:
            yield UploadId(UUID(entry.name))
        except ValueError:
            continue
