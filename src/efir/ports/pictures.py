"""Ports of pictures: conversion of uploaded images, storage and read models."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Generic, Protocol, TypeVar
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.kernel.ids import UserId
from efir.domain.pictures.crops import CropBox
from efir.domain.pictures.picture import Picture, PictureId, PictureKind

View = TypeVar("View", bound=Struct)


class PictureSizes(Struct, frozen=True, rename=lambda name: name.removeprefix("s")):
    """URLs of one picture by its side in pixels; a small picture is served for the sizes that it cannot fill."""

    s64: Annotated[str, Meta(description="64 pixels.", examples=["/i/019a0c57-7a2c-7e6f-b4f2-5b3c7a1d2e3f/64.webp"])]
    s128: Annotated[str, Meta(description="128 pixels.")]
    s256: Annotated[str, Meta(description="256 pixels.")]
    s512: Annotated[str, Meta(description="512 pixels.")]


class AvatarView(Struct, frozen=True):
    """An avatar, converted from an uploaded image."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    sizes: Annotated[PictureSizes, Meta(description="URLs of the WebP images by their side in pixels.")]
    width: Annotated[int, Meta(description="Width of the uploaded image, upright, in pixels.", examples=[4160])]
    height: Annotated[int, Meta(description="Height of the uploaded image, upright, in pixels.", examples=[3120])]
    bytes: Annotated[int, Meta(description="Total size of all images in bytes.", examples=[48500])]
    thumbhash: Annotated[str, Meta(description="ThumbHash in base64, for a placeholder.", examples=["IQgSLYZ6iHeP"])]


class PictureOrder(Struct, frozen=True):
    """The kind of picture to create; with `crop` None, the converter chooses the crop."""

    kind: PictureKind
    crop: CropBox | None = None


class MadeFile(Struct, frozen=True):
    """One converted image; sides in pixels."""

    width: int
    height: int
    content: bytes


class MadePictures(Struct, frozen=True):
    """A converted upload: its upright sides in pixels, every size as WebP, and at most 28 bytes of ThumbHash."""

    width: int
    height: int
    files: list[MadeFile]
    thumbhash: bytes


Later = Callable[[MadeFile], Awaitable[None]]
"""Receives the working copy of a draft, after its sizes have been returned."""


class StoredFile(Struct, frozen=True):
    """A stored size of a picture, as in its row."""

    width: int
    height: int
    size: int
    sha256: str


class StoredPicture(Struct, frozen=True):
    """A stored picture, as in its row; `arriving` means that it is so new that its working copy may still follow."""

    id: UUID
    kind: PictureKind
    width: int
    height: int
    files: list[StoredFile]
    thumbhash: bytes
    working: bool = False
    arriving: bool = False


class Pictured(Struct, Generic[View], frozen=True):
    """A view of a user as stored; the URL of the avatar is missing and is derived from `avatar_id`."""

    view: View
    avatar_id: UUID | None


class PictureConverter(Protocol):
    """Converts untrusted images in confined child processes."""

    def expect(self) -> None:
        """Prepare for a picture that will probably arrive soon."""
        ...

    async def make(self, body: AsyncIterator[bytes], order: PictureOrder, later: Later | None = None) -> MadePictures:
        """Read an image to its end and convert it; nothing of the original is kept.

        With `later`, a working copy for cropping again is created afterwards and passed to it, unless that fails.
        Raises PictureTooLarge, PictureTypeRefused, PictureRefused and its kinds, PictureInterrupted, PicturesBusy.
        """
        ...


class PictureRepository(Protocol):
    """Stores pictures within a transaction."""

    async def add(self, picture: Picture) -> None:
        """Store the row of a picture before its bytes, so that no stored bytes lack a row."""
        ...

    async def count_since(self, owner: UserId, since: datetime) -> int:
        """Count the pictures that a user has uploaded since a time; counts for one user are serialized."""
        ...

    async def stage(self, picture_id: PictureId, made: StoredPicture) -> bool:
        """Record that the bytes are stored. Return False when the picture was released in the meantime."""
        ...

    async def keep_working(self, picture_id: PictureId, size: int) -> bool:
        """Record that a working copy of `size` bytes is stored. Return False when the picture was released."""
        ...

    async def drop_working(self, picture_id: PictureId) -> None:
        """Record that the working copy has been removed."""
        ...

    async def count_staged_bytes(self) -> int:
        """Return the total bytes of pictures that no user owns yet, or no user owns any more."""
        ...

    async def claim(self, picture_id: PictureId, owner: UserId) -> bool:
        """Assign a staged picture to an owner permanently. Return False when it is not staged."""
        ...

    async def end(self, picture_id: PictureId) -> None:
        """Release a picture; the sweeper removes its bytes."""
        ...

    async def end_of(self, owner: UserId) -> None:
        """Release every picture of a user whose account is deleted."""
        ...

    async def expire(self, now: datetime, *, limit: int) -> list[PictureId]:
        """Release expired pictures that nothing refers to. Return those whose bytes should be removed."""
        ...

    async def note_cleared(self, picture_ids: Sequence[PictureId]) -> None:
        """Record that the bytes have been removed."""
        ...

    async def forget(self, before: datetime) -> None:
        """Delete rows of cleared pictures created before a time."""
        ...

    async def find_known(self, picture_ids: Sequence[PictureId]) -> set[PictureId]:
        """Return those of the ids that have a row."""
        ...


class PictureViews(Protocol):
    """Reads pictures."""

    async def find_worn(self, owner: UserId) -> StoredPicture | None:
        """Return the current avatar of a user, or None."""
        ...

    async def get_claimed(self, picture_id: PictureId) -> StoredPicture:
        """Return a picture that a user owns. Raises PictureNotFound."""
        ...

    async def get_staged(self, picture_id: PictureId, registration_id: UUID) -> StoredPicture:
        """Return the picture of a registration. Raises PictureNotFound."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PicturePorts:
    """Ports that convert pictures."""

    converter: PictureConverter


class PictureRepositories(Protocol):
    """Repositories of pictures."""

    @property
    def pictures(self) -> PictureRepository:
        """The repository of pictures."""
        ...


class PictureReadModels(Protocol):
    """Read models of pictures."""

    @property
    def pictures(self) -> PictureViews:
        """The read model of pictures."""
        ...
