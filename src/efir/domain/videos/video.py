"""Videos: rules for titles, descriptions and tags, visibility, and processing states."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from efir.domain.channels import ChannelId, fold
from efir.domain.kernel.errors import Conflict, FieldError, Invalid, NotFound
from efir.domain.kernel.ids import UserId, VideoId
from efir.domain.kernel.limits import Limits
from efir.domain.kernel.ownership import require_owner

MIN_TAG, MAX_TAG = 2, 40


class VideoNotFound(NotFound):
    """The video does not exist, or is private and hidden from the caller."""

    code = "video-not-found"
    title = "There is no such video"


class InvalidVideo(Invalid):
    """The title, description, tags or visibility are invalid."""

    code = "invalid-video"
    title = "Some values of the video are invalid"


class VideoNotRetryable(Conflict):
    """A video that is ready is not processed again."""

    code = "video-not-failed"
    title = "This video is ready: there is nothing to process again"


class VideoInProgress(Conflict):
    """A video that is being processed cannot be processed again at the same time."""

    code = "video-in-progress"
    title = "This video is already being processed"


class SourceMissing(NotFound):
    """The uploaded file is no longer in the storage, so it cannot be processed."""

    code = "source-missing"
    title = "The uploaded file is no longer on the server. Upload it again."


class MediaRefused(Invalid):
    """The file cannot be accepted; `detail` is a sentence for the user who uploaded it."""

    code = "media-refused"
    title = "This file cannot be used."


class Visibility(StrEnum):
    """Who may see a video: everyone, anyone with the link, or only the owner."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"


class VideoState(StrEnum):
    """The state of processing; derived from jobs, never from counters."""

    UPLOADED = "uploaded"
    PROCESSING = "processing"
    PLAYABLE = "playable"
    READY = "ready"
    FAILED = "failed"


WATCHABLE = frozenset({VideoState.PLAYABLE, VideoState.READY})


def is_retryable(code: str) -> bool:
    """Return whether processing the same file again may succeed after a failure with this code.

    It cannot when the file was refused or no longer exists; another file may succeed then.
    """
    return code != SourceMissing.code and code not in _refusals(MediaRefused)


def _refusals(kind: type[MediaRefused]) -> set[str]:
    return {kind.code}.union(*(_refusals(narrower) for narrower in kind.__subclasses__()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """A video, published or still being processed.

    `generation` counts the versions of its files, `access_epoch` the changes of its visibility.
    """

    id: VideoId
    channel_id: ChannelId
    owner_id: UserId
    title: str
    description: str
    tags: list[str]
    visibility: Visibility
    state: VideoState
    generation: int
    access_epoch: int
    source_key: str
    created_at: datetime
    updated_at: datetime

    def require_owner(self, user_id: UserId) -> "Video":
        """Return the video if the user owns it. Raises VideoNotFound for other users: its existence stays private."""
        require_owner(self.owner_id, user_id, VideoNotFound)
        return self


def is_open(visibility: str) -> bool:
    """Return whether anyone who has the link may watch the video, as for public and unlisted videos."""
    return visibility != Visibility.PRIVATE


def may_watch(visibility: str, *, owner_id: UUID, viewer: UserId | None) -> bool:
    """Return whether a user may watch a video and learn that it exists; private videos are visible only to their owner.

    This is the only access rule; URLs of files follow it by `is_open`, and lists contain only public videos.
    """
    return is_open(visibility) or owner_id == viewer


def parse_title(text: str, limits: Limits, *, pointer: str = "/title") -> str:
    """Return the title as one line in NFC, 1 to `max_title_length` characters. Raises InvalidVideo."""
    title = " ".join(_clean(text).split())
    if not 1 <= len(title) <= limits.max_title_length:
        raise _invalid(pointer, "length", f"A title has 1 to {limits.max_title_length} characters.")
    return title


def parse_description(text: str, limits: Limits, *, pointer: str = "/description") -> str:
    """Return the description in NFC, without trailing white space. Raises InvalidVideo."""
    description = "\n".join(line.rstrip() for line in _clean(text).splitlines()).strip()
    if len(description) > limits.max_description_length:
        raise _invalid(pointer, "length", f"A description has at most {limits.max_description_length} characters.")
    return description


def parse_tags(tags: list[str], limits: Limits, *, pointer: str = "/tags") -> list[str]:
    """Return trimmed tags without `#` and without duplicates by folded form. Raises InvalidVideo."""
    shown: dict[str, str] = {}
    for position, tag in enumerate(tags):
        text = " ".join(_clean(tag).lstrip("#").split())
        if not MIN_TAG <= len(text) <= MAX_TAG:
            raise _invalid(f"{pointer}/{position}", "length", f"A tag has {MIN_TAG} to {MAX_TAG} characters.")
        shown.setdefault(fold(text), text)
    if len(shown) > limits.max_tags:
        raise _invalid(pointer, "count", f"A video has at most {limits.max_tags} tags.")
    return list(shown.values())


def parse_visibility(text: str, *, pointer: str = "/visibility") -> Visibility:
    """Parse a visibility. Raises InvalidVideo."""
    try:
        return Visibility(text)
    except ValueError:
        raise _invalid(pointer, "unknown", f"Visibility is one of {', '.join(Visibility)}.") from None


def _clean(text: str) -> str:
    kept = (char for char in unicodedata.normalize("NFC", text) if char in "\n\t" or unicodedata.category(char) != "Cc")
    return "".join(kept).strip()


def _invalid(pointer: str, code: str, detail: str) -> InvalidVideo:
    return InvalidVideo(detail, errors=(FieldError(pointer, code, detail),))
