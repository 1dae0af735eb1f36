"""Uploads: storage of their rows, and of their bytes until they are complete."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from efir.domain.kernel.errors import Malformed
from efir.domain.kernel.ids import UserId
from efir.domain.uploads import Upload, UploadId


class BodyInterrupted(Malformed):
    """The connection ended before all announced bytes had arrived; received bytes are kept."""

    code = "body-interrupted"
    title = "The connection ended before the body did"


class BytesLost(LookupError):
    """Staging holds fewer bytes than the row counts as stored."""


class UploadRepository(Protocol):
    """Uploads inside a transaction. A writer holds a fence; a writer with an older fence changes nothing."""

    async def add(self, upload: Upload) -> None:
        """Store a new upload."""
        ...

    async def count_open(self, owner: UserId) -> int:
        """Return how many unfinished uploads a person has; waits for concurrent counts of the same person."""
        ...

    async def get(self, upload_id: UploadId, *, lock: bool = False) -> Upload:
        """Raises UploadNotFound."""
        ...

    async def claim(self, upload_id: UploadId, *, length: int | None, seconds: float) -> int | None:
        """Become the writer until a stall; return the new fence, None while another writer holds it."""
        ...

    async def record(
        self, upload_id: UploadId, fence: int, *, offset: int, expires_at: datetime, seconds: float
    ) -> bool:
        """Note that bytes up to `offset` are durable, and stay the writer; False when overtaken or ended."""
        ...

    async def holds(self, upload_id: UploadId, fence: int) -> bool:
        """Return whether the fence is still the newest of an open upload."""
        ...

    async def release(self, upload_id: UploadId, fence: int) -> None:
        """Stop being the writer."""
        ...

    async def finish(self, upload_id: UploadId, fence: int, *, length: int, sha256: str, expires_at: datetime) -> bool:
        """Note that all bytes are stored in their final place; False when overtaken or ended."""
        ...

    async def use(self, upload_id: UploadId) -> None:
        """Mark a finished upload as become a video."""
        ...

    async def end(self, upload_ids: Sequence[UploadId]) -> None:
        """Mark uploads as gone; their writers lose the fence, their bytes go by `ended`."""
        ...

    async def expire(self, now: datetime, *, limit: int) -> int:
        """Mark what nobody has gone on with as gone; returns how many."""
        ...

    async def find_ended(self, *, limit: int) -> list[UploadId]:
        """Some gone uploads whose bytes have not been removed yet."""
        ...

    async def note_cleared(self, upload_ids: Sequence[UploadId]) -> None:
        """Note that the bytes of gone uploads are removed."""
        ...

    async def forget(self, before: datetime) -> None:
        """Drop rows of cleared and of used uploads made before a time."""
        ...


class StagedFile(Protocol):
    """The bytes of one upload, open for one writer."""

    @property
    def position(self) -> int:
        """Where the next byte goes."""
        ...

    async def write(self, chunk: bytes) -> None:
        """Append bytes; waits while too many are on their way to the disk. Raises StorageFull."""
        ...

    async def sync(self) -> int:
        """Make everything appended so far durable; returns the position that is. Raises StorageFull."""
        ...

    async def checksum(self) -> bytes:
        """Return the digest of the bytes appended since opening, by the algorithm given then."""
        ...

    async def truncate(self, offset: int) -> None:
        """Drop everything from `offset` on."""
        ...

    async def digest(self) -> str:
        """SHA-256 of the whole file, 64 hexadecimal digits: kept while writing, read again when that was elsewhere."""
        ...

    async def close(self) -> None:
        """Let go of the file; closing again does nothing."""
        ...


class Staging(Protocol):
    """Where the bytes of uploads wait until they are complete; survives crashes, swept by `expire_uploads`."""

    async def open(self, upload_id: UploadId, *, offset: int, algorithm: str = "") -> StagedFile:
        """Open an upload's bytes, cut to `offset`, as their only writer.

        Raises UploadLocked while another writer of this machine does not let go, BytesLost when there are fewer than
        `offset`, StorageFull.
        """
        ...

    async def join(self, upload_id: UploadId, parts: Sequence[UploadId]) -> None:
        """Write the bytes of parts, in order, as those of another upload, durably. Raises StorageFull."""
        ...

    def path(self, upload_id: UploadId) -> Path:
        """Return the path of an upload's bytes, so that they can be moved to the store."""
        ...

    async def remove(self, upload_id: UploadId) -> None:
        """Remove an upload's bytes; missing ones are fine."""
        ...

    async def list_staged(self) -> list[UploadId]:
        """Every upload that has bytes here."""
        ...

    async def free(self) -> int:
        """Return the bytes that still fit."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPorts:
    """Where bytes of uploads are until they are complete."""

    staging: Staging


class UploadRepositories(Protocol):
    """What is changed of uploads."""

    @property
    def uploads(self) -> UploadRepository:
        """Changes uploads."""
        ...
