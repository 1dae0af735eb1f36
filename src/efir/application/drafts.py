"""Pictures of registrations: sent before there is an account, cut as often as wanted, kept or forgotten with it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from efir.application.context import Ports, Visitor
from efir.application.pictures import WORKING, PictureFile, avatar_view, file_of, key_of, made, new_picture
from efir.application.rates import limited, picture_rates
from efir.domain.crops import CropBox
from efir.domain.pictures import Picture, PictureGone, PictureId, PictureKind, PictureNotFound, PictureOvertaken
from efir.domain.registrations import (
    PictureNotCuttable,
    Registration,
    RegistrationPicturesTooMany,
    expiry,
)
from efir.ports.blobs import BlobKey
from efir.ports.pictures import AvatarView, MadeFile, StoredPicture
from efir.ports.transactions import Transaction, Views

FOLDER = "/api/v1/registrations"
PIECE = 256 * 1024
LOOKS, LOOK_SECONDS = 20, 0.15
Body = AsyncIterator[bytes]


async def put_draft_avatar(
    ports: Ports,
    *,
    ticket: bytes,
    registration_id: UUID | None,
    body: Body,
    crop: CropBox | None,
    visitor: Visitor,
    now: datetime,
) -> AvatarView:
    """Take a picture before there is an account; the one before stays until this one is good.

    A slow older picture never takes the place of a newer one. Raises RegistrationNotFound, RegistrationFinished,
    RegistrationPicturesTooMany, PictureOvertaken, PictureGone, Throttled and what
    PictureConverter.make raises.
    """
    await limited(ports, *picture_rates(ports, visitor=visitor))
    picture = await _opened(ports, ticket, registration_id, now=now)

    async def later(working: MadeFile) -> None:
        await _keep_working(ports, picture.id, working.content)

    stored = await made(ports, picture, body=body, crop=crop, later=later)
    return await _placed(ports, ticket, picture, stored)


async def crop_draft_avatar(
    ports: Ports, *, ticket: bytes, registration_id: UUID | None, crop: CropBox, now: datetime
) -> AvatarView:
    """Cut the picture again, from the working copy. Raises PictureNotCuttable and what put_draft_avatar raises."""
    before = await _cuttable(ports, ticket, registration_id, now=now)
    content = await _whole(ports, key_of(before.id, WORKING))
    picture = await _opened(ports, ticket, registration_id, now=now)
    stored = await made(ports, picture, body=_pieces(content), crop=crop)
    view = await _placed(ports, ticket, picture, stored)
    await _keep_working(ports, picture.id, content)
    return view


async def remove_draft_avatar(ports: Ports, *, ticket: bytes, registration_id: UUID | None, now: datetime) -> None:
    """Give the picture up; without one nothing happens. Raises RegistrationNotFound, RegistrationFinished."""
    async with ports.begin() as tx:
        found = (await tx.registrations.by_ticket(ticket, now=now)).named(registration_id).open()
        if found.avatar_id is not None:
            await tx.pictures.end(PictureId(found.avatar_id))
            await tx.registrations.change(found.id, {"avatar_id": None})


async def find_draft_picture(
    ports: Ports, *, ticket: bytes, registration_id: UUID, picture_id: UUID, side: int | None, now: datetime
) -> PictureFile:
    """Answer one size of a draft's picture to who holds the ticket; without `side` its working copy, soon there.

    Raises RegistrationNotFound, PictureNotFound.
    """
    for _ in range(LOOKS):
        async with ports.read() as views:
            found = (await views.registrations.by_ticket(ticket, now=now)).named(registration_id)
            picture = await views.pictures.staged(PictureId(picture_id), found.id)
        if side is not None:
            return file_of(picture, side)
        if picture.working:
            return PictureFile(key_of(picture.id, WORKING), picture.id.bytes)
        await asyncio.sleep(LOOK_SECONDS)
    raise PictureNotFound


async def draft_avatar(views: Views, found: Registration) -> AvatarView | None:
    """Show the picture of a registration, if it has one."""
    picture = await _staged(views, found)
    return None if picture is None else avatar_view(picture, _folder(found, picture))


def _folder(found: Registration, picture: StoredPicture) -> str:
    return f"{FOLDER}/{found.id}/avatar/{picture.id}"


async def _staged(views: Views, found: Registration) -> StoredPicture | None:
    if found.avatar_id is None:
        return None
    return await views.pictures.staged(PictureId(found.avatar_id), found.id)


async def _opened(ports: Ports, ticket: bytes, registration_id: UUID | None, *, now: datetime) -> Picture:
    """Note a picture that is about to come, with its number."""
    async with ports.begin() as tx:
        found = (await tx.registrations.by_ticket(ticket, now=now)).named(registration_id).open()
        gen = await tx.registrations.next_picture(found.id)
        if gen > ports.limits.registration_pictures:
            raise RegistrationPicturesTooMany(retry_after=ports.limits.registration_idle_seconds)
        picture = new_picture(ports, PictureKind.AVATAR, registration=found.id, gen=gen, now=now)
        await tx.pictures.add(picture)
        await tx.registrations.change(found.id, {"expires_at": expiry(now, found.created_at, ports.limits)})
    return picture


async def _placed(ports: Ports, ticket: bytes, picture: Picture, stored: StoredPicture) -> AvatarView:
    """Put a picture in the place of the one before, unless a newer one is there already."""
    overtaken = False
    async with ports.begin() as tx:
        found = await tx.registrations.by_ticket(ticket, now=ports.clock())
        overtaken = await _newer_than(tx, found, picture)
        if found.user_id is not None or overtaken:
            await tx.pictures.end(picture.id)
        elif not await tx.pictures.stage(picture.id, stored):
            raise PictureGone
        else:
            if found.avatar_id is not None:
                await tx.pictures.end(PictureId(found.avatar_id))
            await tx.registrations.change(found.id, {"avatar_id": picture.id})
    if overtaken:
        raise PictureOvertaken
    found.open()
    return avatar_view(stored, _folder(found, stored))


async def _newer_than(tx: Transaction, found: Registration, picture: Picture) -> bool:
    return await tx.registrations.picture_gen(found.avatar_id) > picture.gen


async def _keep_working(ports: Ports, picture_id: PictureId, content: bytes) -> None:
    """Store a working copy, unless the draft has ended meanwhile."""
    key = key_of(picture_id, WORKING)
    await ports.blobs.put_bytes(key, content)
    async with ports.begin() as tx:
        kept = await tx.pictures.keep_working(picture_id)
    if not kept:
        await ports.blobs.delete(key)


async def _cuttable(ports: Ports, ticket: bytes, registration_id: UUID | None, *, now: datetime) -> StoredPicture:
    """Answer the picture once its working copy is there, a moment after the sizes. Raises PictureNotCuttable."""
    for _ in range(LOOKS):
        async with ports.read() as views:
            found = (await views.registrations.by_ticket(ticket, now=now)).named(registration_id).open()
            picture = await _staged(views, found)
        if picture is None:
            break
        if picture.working:
            return picture
        await asyncio.sleep(LOOK_SECONDS)
    raise PictureNotCuttable


async def _whole(ports: Ports, key: BlobKey) -> bytes:
    blob = await ports.blobs.open(key)
    try:
        return await blob.read(0, blob.size)
    finally:
        blob.close()


async def _pieces(content: bytes) -> Body:
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]
