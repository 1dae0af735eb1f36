"""Identifiers shared by several areas, email addresses, and the supported languages."""

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
SessionId = NewType("SessionId", UUID)
VideoId = NewType("VideoId", UUID)

LANGUAGES = ("en", "ru")


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An email address as shown, and the key by which two spellings are the same address."""

    shown: str
    key: str
