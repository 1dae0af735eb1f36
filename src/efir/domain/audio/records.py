"""Audio records: their states, names and titles, and the errors of converting them."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from efir.domain.kernel.errors import (
    Conflict,
    FieldError,
    Invalid,
    NoSpace,
    NotFound,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.ownership import require_owner

RecordId = NewType("RecordId", UUID)

MAX_NAME = 50
AUDIO_SCOPES = ["audio.read", "audio.write"]


class InvalidAudio(Invalid):
    """Some values of the request are invalid; `errors` names each."""

    code = "validation"
    title = "Some values are wrong"


class UsernameTaken(Conflict):
    """Another user has this name, or one that differs only in case."""

    code = "username-taken"
    title = "This name is taken"


class BadCredentials(Unauthenticated):
    """The user is unknown or the token is not theirs; the response does not reveal which."""

    code = "bad-credentials"
    title = "The user or token is wrong"


class RecordingNotFound(NotFound):
    """The recording does not exist, was deleted, or belongs to another user."""

    code = "recording-not-found"
    title = "There is no such recording"


class RecordingNotReady(Conflict):
    """The recording is still being converted."""

    code = "recording-not-ready"
    title = "The recording is still being converted"


class RecordingFailed(Conflict):
    """The recording could not be converted; `detail` states why."""

    code = "recording-failed"
    title = "The recording could not be converted"


class AudioTooLarge(TooLarge):
    """The recording has more bytes than allowed."""

    code = "too-large"
    title = "The recording is too large"


class NotWav(UnsupportedMedia):
    """The content is not a WAV file, whatever its name."""

    code = "not-wav"
    title = "This is not a WAV file"


class WavCodecUnsupported(UnsupportedMedia):
    """The codec of this WAV file is not supported; `detail` names it."""

    code = "wav-codec-unsupported"
    title = "This WAV file uses a codec we cannot read"


class WavMalformed(Invalid):
    """The header contradicts itself."""

    code = "wav-malformed"
    title = "The header of this WAV file is broken"


class AudioEmpty(Invalid):
    """The file has no audio, or less than 20 milliseconds of it."""

    code = "audio-empty"
    title = "There is no sound in this file, or less than 20 milliseconds of it"


class AudioLimitsExceeded(Invalid):
    """The audio is too long, or has too many channels or too high a sample rate."""

    code = "audio-limits"
    title = "The audio exceeds the limits"


class AudioUndecodable(Invalid):
    """The samples cannot be decoded, or the result differs from the source; `detail` states which, and what to do."""

    code = "audio-undecodable"
    title = "This sound cannot be converted"


class UploadsTooFrequent(TooMany):
    """The user has sent too many recordings within an hour."""

    code = "rate-limited"
    title = "Too many recordings within an hour"


class Overloaded(Unavailable):
    """Too many recordings are waiting for conversion."""

    code = "overloaded"
    title = "Too many recordings are waiting for conversion"


class QuotaExceeded(NoSpace):
    """The recordings of the user fill their storage quota."""

    code = "quota-exceeded"
    title = "Your recordings use all of your space"


class RecordState(StrEnum):
    """The states of a record; `ready` and `failed` are final."""

    QUEUED = "queued"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioRecord:
    """A recording; `source_sha256` and `title` identify it among those of its owner. Sizes in bytes.

    `edited_from` is the recording it was edited from, as long as that exists.
    """

    id: RecordId
    owner_id: UserId
    title: str
    state: RecordState
    source_sha256: bytes
    source_bytes: int
    created_at: datetime
    edited_from: RecordId | None = None

    def require_owner(self, user_id: UserId) -> "AudioRecord":
        """Return itself if the user owns it. Raises RecordingNotFound for all other users."""
        require_owner(self.owner_id, user_id, RecordingNotFound)
        return self


def parse_name(text: str, *, pointer: str = "/name") -> tuple[str, str]:
    """Return the trimmed name, and the key by which names are compared: NFC, case folded. Raises InvalidAudio.

    >>> parse_name(" Ada ")
    ('Ada', 'ada')
    """
    name = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(name) <= MAX_NAME:
        raise invalid_audio(pointer, "length", f"A name has 1 to {MAX_NAME} characters.")
    if not _is_visible(name):
        raise invalid_audio(pointer, "characters", "A name has no control or invisible characters.")
    return name, unicodedata.normalize("NFC", name.casefold())


def parse_record_title(text: str, *, max_length: int, pointer: str = "/title") -> str:
    """Validate a title and return it trimmed, in NFC. Raises InvalidAudio."""
    title = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(title) <= max_length:
        raise invalid_audio(pointer, "length", f"A title has 1 to {max_length} characters.")
    if not _is_visible(title):
        raise invalid_audio(pointer, "characters", "A title has no control or invisible characters.")
    return title


def title_from(filename: str, *, otherwise: str, max_length: int) -> str:
    r"""Return a title from a file name: its last path segment without extension or invisible characters.

    >>> title_from("C:\\music\\Rain.wav", otherwise="Recording", max_length=120)
    'Rain'
    """
    last = filename.replace("\\", "/").rsplit("/", 1)[-1]
    stem = last.rsplit(".", 1)[0] if "." in last[1:] else last
    text = unicodedata.normalize("NFC", "".join(char for char in stem if _is_visible(char))).strip()
    return text[:max_length].strip() or otherwise


def invalid_audio(pointer: str, code: str, detail: str) -> InvalidAudio:
    """Return an error that points to one invalid value."""
    return InvalidAudio(detail, errors=(FieldError(pointer, code, detail),))


def _is_visible(text: str) -> bool:
    return not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for char in text)
