"""Where bytes of media live: a store of immutable objects under keys, and a place to prepare them."""

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


class BlobKeyRefused(ValueError):  # an exception named by what is the matter
    """The text is not a key: a fault of the program, never of a person."""


class BlobMissing(NotFound):
    """There is no object under this key."""

    code = "object-missing"
    title = "These bytes are missing"


class StorageFull(NoSpace):
    """The storage has no space left; nothing was stored, and the same request succeeds once there is space."""

    code = "storage-full"
    title = "The storage has no space left"


def blob_key(text: str) -> BlobKey:
    """Accept a key: segments of letters, digits, `.`, `_`, `-` joined by `/`, none starting with a dot or dash.

    So a key can neither climb out of the store nor be taken for an option. Raises BlobKeyRefused.
    """
    if len(text) > MAX_KEY_CHARACTERS or not _KEY.fullmatch(text):
        raise BlobKeyRefused(text[:MAX_KEY_CHARACTERS])
    return BlobKey(text)


class BlobInfo(msgspec.Struct, frozen=True):
    """One stored object as a listing shows it; size in bytes, time in UTC."""

    key: BlobKey
    size: int
    modified: datetime


class Blob(Protocol):
    """An open object: stays readable until closed, even when it is deleted meanwhile."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    @property
    def modified(self) -> datetime:
        """When the object was stored, UTC."""
        ...

    @property
    def path(self) -> Path | None:
        """A local file with the same bytes, if there is one: servers can send it by themselves."""
        ...

    async def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`: fewer only at the end, none behind it."""
        ...

    def close(self) -> None:
        """Free the object; closing again does nothing."""
        ...


class BlobStore(Protocol):
    """Objects under keys; an object is whole and durable from the moment its `put` returns, or not there at all."""

    async def put_file(self, key: BlobKey, path: Path) -> None:
        """Move a local file into the store; an existing object is replaced. Raises StorageFull."""
        ...

    async def put_bytes(self, key: BlobKey, content: bytes) -> None:
        """Store small content; an object already there is replaced. Raises StorageFull."""
        ...

    async def open(self, key: BlobKey) -> Blob:
        """Open an object for reading; the caller closes it. Raises BlobMissing."""
        ...

    async def delete(self, key: BlobKey) -> None:
        """Remove an object; a missing one is fine."""
        ...

    async def delete_prefix(self, prefix: BlobKey) -> None:
        """Remove every object whose key begins with `prefix` and a `/`."""
        ...

    def list(self, prefix: BlobKey | None = None) -> AsyncIterator[BlobInfo]:
        """Every object below `prefix` and a `/` (all without one), in no promised order; for sweeps and audits."""
        ...


class Scratch(Protocol):
    """Local working directories, on the file system of the store where it has one: finished files move, not copy."""

    def directory(self, purpose: str) -> AbstractAsyncContextManager[Path]:
        """Create an empty directory, removed with its contents on leaving; `purpose` shows in its name."""
        ...

    async def sweep(self) -> int:
        """Remove what dead processes left behind, never what a living one uses; returns how many entries went."""
        ...
