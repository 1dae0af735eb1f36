"""Identifiers that more than one area speaks of, and the languages of people."""

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
SessionId = NewType("SessionId", UUID)
VideoId = NewType("VideoId", UUID)

LANGUAGES = ("en", "ru")


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address as shown, and the key by which two spellings are the same address."""

    shown: str
    key: str
