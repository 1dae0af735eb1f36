"""Completion of an upload: durable bytes to their final place, then the row; a power cut at any moment is recovered."""

import hashlib

from efir.application.context import Ports
from efir.domain.uploads import (
    Upload,
    UploadCorrupt,
    UploadGone,
    UploadId,
    UploadOvertaken,
    UploadState,
    expiry,
    parse_announced_digest,
)
from efir.ports.kernel.blobs import Blob, BlobMissing, blob_key
from efir.ports.uploads import StagedFile

AT_ONCE = 100
READ_BYTES = 1 << 20


async def finish_upload(ports: Ports, upload: Upload, fence: int, staged: StagedFile) -> None:
    """Verify the whole file, store it and commit. The staged file is closed.

    The order is: fdatasync, rename into the store, fsync of its directory, COMMIT. A partial upload stays in staging
    until it is joined. Raises UploadCorrupt, UploadGone, UploadOvertaken, StorageFull.
    """
    length, digest = await staged.sync(), await staged.digest()
    await staged.close()
    announced = parse_announced_digest(upload.metadata)
    if announced not in {None, digest}:
        async with ports.begin() as tx:
            await tx.uploads.end([upload.id])
        await remove_ended_bytes(ports)
        raise UploadCorrupt
    if not upload.partial:
        try:
            await ports.blobs.put_file(blob_key(upload.source_key), ports.uploads.staging.path(upload.id))
        except FileNotFoundError as error:
            raise UploadGone from error
    await _commit(ports, upload, fence, length=length, digest=digest)


async def recover_upload(ports: Ports, upload: Upload, fence: int) -> None:
    """Recover an open upload without staged bytes: they reached the store before a crash, or are lost.

    Raises UploadGone when they are lost: the client starts again.
    """
    try:
        blob = await ports.blobs.open(blob_key(upload.source_key))
    except BlobMissing:
        blob = None
    if blob is not None:
        try:
            if blob.size == upload.length:
                await _commit(ports, upload, fence, length=blob.size, digest=await _digest(blob))
                return
        finally:
            blob.close()
    async with ports.begin() as tx:
        await tx.uploads.end([upload.id])
    raise UploadGone


async def _commit(ports: Ports, upload: Upload, fence: int, *, length: int, digest: str) -> None:
    expires_at = expiry(upload.created_at, ports.clock(), ports.limits)
    async with ports.begin() as tx:
        if await tx.uploads.finish(upload.id, fence, length=length, sha256=digest, expires_at=expires_at):
            return
        state = (await tx.uploads.get(upload.id)).state
    if state is UploadState.GONE:
        await remove_bytes(ports, upload.id)
        raise UploadGone
    raise UploadOvertaken


async def remove_ended_bytes(ports: Ports) -> int:
    """Delete the bytes of ended uploads: after the commit that ended them, and again until it succeeds."""
    async with ports.begin() as tx:
        ended = await tx.uploads.find_ended(limit=AT_ONCE)
    for upload_id in ended:
        await remove_bytes(ports, upload_id)
    if ended:
        async with ports.begin() as tx:
            await tx.uploads.note_cleared(ended)
    return len(ended)


async def remove_bytes(ports: Ports, upload_id: UploadId) -> None:
    """Delete an upload's bytes wherever they are."""
    await ports.uploads.staging.remove(upload_id)
    await ports.blobs.delete(blob_key(f"src/{upload_id}"))


async def _digest(blob: Blob) -> str:
    found = hashlib.sha256()
    for offset in range(0, blob.size, READ_BYTES):
        found.update(await blob.read(offset, READ_BYTES))
    return found.hexdigest()
