"""Blob storage: a store of immutable objects under keys, and local scratch directories to prepare them in."""

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import NewType, Protocol

import msgspec

from efir.domain.kernel.errors import NoSpace, NotFound

BlobKey = NewType("BlobKey", str)

MAX_KEY_CHARACTERS = 400
_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}"
_KEY = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")


class BlobKeyRefused(ValueError):  # named for the fault, without the suffix Error
    """The text is not a valid key: a programming error, never a user error."""


class BlobMissing(NotFound):
    """There is no object under this key."""

    code = "object-missing"
    title = "The stored object is missing"


class StorageFull(NoSpace):
    """The storage has no space left; nothing was stored, and the same request succeeds once there is space."""

    code = "storage-full"
    title = "The storage has no space left"


def blob_key(text: str) -> BlobKey:
    """Validate a key: segments of letters, digits, `.`, `_`, `-` joined by `/`, none starting with a dot or dash.

    So a key can neither escape from the store nor be taken for a command-line option. Raises BlobKeyRefused.
    """
    if len(text) > MAX_KEY_CHARACTERS or not _KEY.fullmatch(text):
        raise BlobKeyRefused(text[:MAX_KEY_CHARACTERS])
    return BlobKey(text)


class BlobInfo(msgspec.Struct, frozen=True):
    """A stored object in a listing; size in bytes, time in UTC."""

    key: BlobKey
    size: int
    modified: datetime


class Blob(Protocol):
    """An open object, readable until it is closed, even when it is deleted in the meantime."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    @property
    def modified(self) -> datetime:
        """Time when the object was stored, UTC."""
        ...

    @property
    def path(self) -> Path | None:
        """Local file with the same bytes, if there is one, so that the server can send it directly."""
        ...

    async def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`: fewer only at the end of the object, none beyond it."""
        ...

    def close(self) -> None:
        """Close the object; closing it again does nothing."""
        ...


class BlobStore(Protocol):
    """Stores objects under keys; an object is complete and durable once its `put` returns, or does not exist at all."""

    async def put_file(self, key: BlobKey, path: Path) -> None:
        """Move a local file into the store; an existing object is replaced. Raises StorageFull."""
        ...

    async def put_bytes(self, key: BlobKey, content: bytes) -> None:
        """Store small content; an existing object is replaced. Raises StorageFull."""
        ...

    async def open(self, key: BlobKey) -> Blob:
        """Open an object for reading; the caller closes it. Raises BlobMissing."""
        ...

    async def delete(self, key: BlobKey) -> None:
        """Delete an object; a missing one is not an error."""
        ...

    async def delete_prefix(self, prefix: BlobKey) -> None:
        """Delete every object whose key begins with `prefix` and a `/`."""
        ...

    def list(self, prefix: BlobKey | None = None) -> AsyncIterator[BlobInfo]:
        """Yield every object below `prefix` and a `/` (all objects without one), in no defined order.

        For sweeps and audits.
        """
        ...


class Scratch(Protocol):
    """Local working directories, on the store's file system if it has one, so that finished files need no copying."""

    def directory(self, purpose: str) -> AbstractAsyncContextManager[Path]:
        """Create an empty directory, removed with its contents on exit; `purpose` is part of its name."""
        ...

    async def sweep(self) -> int:
        """Remove entries of processes that have ended, never of running ones. Return the number of removed entries."""
        ...
