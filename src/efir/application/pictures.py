"""Pictures of users: converted, stored under ids of their own, and deleted once nothing refers to them.

The row is created first and deleted last, so bytes without a row remain only when a writer crashes between two lines
while its picture is being given up; `sweep_stray_pictures` finds those too.
"""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from efir.application.context import Ports
from efir.application.jobs.engine import JobHandler, JobHandlers, Progress
from efir.application.jobs.work import Tick
from efir.domain.jobs import ClaimedJob, JobKind
from efir.domain.kernel.ids import UserId
from efir.domain.pictures.crops import CropBox
from efir.domain.pictures.picture import (
    Picture,
    PictureId,
    PictureKind,
    PictureNotCuttable,
    PictureState,
    find_stored_width,
)
from efir.ports.kernel.blobs import BlobKey, blob_key
from efir.ports.pictures import (
    AvatarView,
    Later,
    MadePictures,
    Pictured,
    PictureOrder,
    PictureSizes,
    StoredFile,
    StoredPicture,
    View,
)

FOLDER = "img"
WORKING = "working.webp"
ARRIVING = timedelta(minutes=10)  # a picture that is not stored by then never will be
MINUTE = timedelta(minutes=1)
STRAY = timedelta(days=1)
AT_ONCE = 100
PIECE = 256 * 1024
LOOKS, LOOK_SECONDS = 20, 0.15


class PictureFile(Struct, frozen=True):
    """The key of the bytes of one size."""

    key: BlobKey
    sha256: bytes


async def find_picture(ports: Ports, *, picture_id: PictureId, side: int) -> PictureFile:
    """Return one size of a stored picture; its bytes never change. Raises PictureNotFound."""
    async with ports.read() as views:
        return file_of(await views.pictures.get_claimed(picture_id), side)


async def store_picture(
    ports: Ports, picture: Picture, *, body: AsyncIterator[bytes], crop: CropBox | None, later: Later | None = None
) -> StoredPicture:
    """Convert an upload and store every size; the row must exist. Raises what PictureConverter.make raises."""
    try:
        found = await ports.pictures.converter.make(body, PictureOrder(picture.kind, crop), later)
        await asyncio.gather(
            *(ports.blobs.put_bytes(key_of(picture.id, f"{file.width}.webp"), file.content) for file in found.files)
        )
    except BaseException:
        async with ports.begin() as tx:
            await tx.pictures.end(picture.id)
        raise
    return _build_stored_picture(picture, found)


def new_picture(
    ports: Ports,
    kind: PictureKind,
    *,
    owner: UserId | None = None,
    registration: UUID | None = None,
    gen: int = 0,
    now: datetime,
) -> Picture:
    """Return the row of a picture whose bytes are about to arrive."""
    return Picture(
        id=PictureId(ports.new_id()), kind=kind, state=PictureState.RECEIVING, owner_id=owner,
        registration_id=registration, gen=gen, created_at=now, expires_at=now + ARRIVING,
    )  # fmt: skip


async def keep_working(ports: Ports, picture_id: PictureId, content: bytes) -> None:
    """Store a working copy, unless the picture was given up meanwhile."""
    key = key_of(picture_id, WORKING)
    await ports.blobs.put_bytes(key, content)
    async with ports.begin() as tx:
        kept = await tx.pictures.keep_working(picture_id, len(content))
    if not kept:
        await ports.blobs.delete(key)


async def working_copy(ports: Ports, picture_id: UUID) -> bytes:
    """Return the working copy of a picture, from which it can be cropped."""
    blob = await ports.blobs.open(key_of(picture_id, WORKING))
    try:
        return await blob.read(0, blob.size)
    finally:
        blob.close()


async def wait_until_cuttable(look: Callable[[], Awaitable[StoredPicture | None]]) -> StoredPicture:
    """Return a picture once its working copy is stored, shortly after the sizes. Raises PictureNotCuttable."""
    for _ in range(LOOKS):
        picture = await look()
        if picture is None:
            break
        if picture.working:
            return picture
        if not picture.arriving:
            break
        await asyncio.sleep(LOOK_SECONDS)
    raise PictureNotCuttable


async def pieces_of(content: bytes) -> AsyncIterator[bytes]:
    """Yield bytes as if they arrived over the network."""
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]


def key_of(picture_id: UUID, name: str) -> BlobKey:
    """Return the key of one size, or of the working copy, in the store."""
    return blob_key(f"{FOLDER}/{picture_id}/{name}")


def file_of(picture: StoredPicture, side: int) -> PictureFile:
    """Return the stored size that serves a requested one. Raises PictureNotFound."""
    width = find_stored_width(side, [file.width for file in picture.files], picture.kind)
    digest = next(file.sha256 for file in picture.files if file.width == width)
    return PictureFile(key_of(picture.id, f"{width}.webp"), bytes.fromhex(digest))


def with_avatar(ports: Ports, found: Pictured[View]) -> View:
    """Return the view of a user, with the address of the avatar."""
    if found.avatar_id is None:
        return found.view
    return msgspec.structs.replace(found.view, avatar=ports.links.avatar(found.avatar_id))


def avatar_view(picture: StoredPicture, address: Callable[[int], str]) -> AvatarView:
    """Return an avatar as clients see it; `address` returns the address of one size."""
    return AvatarView(
        id=picture.id,
        sizes=PictureSizes(*map(address, (64, 128, 256, 512))),
        width=picture.width,
        height=picture.height,
        bytes=sum(file.size for file in picture.files),
        thumbhash=base64.b64encode(picture.thumbhash).decode(),
    )


async def sweep_pictures(ports: Ports) -> int:
    """Delete the bytes of pictures that nothing refers to, then their rows; safe at any time in any process."""
    now = ports.clock()
    async with ports.begin() as tx:
        ended = await tx.pictures.expire(now, limit=AT_ONCE)
        await tx.pictures.forget(now - MINUTE)  # until then they count towards the limit of uploads
    for picture_id in ended:
        await ports.blobs.delete_prefix(blob_key(f"{FOLDER}/{picture_id}"))
    if ended:
        async with ports.begin() as tx:
            await tx.pictures.note_cleared(ended)
    return len(ended)


async def sweep_stray_pictures(ports: Ports) -> int:
    """Delete old bytes without a row; return how many pictures. Lists the whole store, so only runs at start."""
    before = ports.clock() - STRAY
    old: set[PictureId] = set()
    async for info in ports.blobs.list(blob_key(FOLDER)):
        if info.modified < before:
            old.add(PictureId(UUID(info.key.split("/")[1])))
    async with ports.begin() as tx:
        strays = old - await tx.pictures.find_known(list(old))
    for picture_id in strays:
        await ports.blobs.delete_prefix(blob_key(f"{FOLDER}/{picture_id}"))
    return len(strays)


async def drop_working_copy(ports: Ports, job: ClaimedJob, _progress: Progress) -> None:
    """Delete the working copy of a picture, once it can no longer be cropped."""
    await ports.blobs.delete(key_of(job.subject, WORKING))
    async with ports.begin() as tx:
        await tx.pictures.drop_working(PictureId(job.subject))
        await tx.jobs.finish(job)


def _build_stored_picture(picture: Picture, found: MadePictures) -> StoredPicture:
    return StoredPicture(
        id=picture.id,
        kind=picture.kind,
        width=found.width,
        height=found.height,
        files=[
            StoredFile(file.width, file.height, len(file.content), hashlib.sha256(file.content).hexdigest())
            for file in found.files
        ],
        thumbhash=found.thumbhash,
    )


JOBS: JobHandlers = {JobKind.DROP_WORKING_COPY: JobHandler(work=drop_working_copy)}
TICKS: Sequence[Tick] = (sweep_pictures,)
STARTS: Sequence[Tick] = (sweep_stray_pictures,)
