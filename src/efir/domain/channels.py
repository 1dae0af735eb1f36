"""Channels: where videos are published."""

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
    """Only its owner can publish in a channel."""

    code = "foreign-channel"
    title = "This channel belongs to somebody else"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel that videos are published in; each user gets one at registration."""

    id: ChannelId
    owner_id: UserId
    handle: str
    title: str
    description: str
    created_at: datetime

    def require_owner(self, user_id: UserId) -> "Channel":
        """Return the channel itself to its owner. Raises ForeignChannel for anybody else."""
        require_owner(self.owner_id, user_id, ForeignChannel)
        return self


def fold(text: str) -> str:
    """Return one spelling for what people type as the same word: NFKC, lower case, ё as е."""
    return unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
