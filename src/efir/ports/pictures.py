"""Pictures: making them of what people send, and their rows."""

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
    """Addresses of one picture by its side in pixels; a small picture stands in for the sizes it cannot fill."""

    s64: Annotated[str, Meta(description="64 pixels.", examples=["/i/019a0c57-7a2c-7e6f-b4f2-5b3c7a1d2e3f/64.webp"])]
    s128: Annotated[str, Meta(description="128 pixels.")]
    s256: Annotated[str, Meta(description="256 pixels.")]
    s512: Annotated[str, Meta(description="512 pixels.")]


class AvatarView(Struct, frozen=True):
    """An avatar: what the server made of the picture that was sent."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    sizes: Annotated[PictureSizes, Meta(description="Addresses of the WebP pictures by their side in pixels.")]
    width: Annotated[int, Meta(description="Width of what was sent, upright, in pixels.", examples=[4160])]
    height: Annotated[int, Meta(description="Height of what was sent, upright, in pixels.", examples=[3120])]
    bytes: Annotated[int, Meta(description="Bytes of all sizes together.", examples=[48500])]
    thumbhash: Annotated[str, Meta(description="ThumbHash in base64, for a placeholder.", examples=["IQgSLYZ6iHeP"])]


class PictureOrder(Struct, frozen=True):
    """What to make; `crop` None leaves the choice to the converter."""

    kind: PictureKind
    crop: CropBox | None = None


class MadeFile(Struct, frozen=True):
    """One made picture; sides in pixels."""

    width: int
    height: int
    content: bytes


class MadePictures(Struct, frozen=True):
    """What became of a sent picture: its upright sides, every size as WebP, at most 28 bytes of ThumbHash."""

    width: int
    height: int
    files: list[MadeFile]
    thumbhash: bytes


Later = Callable[[MadeFile], Awaitable[None]]
"""Receives the working copy of a draft, after its sizes have been returned."""


class StoredFile(Struct, frozen=True):
    """A stored size as its row knows it."""

    width: int
    height: int
    size: int
    sha256: str


class StoredPicture(Struct, frozen=True):
    """A stored picture as its row knows it; `arriving`: it is so new that its working copy may still be made."""

    id: UUID
    kind: PictureKind
    width: int
    height: int
    files: list[StoredFile]
    thumbhash: bytes
    working: bool = False
    arriving: bool = False


class Pictured(Struct, Generic[View], frozen=True):
    """A stored view of a user: the address of the avatar is missing; it is derived from `avatar_id`."""

    view: View
    avatar_id: UUID | None


class PictureConverter(Protocol):
    """Makes pictures of foreign bytes, in confined children."""

    def expect(self) -> None:
        """Get ready: a picture will probably come soon."""
        ...

    async def make(self, body: AsyncIterator[bytes], order: PictureOrder, later: Later | None = None) -> MadePictures:
        """Read a picture to its end and convert it; nothing of the original stays.

        With `later`, a working copy to cut from again is made after that and handed to it, if all goes well.
        Raises PictureTooLarge, PictureTypeRefused, PictureRefused and its kinds, PictureInterrupted, PicturesBusy.
        """
        ...


class PictureRepository(Protocol):
    """Pictures inside a transaction."""

    async def add(self, picture: Picture) -> None:
        """Note a picture before its bytes are stored, so that none is ever without a row."""
        ...

    async def count_since(self, owner: UserId, since: datetime) -> int:
        """Count the pictures a user has uploaded since a time; counts for one user are serialized."""
        ...

    async def stage(self, picture_id: PictureId, made: StoredPicture) -> bool:
        """Note that the bytes are stored; False when the picture has been given up meanwhile."""
        ...

    async def keep_working(self, picture_id: PictureId, size: int) -> bool:
        """Note that the working copy of this size is stored; False when the picture was discarded."""
        ...

    async def drop_working(self, picture_id: PictureId) -> None:
        """Note that the working copy is removed."""
        ...

    async def count_staged_bytes(self) -> int:
        """Count the bytes of pictures that belong to nobody yet, or to nobody any more."""
        ...

    async def claim(self, picture_id: PictureId, owner: UserId) -> bool:
        """Assign a staged picture to an owner permanently; False when it is not staged."""
        ...

    async def end(self, picture_id: PictureId) -> None:
        """Release a picture; the sweeper removes its bytes."""
        ...

    async def end_of(self, owner: UserId) -> None:
        """Release every picture of a user who leaves."""
        ...

    async def expire(self, now: datetime, *, limit: int) -> list[PictureId]:
        """Release expired pictures that nothing refers to; return those whose bytes should be removed."""
        ...

    async def note_cleared(self, picture_ids: Sequence[PictureId]) -> None:
        """Note that the bytes are removed."""
        ...

    async def forget(self, before: datetime) -> None:
        """Drop rows of cleared pictures made before a time."""
        ...

    async def find_known(self, picture_ids: Sequence[PictureId]) -> set[PictureId]:
        """Return which of these have a row."""
        ...


class PictureViews(Protocol):
    """Pictures, read."""

    async def find_worn(self, owner: UserId) -> StoredPicture | None:
        """Return the current avatar of a user."""
        ...

    async def get_claimed(self, picture_id: PictureId) -> StoredPicture:
        """Return a stored picture. Raises PictureNotFound."""
        ...

    async def get_staged(self, picture_id: PictureId, registration_id: UUID) -> StoredPicture:
        """Return the picture of a draft. Raises PictureNotFound."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PicturePorts:
    """What makes pictures."""

    converter: PictureConverter


class PictureRepositories(Protocol):
    """What is changed of pictures."""

    @property
    def pictures(self) -> PictureRepository:
        """Changes pictures."""
        ...


class PictureReadModels(Protocol):
    """What is read of pictures."""

    @property
    def pictures(self) -> PictureViews:
        """Reads pictures."""
        ...
