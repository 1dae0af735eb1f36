"""Signed media addresses: who may see a video gets a path prefix that expires and that nobody can make or change.

The token is part of the path, `/media/s/{expiry}.{key}.{mac}/{video}/{generation}/…`, so relative addresses inside
playlists carry it, and caches see one address for everybody of a class.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from efir.domain.kernel.errors import Gone, NotFound
from efir.domain.kernel.ids import VideoId
from efir.domain.kernel.keys import Keys
from efir.domain.kernel.signed_tokens import SignedTokens

SIGNED, OPEN = "/media/s", "/media/v"
PURPOSE = "media addresses"
MARGIN = timedelta(hours=1)
ROUNDING_SECONDS = 600
TOKENS = SignedTokens(PURPOSE)
_TOKEN = re.compile(r"([1-9][0-9]{0,11})\.([0-9a-f]{8})\.([A-Za-z0-9_-]{22})")


class AddressRefused(NotFound):
    """The address was not issued by this service, or the video's visibility has changed since."""

    code = "media-address-refused"
    title = "There is nothing at this address"


class AddressExpired(Gone):
    """The address was valid and has expired: request the video again."""

    code = "media-address-expired"
    title = "This address has expired"


class ViewerClass(StrEnum):
    """Why somebody may see what is not public; the same for many, so that caches serve them together."""

    OWNER = "owner"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an address opens: a video's files of one generation, until its visibility changes (a new epoch)."""

    video_id: VideoId
    generation: int
    access_epoch: int
    viewer: ViewerClass


def expiry(now: datetime, duration: float) -> datetime:
    """Return when an address expires: an hour after a full viewing, rounded up to ten minutes for caches."""
    seconds = (now + timedelta(seconds=duration) + MARGIN).timestamp()
    return datetime.fromtimestamp(-(-seconds // ROUNDING_SECONDS) * ROUNDING_SECONDS, UTC)


def open_folder(video_id: VideoId, generation: int) -> str:
    """Return the path of the files of a video that anybody with the address may watch."""
    return f"{OPEN}/{video_id}/{generation}"


def signed_folder(keys: Keys, grant: Grant, *, expires: datetime) -> str:
    """Return the path of the files of a video, signed for a class of viewers until a time."""
    return f"{SIGNED}/{token(keys, grant, expires=expires)}/{grant.video_id}/{grant.generation}"


def token(keys: Keys, grant: Grant, *, expires: datetime) -> str:
    """Write a grant's token: expiry in Unix seconds, the key's mark, a 128-bit mac in base64url."""
    seconds = int(expires.timestamp())
    return f"{seconds}.{key_mark(keys)}.{_mac(keys, grant, seconds)}"


def check(
    keyring: Sequence[Keys], text: str, *, video_id: VideoId, generation: int, epoch: int, now: datetime
) -> Grant:
    """Read a token for a video's files as they are now: answer the grant it proves.

    `keyring` holds the current keys and those still honoured. Raises AddressRefused, AddressExpired. Expiry is told
    only to holders of a token from this service, and every class is compared whatever the others gave.
    """
    found = _TOKEN.fullmatch(text)
    if found is None:
        raise AddressRefused
    seconds, mark, mac = int(found[1]), found[2], found[3]
    proven: Grant | None = None
    for keys in keyring:
        for viewer in ViewerClass:
            grant = Grant(video_id=video_id, generation=generation, access_epoch=epoch, viewer=viewer)
            same = hmac.compare_digest(_mac(keys, grant, seconds), mac)
            if same and hmac.compare_digest(key_mark(keys), mark):
                proven = grant
    if proven is None:
        raise AddressRefused
    if now.timestamp() >= seconds:
        raise AddressExpired
    return proven


def key_mark(keys: Keys) -> str:
    """Tell keys apart without telling anything about them."""
    return keys.mac(PURPOSE, b"mark")[:4].hex()


def _mac(keys: Keys, grant: Grant, seconds: int) -> str:
    message = f"{grant.video_id}\n{grant.generation}\n{grant.access_epoch}\n{grant.viewer}\n{seconds}"
    return TOKENS.mac(keys, message.encode())
