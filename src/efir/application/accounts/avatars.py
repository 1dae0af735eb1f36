"""Avatars: uploaded, cropped again within an hour, removed; every change is visible to all at once."""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial

from msgspec import Struct

from efir.application.access.invalidation import Changing, revoking
from efir.application.context import Ports
from efir.application.pictures import (
    MINUTE,
    WORKING,
    PictureFile,
    avatar_view,
    keep_working,
    key_of,
    new_picture,
    pieces_of,
    store_picture,
    wait_until_cuttable,
    working_copy,
)
from efir.domain.jobs import JobKind, NewJob
from efir.domain.kernel.ids import UserId
from efir.domain.pictures.crops import CropBox
from efir.domain.pictures.picture import Picture, PictureGone, PictureId, PictureKind, PicturesTooMany
from efir.ports.pictures import AvatarView, MadeFile, StoredPicture


class WornAvatar(Struct, frozen=True):
    """A user's avatar, and whether it can be cropped again without uploading it."""

    view: AvatarView
    cuttable: bool


async def put_avatar(
    ports: Ports, *, user_id: UserId, body: AsyncIterator[bytes], crop: CropBox | None, now: datetime
) -> AvatarView:
    """Store the uploaded picture as the user's avatar in place of the previous one; it can be cropped for an hour.

    Raises PicturesTooMany, PictureGone and what PictureConverter.make raises.
    """
    picture = await _open(ports, user_id, now=now)

    async def make_sizes_later(working: MadeFile) -> None:
        await keep_working(ports, picture.id, working.content)

    return await _put_on(
        ports, user_id, picture, await store_picture(ports, picture, body=body, crop=crop, later=make_sizes_later)
    )


async def crop_avatar(ports: Ports, *, user_id: UserId, crop: CropBox, now: datetime) -> AvatarView:
    """Crop a user's avatar again, from its working copy. Raises PictureNotCuttable and what put_avatar raises."""
    content = await working_copy(ports, (await _cuttable(ports, user_id)).id)
    picture = await _open(ports, user_id, now=now)
    view = await _put_on(
        ports, user_id, picture, await store_picture(ports, picture, body=pieces_of(content), crop=crop)
    )
    await keep_working(ports, picture.id, content)
    return view


async def remove_avatar(ports: Ports, *, user_id: UserId) -> None:
    """Remove a user's avatar; without one, nothing changes."""
    async with revoking(ports) as change:
        await _wear(change, user_id, None)


async def get_avatar(ports: Ports, *, user_id: UserId) -> WornAvatar | None:
    """Return a user's current avatar, or None."""
    async with ports.read() as views:
        found = await views.pictures.find_worn(user_id)
    if found is None:
        return None
    view = avatar_view(found, partial(ports.links.picture, found.id))
    return WornAvatar(view, cuttable=found.working or found.arriving)


async def find_working_copy(ports: Ports, *, user_id: UserId) -> PictureFile:
    """Wait for the working copy of the user's own avatar and return it. Raises PictureNotCuttable."""
    picture = await _cuttable(ports, user_id)
    return PictureFile(key_of(picture.id, WORKING), picture.id.bytes)


async def _cuttable(ports: Ports, user_id: UserId) -> StoredPicture:
    async def find_worn() -> StoredPicture | None:
        async with ports.read() as views:
            return await views.pictures.find_worn(user_id)

    return await wait_until_cuttable(find_worn)


async def _open(ports: Ports, user_id: UserId, *, now: datetime) -> Picture:
    picture = new_picture(ports, PictureKind.AVATAR, owner=user_id, now=now)
    async with ports.begin() as tx:
        if await tx.pictures.count_since(user_id, now - MINUTE) >= ports.limits.pictures_minute:
            raise PicturesTooMany(retry_after=60)
        await tx.pictures.add(picture)
    return picture


async def _put_on(ports: Ports, user_id: UserId, picture: Picture, stored: StoredPicture) -> AvatarView:
    async with revoking(ports) as change:
        tx = change.tx
        if not (await tx.pictures.stage(picture.id, stored) and await tx.pictures.claim(picture.id, user_id)):
            raise PictureGone
        await _wear(change, user_id, picture.id)
        life = ports.limits.avatar_cut_seconds
        await tx.jobs.put([NewJob(kind=JobKind.DROP_WORKING_COPY, subject=picture.id, priority=3, delay=life)])
    return avatar_view(stored, partial(ports.links.picture, picture.id))


async def _wear(change: Changing, user_id: UserId, picture_id: PictureId | None) -> None:
    """Make a picture the user's avatar, and invalidate cached copies of the account."""
    before, version = await change.tx.users.set_avatar(user_id, picture_id)
    if before is not None:
        await change.tx.pictures.end(PictureId(before))
    change.user(user_id, version)
