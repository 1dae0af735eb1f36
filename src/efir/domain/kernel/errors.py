"""The rules a request can break. An error is named by the broken rule and carries a stable code, never a status."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong value: `pointer` is a JSON pointer into the body, `code` is stable."""

    pointer: str
    code: str
    detail: str


class FailureKind(StrEnum):
    """Why work failed: `transient` may pass, `engine` is our fault and tried once more, `input` is final."""

    TRANSIENT = "transient"
    ENGINE = "engine"
    INPUT = "input"


class DomainError(Exception):
    """A broken rule; `code` is stable and documented, `detail` is for people, `facts` are further ones for programs."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something is wrong"
    failure: ClassVar[FailureKind] = FailureKind.INPUT
    """What it means for a job that ends with it."""

    def __init__(
        self,
        detail: str = "",
        *,
        errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
        facts: Mapping[str, int | str] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors
        self.retry_after = retry_after
        self.facts = facts or {}


class NotFound(DomainError):
    """It does not exist, or is not visible to the caller."""

    code = "not-found"
    title = "There is nothing here"


class Unauthenticated(DomainError):
    """Credentials are missing or wrong."""

    code = "unauthenticated"
    title = "Sign in first"


class Forbidden(DomainError):
    """The caller is known, but may not do this."""

    code = "forbidden"
    title = "This is not allowed"


class Conflict(DomainError):
    """The current state does not allow this."""

    code = "conflict"
    title = "This conflicts with the current state"


class Invalid(DomainError):
    """The request can be read, but some values are wrong."""

    code = "invalid"
    title = "Some values are wrong"


class Malformed(DomainError):
    """The request cannot be parsed."""

    code = "malformed"
    title = "The request cannot be read"


class Gone(DomainError):
    """It existed, and will not come back."""

    code = "gone"
    title = "This is gone"


class Stale(DomainError):
    """A precondition of the request does not hold."""

    code = "stale"
    title = "The precondition does not hold"


class TooLarge(DomainError):
    """More bytes than allowed."""

    code = "too-large"
    title = "This is too large"


class UnsupportedMedia(DomainError):
    """The content, or its declared type, is not accepted here."""

    code = "unsupported-media"
    title = "This kind of content is not accepted here"


class ChecksumMismatch(DomainError):
    """The bytes that arrived are not the bytes that were sent (tus checksum extension)."""

    code = "checksum-mismatch"
    title = "The checksum does not match the bytes"


class Busy(DomainError):
    """Another request is doing the same at this moment."""

    code = "busy"
    title = "Another request is doing this right now"


class NoSpace(DomainError):
    """The storage is full."""

    code = "no-space"
    title = "There is no space left"
    failure = FailureKind.TRANSIENT


class Unavailable(DomainError):
    """A dependency is unavailable; try again later."""

    code = "unavailable"
    title = "A part of the service is unavailable"
    failure = FailureKind.TRANSIENT


class TooMany(DomainError):
    """Too many requests or too much work at once."""

    code = "too-many"
    title = "Too many requests"


class WorkFailed(Exception):  # named by what happened
    """The machine failed, not what it worked on: another attempt may succeed.

    `detail` is for operators; `explanation` is what the owner of the work sees.
    """

    code: ClassVar[str] = "work-failed"
    explanation: ClassVar[str] = "Processing failed on our side."
    failure: ClassVar[FailureKind] = FailureKind.ENGINE

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__(detail)
