"""Resumable uploads (tus 1.0): states, limits and the errors of the protocol."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from efir.domain.kernel.errors import (
    Busy,
    ChecksumMismatch,
    Conflict,
    Forbidden,
    Gone,
    Malformed,
    NotFound,
    TooLarge,
    TooMany,
)
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.limits import Limits
from efir.domain.kernel.ownership import require_owner

UploadId = NewType("UploadId", UUID)

MAX_METADATA = 8192
MAX_PARTS = 1000
_KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]+")


class UploadNotFound(NotFound):
    """This user has no such upload."""

    code = "upload-not-found"
    title = "There is no such upload"


class UploadGone(Gone):
    """The upload was terminated or has expired."""

    code = "upload-gone"
    title = "The upload no longer exists"


class UploadUnfinished(Conflict):
    """A video can be created only from a complete upload."""

    code = "upload-unfinished"
    title = "The upload is not finished"


class UploadUsed(Conflict):
    """A complete upload can become only one video."""

    code = "upload-used"
    title = "This upload has already become a video"


class UploadMalformed(Malformed):
    """The length, offset, metadata, checksum or parts of an upload cannot be parsed or are inconsistent."""

    code = "upload-malformed"
    title = "The upload headers are invalid"


class UploadTooLarge(TooLarge):
    """The upload has more bytes than the server accepts, or than were announced."""

    code = "upload-too-large"
    title = "The upload is too large"


class OffsetMismatch(Conflict):
    """Bytes must be appended where the stored bytes end; the client requests the offset and continues there."""

    code = "upload-offset-mismatch"
    title = "The upload offset does not match"


class UploadLocked(Busy):
    """Another request is writing to this upload at the moment."""

    code = "upload-locked"
    title = "Another request is writing to this upload"


class UploadOvertaken(Conflict):
    """A newer request has taken over the upload."""

    code = "upload-overtaken"
    title = "Another request has taken over this upload"


class ChunkCorrupt(ChecksumMismatch):
    """The bytes of this request do not match its Upload-Checksum; none of them is kept."""

    code = "upload-checksum-mismatch"
    title = "The checksum does not match the bytes"


class UploadCorrupt(ChecksumMismatch):
    """The complete file does not match the `sha256` in its metadata; it is discarded."""

    code = "upload-digest-mismatch"
    title = "The file does not match the announced checksum"


class UploadJoined(Forbidden):
    """An upload that joins others accepts no bytes itself."""

    code = "upload-joined"
    title = "A joined upload does not accept bytes"


class UploadsTooMany(TooMany):
    """The limit of unfinished uploads per user is reached."""

    code = "uploads-too-many"
    title = "Too many unfinished uploads"


class UploadState(StrEnum):
    """Open uploads accept bytes; finished ones are complete and stored; used ones are videos; gone ones have none."""

    OPEN = "open"
    FINISHED = "finished"
    USED = "used"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file being uploaded. `stored_offset` counts durable bytes; `writer_fence` decides which request may write."""

    id: UploadId
    owner_id: UserId
    state: UploadState
    length: int | None
    stored_offset: int
    filename: str
    filetype: str
    metadata: str
    sha256: str | None
    partial: bool
    concat: str
    writer_fence: int
    created_at: datetime
    expires_at: datetime

    def require_owner(self, user_id: UserId) -> "Upload":
        """Return the upload if the user owns it. Raises UploadNotFound for other users, UploadGone."""
        require_owner(self.owner_id, user_id, UploadNotFound)
        if self.state is UploadState.GONE:
            raise UploadGone
        return self

    def require_usable(self, user_id: UserId) -> "Upload":
        """Return the upload if `user_id` can create a video from it.

        Raises UploadNotFound for other users, UploadGone, UploadUsed, UploadUnfinished.
        """
        self.require_owner(user_id)
        if self.state is UploadState.USED:
            raise UploadUsed
        if self.state is UploadState.OPEN or self.partial:
            raise UploadUnfinished
        return self

    def require_appendable(self, offset: int) -> "Upload":
        """Return the upload if bytes may be appended at `offset`. Raises UploadJoined, OffsetMismatch."""
        if self.concat:
            raise UploadJoined
        if self.stored_offset != offset:
            raise OffsetMismatch(f"The stored bytes end at {self.stored_offset}.")
        return self

    def length_with(self, declared: int | None, limits: Limits) -> int | None:
        """Return the length of the upload after a request that may declare a deferred length.

        Raises UploadMalformed when the length changes or is below the stored bytes, UploadTooLarge.
        """
        if declared is None or declared == self.length:
            return self.length
        if self.length is not None or declared < self.stored_offset:
            raise UploadMalformed("Upload-Length is said once, and not below what is already here.")
        return check_length(declared, limits)

    @property
    def source_key(self) -> str:
        """Key of the finished bytes in the blob store."""
        return f"src/{self.id}"


def check_length(length: int, limits: Limits) -> int:
    """Return the length, in bytes, if it is acceptable. Raises UploadTooLarge."""
    if length > limits.upload_bytes:
        raise UploadTooLarge(f"An upload has at most {limits.upload_bytes} bytes.")
    return length


def room(offset: int, length: int | None, limits: Limits) -> int:
    """Return how many bytes may follow `offset`; the largest allowed length limits an unknown one."""
    return (limits.upload_bytes if length is None else length) - offset


def expiry(created_at: datetime, now: datetime, limits: Limits) -> datetime:
    """Return when an unfinished upload expires: some time after its last byte, at most a fixed time after its start."""
    idle = now + timedelta(seconds=limits.upload_idle_seconds)
    return min(idle, created_at + timedelta(seconds=limits.upload_life_seconds))


def check_joinable(parts: Sequence[Upload], limits: Limits) -> int:
    """Return the total length of parts to be joined. Raises UploadUnfinished, UploadMalformed, UploadTooLarge."""
    for part in parts:
        if not part.partial:
            raise UploadMalformed("Only partial uploads can be joined.")
        if part.state is not UploadState.FINISHED:
            raise UploadUnfinished
    return check_length(sum(part.stored_offset for part in parts), limits)


def parse_metadata(text: str) -> dict[str, str]:
    """Parse Upload-Metadata: comma-separated pairs of `key base64`, with unique keys and optional values.

    Raises UploadMalformed.
    """
    if len(text) > MAX_METADATA:
        raise UploadMalformed(f"Upload-Metadata has at most {MAX_METADATA} characters.")
    found: dict[str, str] = {}
    for pair in text.split(",") if text.strip() else []:
        key, _, value = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise UploadMalformed("Keys of Upload-Metadata are unique ASCII words.")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise UploadMalformed(f"The value of {key} in Upload-Metadata is not UTF-8 in base64.") from None
        if "\0" in found[key]:
            raise UploadMalformed(f"The value of {key} in Upload-Metadata holds a zero byte.")
    return found


def parse_announced_digest(metadata: str) -> str | None:
    """Return the SHA-256 that the client announced in `sha256`, 64 hexadecimal digits. Raises UploadMalformed."""
    text = parse_metadata(metadata).get("sha256")
    if text is None:
        return None
    if not re.fullmatch(r"[0-9A-Fa-f]{64}", text):
        raise UploadMalformed("The announced sha256 is not 64 hexadecimal digits.")
    return text.lower()
