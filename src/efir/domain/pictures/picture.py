"""Uploaded pictures: accepted formats, limits, and the sizes in which they are stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from efir.domain.kernel.errors import (
    Conflict,
    Gone,
    Invalid,
    Malformed,
    NotFound,
    TooLarge,
    TooMany,
    Unavailable,
    UnsupportedMedia,
)

PictureId = NewType("PictureId", UUID)

ACCEPTED = "JPEG, PNG, WebP, GIF or AVIF"
SNIFFED = 144  # bytes that identify a format; browsers inspect as many
MIB = 1 << 20
MAX_PIXELS = 50_000_000
MAX_SIDE = 16_383  # also the limit of WebP
MAX_FRAMES = 1_000
AVIF_BRANDS = frozenset({b"avif", b"avis"})
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


class PictureRefused(Invalid):
    """The picture cannot be used."""

    code = "image-refused"
    title = "This picture cannot be used"


class PictureMissing(PictureRefused):
    """The request contains no picture."""

    code = "image-missing"
    title = "Choose a picture"


class PictureBroken(PictureRefused):
    """The picture is damaged, truncated, or not supported by the decoder."""

    code = "image-broken"
    title = "This picture is damaged, or of a rare kind. Save it again in another program, or take a screenshot of it"


class PictureTooSmall(PictureRefused):
    """One side is shorter than the smallest size that is displayed."""

    code = "image-too-small"
    title = "This picture is too small"


class PictureTooManyPixels(PictureRefused):
    """The picture has more pixels than the decoder accepts, in total or along a side; checked before decoding."""

    code = "image-too-many-pixels"
    title = (
        f"This picture is too large: it may have {MAX_PIXELS // 1_000_000} million pixels"
        f" and {MAX_SIDE:,} along each side. Make it smaller"
    )


class PictureTooHeavy(PictureRefused):
    """Decoding takes more time, memory or frames than one picture may use."""

    code = "image-limits"
    title = "This picture takes too much time or memory to decode, or has too many frames"


class PictureTooLarge(TooLarge):
    """The picture has more bytes than allowed."""

    code = "image-too-large"
    title = "The picture file is too large"

    @classmethod
    def over(cls, limit: int) -> "PictureTooLarge":
        """Return an error that names the limit; `limit` in bytes."""
        return cls(
            f"A picture has at most {limit:,} bytes." if limit % MIB else f"A picture has at most {limit // MIB} MiB."
        )


class PictureTypeRefused(UnsupportedMedia):
    """The content is not one of the accepted formats, whatever its name."""

    code = "image-type"
    title = f"This is not a picture we can read. Send {ACCEPTED}"


class PictureInterrupted(Malformed):
    """The bytes of the picture stopped arriving."""

    code = "image-interrupted"
    title = "The picture did not arrive in time"


class PictureNotFound(NotFound):
    """There is no such picture, or it belongs to a user's draft."""

    code = "image-not-found"
    title = "There is no such picture"


class PictureGone(Gone):
    """The registration draft ended before the picture had arrived."""

    code = "image-gone"
    title = "The registration of this picture has ended"


class PictureOvertaken(Conflict):
    """A picture that was sent later has already been stored."""

    code = "image-overtaken"
    title = "A newer picture has replaced this one"


class PictureNotCuttable(Conflict):
    """There is no working copy to crop: no picture was sent, or the copy has expired."""

    code = "image-not-cuttable"
    title = "Send the picture again to crop it differently"


class PicturesTooMany(TooMany):
    """The user has sent more pictures than allowed in this time."""

    code = "images-too-many"
    title = "Too many pictures in a short time"


class PicturesBusy(Unavailable):
    """There are more pictures than this machine can decode at once, or no safe way to decode them."""

    code = "images-busy"
    title = "Pictures cannot be accepted right now"


class StagingFull(Unavailable):
    """The pictures of unfinished registrations use all the space for them; some of them expire within the hour."""

    code = "images-staging-full"
    title = "Too many pictures belong to unfinished registrations"


class PictureKind(StrEnum):
    """What a picture is for, which determines its shape and sizes."""

    AVATAR = "avatar"
    THUMBNAIL = "thumbnail"
    BANNER = "banner"


class PictureFormat(StrEnum):
    """Accepted formats."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    AVIF = "avif"


class PictureState(StrEnum):
    """Receiving and staged pictures belong to a draft and expire; claimed ones stay; deleting ones await removal."""

    RECEIVING = "receiving"
    STAGED = "staged"
    CLAIMED = "claimed"
    DELETING = "deleting"


Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a kind in pixels, largest first, and the shortest side that an uploaded picture may have."""

    sizes: tuple[Size, ...]
    least: int
    attention: bool


SHAPES: Mapping[PictureKind, Shape] = {
    PictureKind.AVATAR: Shape(((512, 512), (256, 256), (128, 128), (64, 64)), 64, attention=True),
    PictureKind.THUMBNAIL: Shape(((1280, 720), (640, 360), (320, 180)), 160, attention=False),
    PictureKind.BANNER: Shape(((2048, 512), (1024, 256)), 160, attention=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of a draft or of a user. `gen` counts the pictures of one draft."""

    id: PictureId
    kind: PictureKind
    state: PictureState
    owner_id: UUID | None
    registration_id: UUID | None
    gen: int
    created_at: datetime
    expires_at: datetime


def sniff(head: bytes) -> PictureFormat:
    """Detect the format from the first bytes; names and declared types are ignored. Raises PictureTypeRefused."""
    if head.startswith(b"\xff\xd8\xff"):
        return PictureFormat.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PictureFormat.PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return PictureFormat.GIF
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PictureFormat.WEBP
    brands = _brands(head)
    if brands & AVIF_BRANDS:
        return PictureFormat.AVIF
    if brands & HEIC_BRANDS:
        raise PictureTypeRefused(
            f"HEIC and other HEIF pictures cannot be read here. Save it as JPEG, or send {ACCEPTED}."
        )
    raise PictureTypeRefused


def _brands(head: bytes) -> set[bytes]:
    """Return the brands of an ISO base media file (ISO/IEC 14496-12 §4.3)."""
    if head[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}


def admit(width: int, height: int, *, frames: int, kind: PictureKind) -> None:
    """Check the values of the header, sides in pixels.

    Raises PictureTooManyPixels, PictureTooSmall, PictureTooHeavy.
    """
    sides = f"This picture is {width:,} pixels wide and {height:,} high"
    if max(width, height) > MAX_SIDE:
        raise PictureTooManyPixels(f"{sides}; each side may have {MAX_SIDE:,}. Make it smaller.")
    if width * height > MAX_PIXELS:
        whole = f"{width * height:,} pixels in all, of which it may have {MAX_PIXELS:,}"
        raise PictureTooManyPixels(f"{sides}: {whole}. Make it smaller.")
    least = SHAPES[kind].least
    if min(width, height) < least:
        raise PictureTooSmall(f"{sides}; each side needs at least {least}.")
    if frames > MAX_FRAMES:
        raise PictureTooHeavy(f"This animation has {frames:,} frames; it may have {MAX_FRAMES:,}.")


def find_stored_width(asked: int, stored: Sequence[int], kind: PictureKind) -> int:
    """Return the stored width for a requested one: the same, or else the largest. Raises PictureNotFound."""
    if asked not in {width for width, _ in SHAPES[kind].sizes} or not stored:
        raise PictureNotFound
    return asked if asked in stored else max(stored)
