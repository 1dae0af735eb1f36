"""Uploads: storage of their rows."""

from typing import Protocol

from efir.domain.uploads import Upload, UploadId


class UploadRepository(Protocol):
    """Uploads inside a transaction."""

    async def get(self, upload_id: UploadId, *, lock: bool = False) -> Upload:
        """Raises UploadNotFound."""
        ...

    async def use(self, upload_id: UploadId) -> None:
        """Mark a finished upload as become a video."""
        ...
