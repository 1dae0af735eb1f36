"""Appending to an upload: one writer at a time; bytes are durable before they are acknowledged, and never withdrawn."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any

from msgspec import Struct

from efir.application.context import Ports
from efir.application.uploads.completion import finish_upload, recover_upload
from efir.application.uploads.uploads import UploadFacts, get_upload
from efir.domain.kernel.errors import Unavailable
from efir.domain.kernel.ids import UserId
from efir.domain.uploads import (
    ChunkCorrupt,
    OffsetMismatch,
    Upload,
    UploadId,
    UploadLocked,
    UploadMalformed,
    UploadOvertaken,
    UploadState,
    UploadTooLarge,
    expiry,
    room,
)
from efir.ports.transactions import Transaction
from efir.ports.uploads import BytesLost, StagedFile

CHECKSUMS = ("sha256", "sha1")
SYNC_BYTES, MAX_UNSYNCED = 8 << 20, 64 << 20
SYNC_SECONDS = 1.0
CLAIM_PAUSE = 0.2


class Piece(Struct, frozen=True, kw_only=True):
    """Declared facts of a request's bytes: offset, count, the total length if it was deferred, and checksum."""

    offset: int
    count: int | None = None
    length: int | None = None
    algorithm: str = ""
    checksum: bytes = b""


async def append_to_upload(
    ports: Ports, *, owner: UserId, upload_id: UploadId, piece: Piece, body: AsyncIterator[bytes]
) -> UploadFacts:
    """Append bytes as the only writer, and finish the upload when they are its last.

    Without a checksum, whatever has arrived when the connection breaks is kept; with one, all or nothing.
    Raises UploadNotFound, UploadGone, UploadJoined, UploadMalformed, OffsetMismatch, UploadLocked, UploadTooLarge,
    ChunkCorrupt, UploadCorrupt, UploadOvertaken, BodyInterrupted, StorageFull.
    """
    if piece.algorithm and piece.algorithm not in CHECKSUMS:
        raise UploadMalformed(f"Checksums are {', '.join(CHECKSUMS)}.")
    upload, fence = await _claim(ports, owner, upload_id, piece)
    if upload.state is UploadState.OPEN:
        try:
            await _append(ports, upload, fence, piece, body)
        finally:
            await asyncio.shield(_release(ports, upload, fence))
    return await get_upload(ports, owner=owner, upload_id=upload_id)


async def _claim(ports: Ports, owner: UserId, upload_id: UploadId, piece: Piece) -> tuple[Upload, int]:
    """Become the writer: at once, or after the present one has left or has received no byte for too long."""
    stall = ports.limits.upload_takeover_seconds
    for _ in range(int(2 * stall / CLAIM_PAUSE) + 1):
        async with ports.begin() as tx:
            upload = (await tx.uploads.get(upload_id, lock=True)).require_owner(owner).require_appendable(piece.offset)
            length = upload.length_with(piece.length, ports.limits)
            if piece.count is not None and piece.count > room(piece.offset, length, ports.limits):
                raise UploadTooLarge
            if upload.state is not UploadState.OPEN:
                return upload, upload.writer_fence
            fence = await tx.uploads.claim(upload_id, length=length, seconds=stall)
            if fence is not None:
                return replace(upload, length=length), fence
        await asyncio.sleep(CLAIM_PAUSE)
    raise UploadLocked(retry_after=1)


async def _append(ports: Ports, upload: Upload, fence: int, piece: Piece, body: AsyncIterator[bytes]) -> None:
    try:
        staged = await ports.uploads.staging.open(upload.id, offset=piece.offset, algorithm=piece.algorithm)
    except BytesLost:
        await recover_upload(ports, upload, fence)
        raise OffsetMismatch("The upload was finished before; ask for its offset.") from None
    try:
        writer = _Writer(ports, upload, fence, piece, staged)
        await writer.take(body)
        if staged.position == upload.length:
            await writer.finish()
    finally:
        await staged.close()


async def _release(ports: Ports, upload: Upload, fence: int) -> None:
    with suppress(Unavailable):  # the lease expires by itself
        async with ports.single() as tx:
            await tx.uploads.release(upload.id, fence)


class _Writer:
    """Receives a body while a second task makes bytes durable, records the offset, and notices another writer."""

    def __init__(self, ports: Ports, upload: Upload, fence: int, piece: Piece, staged: StagedFile) -> None:
        self._ports = ports
        self._upload = upload
        self._fence = fence
        self._piece = piece
        self._staged = staged
        self._durable = self._told = piece.offset
        self._due, self._caught_up = asyncio.Event(), asyncio.Event()

    async def take(self, body: AsyncIterator[bytes]) -> None:
        """Store a body. Raises what reading and writing raise; what is durable and verified by then stays."""
        if self._piece.algorithm:
            await self._write_whole(body)
            return
        try:
            await self._run_with_beat(self._read(body), self._note)
        finally:
            if self._staged.position not in {self._told, self._upload.length}:
                await self._note()

    async def finish(self) -> None:
        """Store the complete file; the result of the last commit decides, not an expired lease."""
        await self._run_with_beat(finish_upload(self._ports, self._upload, self._fence, self._staged), self._hold)

    async def _write_whole(self, body: AsyncIterator[bytes]) -> None:
        try:
            await self._run_with_beat(self._read(body), self._note)
            matching = hmac.compare_digest(await self._staged.checksum(), self._piece.checksum)
        except BaseException:
            await self._staged.truncate(self._piece.offset)
            raise
        if not matching:
            await self._staged.truncate(self._piece.offset)
            raise ChunkCorrupt
        if self._staged.position != self._upload.length:
            await self._note(checked=True)

    async def _read(self, body: AsyncIterator[bytes]) -> None:
        left = room(self._piece.offset, self._upload.length, self._ports.limits)
        async for chunk in body:
            left -= len(chunk)
            if left < 0:
                raise UploadTooLarge
            await self._staged.write(chunk)
            if self._staged.position - self._durable >= SYNC_BYTES:
                self._due.set()
            while self._staged.position - self._durable > MAX_UNSYNCED:
                self._caught_up.clear()
                await self._caught_up.wait()

    async def _run_with_beat(self, work: Coroutine[Any, Any, None], beat: Callable[[], Awaitable[None]]) -> None:
        """Run a coroutine with a heartbeat beside it; a failing heartbeat ends it."""
        working, beating = asyncio.ensure_future(work), asyncio.ensure_future(self._beat(beat))
        try:
            await asyncio.wait({working, beating}, return_when=asyncio.FIRST_COMPLETED)
            if beating.done():
                beating.result()
            working.result()
        finally:
            working.cancel()
            beating.cancel()
            await asyncio.gather(working, beating, return_exceptions=True)

    async def _beat(self, beat: Callable[[], Awaitable[None]]) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(SYNC_SECONDS):
                    await self._due.wait()
            self._due.clear()
            await beat()

    async def _note(self, *, checked: bool = False) -> None:
        """Make received bytes durable, then update the row; without a new byte, only check for another writer.

        Only the last commit reports the full length; unverified bytes are never reported. Raises UploadOvertaken.
        """
        if self._staged.position > self._durable:
            self._durable = await self._sync()
            self._caught_up.set()
            moved = True
        else:
            moved = checked
        if checked or not (self._piece.algorithm or self._durable == self._upload.length):
            self._told = self._durable
        async with self._ports.begin() as tx:
            mine = await (self._record(tx) if moved else tx.uploads.holds(self._upload.id, self._fence))
        if not mine:
            raise UploadOvertaken

    async def _sync(self) -> int:
        syncing = asyncio.ensure_future(self._staged.sync())
        try:
            while not (await asyncio.wait({syncing}, timeout=SYNC_SECONDS))[0]:
                await self._hold()  # a slow disk is not a stalled client
            return syncing.result()
        finally:
            syncing.cancel()

    async def _hold(self) -> None:
        async with self._ports.begin() as tx:
            await self._record(tx)

    async def _record(self, tx: Transaction) -> bool:
        limits = self._ports.limits
        return await tx.uploads.record(
            self._upload.id, self._fence, offset=self._told, seconds=limits.upload_takeover_seconds,
            expires_at=expiry(self._upload.created_at, self._ports.clock(), limits),
        )  # fmt: skip
