"""Uploads: bytes on their way in (tus 1.0)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from efir.domain.errors import Conflict, Gone, NotFound
from efir.domain.users import UserId

UploadId = NewType("UploadId", UUID)


class UploadNotFound(NotFound):
    """No such upload of this user."""

    code = "upload-not-found"
    title = "There is no such upload"


class UploadGone(Gone):
    """The upload was ended or has expired."""

    code = "upload-gone"
    title = "This upload is gone"


class UploadUnfinished(Conflict):
    """A video can be made only from bytes that are all here."""

    code = "upload-unfinished"
    title = "The upload is not finished"


class UploadUsed(Conflict):
    """A finished upload becomes one video."""

    code = "upload-used"
    title = "This upload has become a video already"


class UploadState(StrEnum):
    """Open takes bytes; finished is whole and stored; used has become a video; gone has no bytes any more."""

    OPEN = "open"
    FINISHED = "finished"
    USED = "used"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file on its way in. `stored_offset` counts durable bytes; `writer_fence` says who may write."""

    id: UploadId
    owner_id: UserId
    state: UploadState
    length: int | None
    stored_offset: int
    filename: str
    filetype: str
    metadata: str
    sha256: str | None
    writer_fence: int
    created_at: datetime
    expires_at: datetime

    def usable_by(self, user_id: UserId) -> "Upload":
        """Answer the upload when a video can be made of it by `user_id`.

        Raises UploadNotFound for strangers, UploadGone, UploadUsed, UploadUnfinished.
        """
        if self.owner_id != user_id:
            raise UploadNotFound
        match self.state:
            case UploadState.GONE:
                raise UploadGone
            case UploadState.USED:
                raise UploadUsed
            case UploadState.OPEN:
                raise UploadUnfinished
            case UploadState.FINISHED:
                return self

    @property
    def source_key(self) -> str:
        """Where the finished bytes are stored."""
        return f"src/{self.id}"
