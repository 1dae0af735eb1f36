"""Files below a video's media address: playlists, segments, plain files, pictures; and the check of access to them."""

import hashlib
import re
from datetime import datetime

from msgspec import Struct

from efir.application.context import Ports
from efir.application.videos import playlists
from efir.application.videos.signed_urls import check
from efir.domain.kernel.errors import NotFound
from efir.domain.kernel.ids import VideoId
from efir.domain.videos.video import is_open
from efir.ports.kernel.blobs import BlobKey, blob_key
from efir.ports.transactions import Views
from efir.ports.videos.renditions import FileFacts

PLAYLIST = "application/vnd.apple.mpegurl"
_SEGMENT = re.compile(r"[A-Za-z0-9_]+/[A-Za-z0-9_][A-Za-z0-9._-]*\.(?:m4s|mp4)")


class MediaNotFound(NotFound):
    """The video has no such file, or is not available at this address."""

    code = "media-not-found"
    title = "There is no such file"


class Wanted(Struct, frozen=True):
    """A requested media address: `token` is empty in a public one."""

    video_id: VideoId
    generation: int
    name: str
    token: str = ""


class Media(Struct, frozen=True):
    """The content of an address: a stored file by its key, or generated text; `steady` content never changes there."""

    content_type: str
    sha256: bytes
    key: BlobKey | None
    text: bytes
    steady: bool
    growing: bool


async def find_media(ports: Ports, wanted: Wanted, *, now: datetime) -> Media:
    """Return the content of an address, if the client may have it.

    Files of a private video are available at signed addresses only. Raises MediaNotFound, VideoNotFound,
    AddressRefused, AddressExpired.
    """
    async with ports.read() as views:
        if wanted.name.endswith(".m3u8"):
            return await _playlist(ports, views, wanted, now=now)
        facts = await _file(views, wanted)
    _check_access(ports, wanted, facts.visibility, facts.access_epoch, now=now)
    steady = facts.key.endswith(f"/{wanted.name}")
    return Media(
        facts.content_type, bytes.fromhex(facts.sha256), blob_key(facts.key), b"", steady=steady, growing=False
    )


async def _playlist(ports: Ports, views: Views, wanted: Wanted, *, now: datetime) -> Media:
    facts = await views.videos.one(wanted.video_id)
    _check_access(ports, wanted, facts.visibility, facts.access_epoch, now=now)
    renditions = await views.renditions.list_by_video(wanted.video_id, wanted.generation)
    if wanted.name == "master.m3u8":
        if not any(row.listed for row in renditions):
            raise MediaNotFound
        text = playlists.master(renditions).encode()
        growing = any(row.temporary for row in renditions if row.listed)
    else:
        found = next((row for row in renditions if wanted.name == f"{row.name}/index.m3u8"), None)
        if found is None:
            raise MediaNotFound
        text = playlists.media(found, await views.renditions.segments(found.id)).encode()
        growing = not found.complete
    return Media(PLAYLIST, hashlib.sha256(text).digest(), None, text, steady=False, growing=growing)


async def _file(views: Views, wanted: Wanted) -> FileFacts:
    found = await views.renditions.asset(wanted.video_id, wanted.generation, wanted.name)
    if found is None and _SEGMENT.fullmatch(wanted.name):
        key = f"vid/{wanted.video_id}/{wanted.generation}/{wanted.name}"
        found = await views.renditions.segment_file(wanted.video_id, key)
    if found is None:
        raise MediaNotFound
    return found


def _check_access(ports: Ports, wanted: Wanted, visibility: str, epoch: int, *, now: datetime) -> None:
    if wanted.token:
        check(ports.keys, wanted.token, video_id=wanted.video_id, generation=wanted.generation, epoch=epoch, now=now)
    elif not is_open(visibility):
        raise MediaNotFound
