"""Storage of uploads: their rows, and their bytes until they are complete."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from efir.domain.kernel.errors import Malformed
from efir.domain.kernel.ids import UserId
from efir.domain.uploads import Upload, UploadId


class BodyInterrupted(Malformed):
    """The connection closed before all announced bytes had arrived; received bytes are kept."""

    code = "body-interrupted"
    title = "The connection closed before the request body was complete"


class BytesLost(LookupError):
    """Staging holds fewer bytes than the row counts as stored."""


class UploadRepository(Protocol):
    """Stores uploads within a transaction. A writer holds a fence; a writer with an older fence changes nothing."""

    async def add(self, upload: Upload) -> None:
        """Store a new upload."""
        ...

    async def count_open(self, owner: UserId) -> int:
        """Return the number of a user's unfinished uploads; counts for one user are serialized."""
        ...

    async def get(self, upload_id: UploadId, *, lock: bool = False) -> Upload:
        """Return an upload; `lock` locks its row. Raises UploadNotFound."""
        ...

    async def claim(self, upload_id: UploadId, *, length: int | None, seconds: float) -> int | None:
        """Become the writer, for `seconds` without progress at most.

        Return the new fence, or None while another writer holds the upload.
        """
        ...

    async def record(
        self, upload_id: UploadId, fence: int, *, offset: int, expires_at: datetime, seconds: float
    ) -> bool:
        """Record that bytes up to `offset` are durable, and stay the writer. Return False when overtaken or ended."""
        ...

    async def holds(self, upload_id: UploadId, fence: int) -> bool:
        """Return whether the fence is still the newest of an open upload."""
        ...

    async def release(self, upload_id: UploadId, fence: int) -> None:
        """Stop being the writer."""
        ...

    async def finish(self, upload_id: UploadId, fence: int, *, length: int, sha256: str, expires_at: datetime) -> bool:
        """Record that all bytes are stored in their final place. Return False when overtaken or ended."""
        ...

    async def use(self, upload_id: UploadId) -> None:
        """Mark a finished upload as used for a video."""
        ...

    async def end(self, upload_ids: Sequence[UploadId]) -> None:
        """Mark uploads as gone; their writers lose the fence, and `find_ended` lists them for the removal of bytes."""
        ...

    async def expire(self, now: datetime, *, limit: int) -> int:
        """Mark expired uploads as gone. Return their number."""
        ...

    async def find_ended(self, *, limit: int) -> list[UploadId]:
        """Return up to `limit` gone uploads whose bytes have not been removed yet."""
        ...

    async def note_cleared(self, upload_ids: Sequence[UploadId]) -> None:
        """Record that the bytes of gone uploads have been removed."""
        ...

    async def forget(self, before: datetime) -> None:
        """Delete rows of cleared and of used uploads created before a time."""
        ...


class StagedFile(Protocol):
    """The bytes of one upload, open for one writer."""

    @property
    def position(self) -> int:
        """Offset of the next byte to write."""
        ...

    async def write(self, chunk: bytes) -> None:
        """Append bytes; wait while too many are still being written to disk. Raises StorageFull."""
        ...

    async def sync(self) -> int:
        """Flush all appended bytes to durable storage and return the durable position. Raises StorageFull."""
        ...

    async def checksum(self) -> bytes:
        """Return the digest of the bytes appended since opening, by the algorithm passed to `open`."""
        ...

    async def truncate(self, offset: int) -> None:
        """Discard all bytes from `offset` on."""
        ...

    async def digest(self) -> str:
        """Return the SHA-256 of the whole file as 64 hexadecimal digits.

        It is computed while writing; a file that was written elsewhere is read again.
        """
        ...

    async def close(self) -> None:
        """Close the file; closing it again does nothing."""
        ...


class Staging(Protocol):
    """Holds the bytes of uploads until they are complete; survives crashes, and is swept by `expire_uploads`."""

    async def open(self, upload_id: UploadId, *, offset: int, algorithm: str = "") -> StagedFile:
        """Open the bytes of an upload, truncated to `offset`, as their only writer.

        Raises UploadLocked while another writer on this machine holds them, BytesLost when there are fewer than
        `offset`, StorageFull when the storage is full.
        """
        ...

    async def join(self, upload_id: UploadId, parts: Sequence[UploadId]) -> None:
        """Concatenate the bytes of `parts`, in order, into another upload, durably. Raises StorageFull."""
        ...

    def path(self, upload_id: UploadId) -> Path:
        """Return the path of an upload's bytes, from which they can be moved to the blob store."""
        ...

    async def remove(self, upload_id: UploadId) -> None:
        """Delete the bytes of an upload; missing ones are not an error."""
        ...

    async def list_staged(self) -> list[UploadId]:
        """List every upload that has bytes in staging."""
        ...

    async def free(self) -> int:
        """Return the free space in bytes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPorts:
    """Ports that hold the bytes of unfinished uploads."""

    staging: Staging


class UploadRepositories(Protocol):
    """Repositories of uploads."""

    @property
    def uploads(self) -> UploadRepository:
        """The repository of uploads."""
        ...
