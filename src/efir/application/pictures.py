"""Pictures of people: made, stored under an id of their own, found by address, taken away when nobody needs them.

The row comes first and leaves last, so bytes without a row exist only after a crash between two lines of a writer whose
picture was given up at the same moment; `sweep_stray_pictures` finds those too.
"""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from efir.application.access import Changing, changing
from efir.application.context import Ports
from efir.application.jobs import Progress
from efir.domain.crops import CropBox
from efir.domain.jobs import ClaimedJob
from efir.domain.pictures import (
    Picture,
    PictureGone,
    PictureId,
    PictureKind,
    PictureState,
    PicturesTooMany,
    stored_width,
)
from efir.domain.users import UserId
from efir.ports.blobs import BlobKey, blob_key
from efir.ports.pictures import (
    AvatarView,
    Later,
    MadePictures,
    PictureOrder,
    PictureSizes,
    StoredFile,
    StoredPicture,
    public_folder,
)

FOLDER = "img"
WORKING = "working.webp"
ARRIVING = timedelta(minutes=10)  # a picture that is not stored after so long never will be
MINUTE = timedelta(minutes=1)
STRAY = timedelta(days=1)
AT_ONCE = 100


class PictureFile(Struct, frozen=True):
    """Where the bytes of one size lie."""

    key: BlobKey
    sha256: bytes


async def put_avatar(
    ports: Ports, *, user_id: UserId, body: AsyncIterator[bytes], crop: CropBox | None, now: datetime
) -> AvatarView:
    """Give somebody the picture that is sent; the one before goes.

    Raises PicturesTooMany, PictureGone and what PictureConverter.make raises.
    """
    picture = new_picture(ports, PictureKind.AVATAR, owner=user_id, now=now)
    async with ports.begin() as tx:
        if await tx.pictures.count_since(user_id, now - MINUTE) >= ports.limits.pictures_minute:
            raise PicturesTooMany(retry_after=60)
        await tx.pictures.add(picture)
    stored = await made(ports, picture, body=body, crop=crop)
    async with changing(ports) as change:
        tx = change.tx
        if not (await tx.pictures.stage(picture.id, stored) and await tx.pictures.claim(picture.id, user_id)):
            raise PictureGone
        await _worn(change, user_id, picture.id)
    return avatar_view(stored, public_folder(picture.id))


async def remove_avatar(ports: Ports, *, user_id: UserId) -> None:
    """Take somebody's avatar away; without one nothing happens."""
    async with changing(ports) as change:
        await _worn(change, user_id, None)


async def find_picture(ports: Ports, *, picture_id: PictureId, side: int) -> PictureFile:
    """Answer the bytes of a picture that somebody keeps; it never changes. Raises PictureNotFound."""
    async with ports.read() as views:
        return file_of(await views.pictures.claimed(picture_id), side)


async def made(
    ports: Ports, picture: Picture, *, body: AsyncIterator[bytes], crop: CropBox | None, later: Later | None = None
) -> StoredPicture:
    """Convert what is sent and store every size; the row must be there. Raises what PictureConverter.make raises."""
    try:
        found = await ports.pictures.make(body, PictureOrder(picture.kind, crop), later)
        await asyncio.gather(
            *(ports.blobs.put_bytes(key_of(picture.id, f"{file.width}.webp"), file.content) for file in found.files)
        )
    except BaseException:
        async with ports.begin() as tx:
            await tx.pictures.end(picture.id)
        raise
    return _stored(picture, found)


def new_picture(
    ports: Ports,
    kind: PictureKind,
    *,
    owner: UserId | None = None,
    registration: UUID | None = None,
    gen: int = 0,
    now: datetime,
) -> Picture:
    """Make the row of a picture whose bytes are about to come."""
    return Picture(
        id=PictureId(ports.new_id()), kind=kind, state=PictureState.RECEIVING, owner_id=owner,
        registration_id=registration, gen=gen, created_at=now, expires_at=now + ARRIVING,
    )  # fmt: skip


def key_of(picture_id: UUID, name: str) -> BlobKey:
    """Key of one size, or of the working copy, in the store."""
    return blob_key(f"{FOLDER}/{picture_id}/{name}")


def file_of(picture: StoredPicture, side: int) -> PictureFile:
    """Find the size that answers an asked one. Raises PictureNotFound."""
    width = stored_width(side, [file.width for file in picture.files], picture.kind)
    digest = next(file.sha256 for file in picture.files if file.width == width)
    return PictureFile(key_of(picture.id, f"{width}.webp"), bytes.fromhex(digest))


def avatar_view(picture: StoredPicture, folder: str) -> AvatarView:
    """Show an avatar whose sizes lie below a path."""
    return AvatarView(
        id=picture.id,
        sizes=PictureSizes(*(f"{folder}/{side}.webp" for side in (64, 128, 256, 512))),
        width=picture.width,
        height=picture.height,
        bytes=sum(file.size for file in picture.files),
        thumbhash=base64.b64encode(picture.thumbhash).decode(),
    )


async def sweep_pictures(ports: Ports) -> int:
    """Remove the bytes of pictures that nobody refers to, then their rows; safe at any time in any process."""
    now = ports.clock()
    async with ports.begin() as tx:
        ended = await tx.pictures.expire(now, limit=AT_ONCE)
        await tx.pictures.forget(now - MINUTE)  # until then they count against who sends too many
    for picture_id in ended:
        await ports.blobs.delete_prefix(blob_key(f"{FOLDER}/{picture_id}"))
    if ended:
        async with ports.begin() as tx:
            await tx.pictures.cleared(ended)
    return len(ended)


async def sweep_stray_pictures(ports: Ports) -> int:
    """Remove old bytes without a row; answers how many pictures. Walks the whole store, so workers do it at start."""
    before = ports.clock() - STRAY
    old: set[PictureId] = set()
    async for info in ports.blobs.list(blob_key(FOLDER)):
        if info.modified < before:
            old.add(PictureId(UUID(info.key.split("/")[1])))
    async with ports.begin() as tx:
        strays = old - await tx.pictures.known(list(old))
    for picture_id in strays:
        await ports.blobs.delete_prefix(blob_key(f"{FOLDER}/{picture_id}"))
    return len(strays)


async def drop_working_copy(ports: Ports, job: ClaimedJob, _progress: Progress) -> None:
    """Remove what a draft was cut from, once the draft has become an avatar."""
    await ports.blobs.delete(key_of(job.subject, WORKING))
    async with ports.begin() as tx:
        await tx.jobs.finish(job)


async def _worn(change: Changing, user_id: UserId, picture_id: PictureId | None) -> None:
    """Let everybody see another avatar; copies of the account are made anew."""
    before, version = await change.tx.users.set_avatar(user_id, picture_id)
    if before is not None:
        await change.tx.pictures.end(PictureId(before))
    change.user(user_id, version)


def _stored(picture: Picture, found: MadePictures) -> StoredPicture:
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
