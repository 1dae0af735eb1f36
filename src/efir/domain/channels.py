"""Channels, in which videos are published."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from efir.domain.kernel.errors import Conflict, Forbidden, NotFound
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.ownership import require_owner

ChannelId = NewType("ChannelId", UUID)


class ChannelNotFound(NotFound):
    """There is no channel with this name or id."""

    code = "channel-not-found"
    title = "There is no such channel"


class HandleTaken(Conflict):
    """Another channel has this handle."""

    code = "handle-taken"
    title = "This handle is taken"


class ForeignChannel(Forbidden):
    """Only the owner of a channel can publish in it."""

    code = "foreign-channel"
    title = "This channel belongs to another user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel in which videos are published; each user receives one at registration."""

    id: ChannelId
    owner_id: UserId
    handle: str
    title: str
    description: str
    created_at: datetime

    def require_owner(self, user_id: UserId) -> "Channel":
        """Return the channel itself if the user owns it. Raises ForeignChannel for all other users."""
        require_owner(self.owner_id, user_id, ForeignChannel)
        return self


def fold(text: str) -> str:
    """Return the same text for different spellings of a word: NFKC, case folded, ё as е."""
    return unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
