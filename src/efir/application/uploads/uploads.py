"""The life of uploads, from creation to expiry; `appending.py` receives their bytes, `completion.py` stores them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from efir.application.context import Ports
from efir.application.uploads.completion import finish_upload, remove_ended_bytes
from efir.domain.kernel.ids import UserId
from efir.domain.uploads import (
    MAX_PARTS,
    Upload,
    UploadId,
    UploadMalformed,
    UploadNotFound,
    UploadState,
    UploadsTooMany,
    UploadUsed,
    check_joinable,
    check_length,
    expiry,
    parse_announced_digest,
    parse_metadata,
)
from efir.ports.kernel.blobs import StorageFull

EXPIRED_AT_ONCE = 100


class UploadFacts(Struct, frozen=True):
    """An upload as clients see it; `length` is None while it is deferred."""

    id: UUID
    offset: int
    length: int | None
    expires_at: datetime
    metadata: str
    partial: bool
    concat: str
    state: UploadState


def facts_of(upload: Upload) -> UploadFacts:
    """Return an upload as clients see it."""
    return UploadFacts(
        upload.id, upload.stored_offset, upload.length, upload.expires_at, upload.metadata, upload.partial,
        upload.concat, upload.state,
    )  # fmt: skip


async def create_upload(
    ports: Ports, *, owner: UserId, length: int | None, metadata: str, partial: bool = False, now: datetime
) -> UploadFacts:
    """Create an upload; an empty one is finished at once.

    Raises UploadMalformed, UploadTooLarge, UploadsTooMany, and StorageFull when it cannot fit now.
    """
    upload = await _add(ports, owner=owner, length=length, metadata=metadata, partial=partial, now=now)
    if length == 0:
        await finish_upload(ports, upload, upload.writer_fence, await ports.uploads.staging.open(upload.id, offset=0))
    return await get_upload(ports, owner=owner, upload_id=upload.id)


async def join_uploads(
    ports: Ports, *, owner: UserId, parts: Sequence[UploadId], concat: str, metadata: str, now: datetime
) -> UploadFacts:
    """Join finished partial uploads of one user, in order, into a finished one; the parts are consumed.

    Raises UploadMalformed, UploadNotFound, UploadGone, UploadUnfinished, UploadTooLarge, UploadsTooMany, UploadCorrupt,
    StorageFull.
    """
    if not 1 <= len(parts) <= MAX_PARTS or len(set(parts)) != len(parts):
        raise UploadMalformed(f"A final upload names 1 to {MAX_PARTS} different partial ones.")
    async with ports.begin() as tx:
        length = check_joinable([(await tx.uploads.get(part)).require_owner(owner) for part in parts], ports.limits)
    upload = await _add(ports, owner=owner, length=length, metadata=metadata, concat=concat, now=now)
    try:
        await ports.uploads.staging.join(upload.id, parts)
        staged = await ports.uploads.staging.open(upload.id, offset=length)
        await finish_upload(ports, upload, upload.writer_fence, staged)
    except BaseException as error:
        async with ports.begin() as tx:
            await tx.uploads.end([upload.id])
        await remove_ended_bytes(ports)
        if isinstance(error, FileNotFoundError):  # a part was deleted meanwhile
            raise UploadNotFound from error
        raise
    async with ports.begin() as tx:
        await tx.uploads.end(parts)
    await remove_ended_bytes(ports)
    return await get_upload(ports, owner=owner, upload_id=upload.id)


async def get_upload(ports: Ports, *, owner: UserId, upload_id: UploadId) -> UploadFacts:
    """Return an upload to its owner. Raises UploadNotFound, UploadGone."""
    async with ports.begin() as tx:
        return facts_of((await tx.uploads.get(upload_id)).require_owner(owner))


async def end_upload(ports: Ports, *, owner: UserId, upload_id: UploadId) -> None:
    """Delete an upload and its bytes, finished or not. Raises UploadNotFound, UploadGone, UploadUsed."""
    async with ports.begin() as tx:
        upload = (await tx.uploads.get(upload_id, lock=True)).require_owner(owner)
        if upload.state is UploadState.USED:
            raise UploadUsed
        await tx.uploads.end([upload_id])
    await remove_ended_bytes(ports)


async def expire_uploads(ports: Ports) -> int:
    """Delete uploads that were not continued in time, with their bytes; return how many.

    Safe at any time and in any number of processes; a tick calls it.
    """
    now = ports.clock()
    async with ports.begin() as tx:
        await tx.uploads.expire(now, limit=EXPIRED_AT_ONCE)
        await tx.uploads.forget(now - 2 * timedelta(seconds=ports.limits.upload_life_seconds))
    return await remove_ended_bytes(ports)


async def sweep_staging(ports: Ports) -> int:
    """Delete staged bytes without a row, which a deleted account leaves; return how many."""
    swept = 0
    for upload_id in await ports.uploads.staging.list_staged():
        try:
            async with ports.begin() as tx:
                await tx.uploads.get(upload_id)
        except UploadNotFound:
            await ports.uploads.staging.remove(upload_id)
            swept += 1
    return swept


async def _add(
    ports: Ports,
    *,
    owner: UserId,
    length: int | None,
    metadata: str,
    partial: bool = False,
    concat: str = "",
    now: datetime,
) -> Upload:
    told = parse_metadata(metadata)
    parse_announced_digest(metadata)
    if length is not None and check_length(length, ports.limits) > await ports.uploads.staging.free():
        raise StorageFull
    upload = Upload(
        id=UploadId(ports.new_id()), owner_id=owner, state=UploadState.OPEN, length=length, stored_offset=0,
        filename=told.get("filename", told.get("name", "")), filetype=told.get("filetype", told.get("type", "")),
        metadata=metadata, sha256=None, partial=partial, concat=concat, writer_fence=0, created_at=now,
        expires_at=expiry(now, now, ports.limits),
    )  # fmt: skip
    async with ports.begin() as tx:
        if await tx.uploads.count_open(owner) >= ports.limits.max_open_uploads:
            raise UploadsTooMany
        await tx.uploads.add(upload)
    return upload
