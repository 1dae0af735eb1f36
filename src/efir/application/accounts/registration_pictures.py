"""Avatars of unfinished registrations: uploaded and cropped before the account exists, kept or deleted with it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from uuid import UUID

from efir.application.accounts.registration_rates import picture_rates
from efir.application.context import Ports, Visitor
from efir.application.kernel.rate_limits import enforce_limits
from efir.application.pictures import (
    LOOK_SECONDS,
    LOOKS,
    WORKING,
    PictureFile,
    avatar_view,
    file_of,
    keep_working,
    key_of,
    new_picture,
    pieces_of,
    store_picture,
    wait_until_cuttable,
    working_copy,
)
from efir.domain.accounts.registrations import Registration, RegistrationPicturesTooMany, expiry
from efir.domain.pictures.crops import CropBox
from efir.domain.pictures.picture import (
    Picture,
    PictureGone,
    PictureId,
    PictureKind,
    PictureNotFound,
    PictureOvertaken,
    StagingFull,
)
from efir.ports.pictures import AvatarView, MadeFile, StoredPicture
from efir.ports.transactions import Transaction, Views

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
    """Store an avatar for a registration; the previous one stays until this one is accepted.

    A slow older upload never replaces a newer one. Raises RegistrationNotFound, RegistrationFinished,
    RegistrationPicturesTooMany, StagingFull, PictureOvertaken, PictureGone, Throttled and what PictureConverter.make
    raises.
    """
    await enforce_limits(ports, *picture_rates(ports, visitor=visitor))
    picture = await _open(ports, ticket, registration_id, now=now, sent=True)

    async def make_sizes_later(working: MadeFile) -> None:
        await keep_working(ports, picture.id, working.content)

    stored = await store_picture(ports, picture, body=body, crop=crop, later=make_sizes_later)
    return await _place(ports, ticket, picture, stored)


async def crop_draft_avatar(
    ports: Ports, *, ticket: bytes, registration_id: UUID | None, crop: CropBox, now: datetime
) -> AvatarView:
    """Crop the avatar again, from its working copy. Raises PictureNotCuttable and what put_draft_avatar raises."""

    async def find_staged() -> StoredPicture | None:
        async with ports.read() as views:
            found = (await views.registrations.get_by_ticket(ticket, now=now)).require_id(registration_id).open()
            return await _stage(views, found)

    before = await wait_until_cuttable(find_staged)
    content = await working_copy(ports, before.id)
    picture = await _open(ports, ticket, registration_id, now=now, sent=False)
    stored = await store_picture(ports, picture, body=pieces_of(content), crop=crop)
    view = await _place(ports, ticket, picture, stored)
    await keep_working(ports, picture.id, content)
    return view


async def remove_draft_avatar(ports: Ports, *, ticket: bytes, registration_id: UUID | None, now: datetime) -> None:
    """Remove the avatar; without one, nothing changes. Raises RegistrationNotFound, RegistrationFinished."""
    async with ports.begin() as tx:
        found = (await tx.registrations.get_by_ticket(ticket, now=now)).require_id(registration_id).open()
        if found.avatar_id is not None:
            await tx.pictures.end(PictureId(found.avatar_id))
            await tx.registrations.change(found.id, {"avatar_id": None})


async def find_draft_picture(
    ports: Ports, *, ticket: bytes, registration_id: UUID, picture_id: UUID, side: int | None, now: datetime
) -> PictureFile:
    """Return one size of a registration's avatar to the ticket holder; without `side`, wait for the working copy.

    Raises RegistrationNotFound, PictureNotFound.
    """
    for _ in range(LOOKS):
        async with ports.read() as views:
            found = (await views.registrations.get_by_ticket(ticket, now=now)).require_id(registration_id)
            picture = await views.pictures.get_staged(PictureId(picture_id), found.id)
        if side is not None:
            return file_of(picture, side)
        if picture.working:
            return PictureFile(key_of(picture.id, WORKING), picture.id.bytes)
        await asyncio.sleep(LOOK_SECONDS)
    raise PictureNotFound


async def draft_avatar(ports: Ports, views: Views, found: Registration) -> AvatarView | None:
    """Return the avatar of a registration, or None."""
    picture = await _stage(views, found)
    return None if picture is None else _view(ports, found, picture)


def _view(ports: Ports, found: Registration, picture: StoredPicture) -> AvatarView:
    return avatar_view(picture, partial(ports.links.draft_picture, found.id, picture.id))


async def _stage(views: Views, found: Registration) -> StoredPicture | None:
    if found.avatar_id is None:
        return None
    return await views.pictures.get_staged(PictureId(found.avatar_id), found.id)


async def _open(ports: Ports, ticket: bytes, registration_id: UUID | None, *, now: datetime, sent: bool) -> Picture:
    """Create the numbered row of a picture that is about to arrive, uploaded or cropped from the previous one."""
    limits = ports.limits
    async with ports.begin() as tx:
        found = (await tx.registrations.get_by_ticket(ticket, now=now)).require_id(registration_id).open()
        if sent and await tx.pictures.count_staged_bytes() >= limits.staging_bytes:
            raise StagingFull(retry_after=limits.staging_retry_seconds)
        gen, uploads = await tx.registrations.next_picture(found.id, sent=sent)
        if uploads > limits.registration_pictures or gen - uploads > limits.registration_cuts:
            raise RegistrationPicturesTooMany(retry_after=limits.registration_idle_seconds)
        picture = new_picture(ports, PictureKind.AVATAR, registration=found.id, gen=gen, now=now)
        await tx.pictures.add(picture)
        await tx.registrations.change(found.id, {"expires_at": expiry(now, found.created_at, limits)})
    return picture


async def _place(ports: Ports, ticket: bytes, picture: Picture, stored: StoredPicture) -> AvatarView:
    """Replace the previous picture, unless a newer one has already done so."""
    overtaken = False
    async with ports.begin() as tx:
        found = await tx.registrations.get_by_ticket(ticket, now=ports.clock())
        overtaken = await _is_newer(tx, found, picture)
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
    return _view(ports, found, stored)


async def _is_newer(tx: Transaction, found: Registration, picture: Picture) -> bool:
    return await tx.registrations.picture_gen(found.avatar_id) > picture.gen
