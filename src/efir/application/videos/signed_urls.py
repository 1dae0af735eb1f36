"""Signed media addresses: a client with access to a video gets a token in the path, which expires and is unforgeable.

It is `{expiry}.{key}.{mac}`, the same for every client of a class, so that caches see one address for all of them.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from efir.domain.kernel.errors import Gone, NotFound
from efir.domain.kernel.ids import VideoId
from efir.domain.kernel.keys import Keys
from efir.domain.kernel.signed_tokens import SignedTokens

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
    """The ground of access to what is not public; shared by many viewers, so that caches serve them together."""

    OWNER = "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The access that an address grants: a video's files of one generation, until its visibility (epoch) changes."""

    video_id: VideoId
    generation: int
    access_epoch: int
    viewer: ViewerClass


def expiry(now: datetime, duration: float) -> datetime:
    """Return when an address expires: an hour after a full viewing, rounded up to ten minutes for caches."""
    seconds = (now + timedelta(seconds=duration) + MARGIN).timestamp()
    return datetime.fromtimestamp(-(-seconds // ROUNDING_SECONDS) * ROUNDING_SECONDS, UTC)


def token(keys: Keys, grant: Grant, *, expires: datetime) -> str:
    """Return a grant's token: expiry in Unix seconds, the key's mark, a 128-bit MAC in base64url."""
    seconds = int(expires.timestamp())
    return f"{seconds}.{key_mark(keys)}.{_mac(keys, grant, seconds)}"


def check(keys: Keys, text: str, *, video_id: VideoId, generation: int, epoch: int, now: datetime) -> Grant:
    """Verify a token for a video's present files; return the grant it proves.

    Raises AddressRefused, AddressExpired. Only a token of this service is reported as expired, and every class is
    compared whatever the result for the others.
    """
    found = _TOKEN.fullmatch(text)
    if found is None:
        raise AddressRefused
    seconds, mark, mac = int(found[1]), found[2], found[3]
    proven: Grant | None = None
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
    """Return a mark that identifies a key without revealing anything about it."""
    return keys.mac(PURPOSE, b"mark")[:4].hex()


def _mac(keys: Keys, grant: Grant, seconds: int) -> str:
    message = f"{grant.video_id}\n{grant.generation}\n{grant.access_epoch}\n{grant.viewer}\n{seconds}"
    return TOKENS.mac(keys, message.encode())
