"""Base classes of errors. An error is named after the broken rule and has a stable code, never an HTTP status."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid value: `pointer` is a JSON pointer into the body, `code` is stable."""

    pointer: str
    code: str
    detail: str


class FailureKind(StrEnum):
    """Why work failed: `transient` may pass, `engine` is our fault and is retried once, `input` is final."""

    TRANSIENT = "transient"
    ENGINE = "engine"
    INPUT = "input"


class DomainError(Exception):
    """A broken rule; `code` is stable and documented, `detail` is for people, `facts` holds more data for clients."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something is wrong"
    failure: ClassVar[FailureKind] = FailureKind.INPUT
    """How a job that ends with this error is treated."""

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
    """The resource does not exist, or is not visible to the caller."""

    code = "not-found"
    title = "There is nothing here"


class Unauthenticated(DomainError):
    """Credentials are missing or invalid."""

    code = "unauthenticated"
    title = "Sign-in is required"


class Forbidden(DomainError):
    """The caller is authenticated, but not permitted to do this."""

    code = "forbidden"
    title = "This is not allowed"


class Conflict(DomainError):
    """The current state of the resource does not allow this."""

    code = "conflict"
    title = "The request conflicts with the current state"


class Invalid(DomainError):
    """The request can be parsed, but some values are invalid."""

    code = "invalid"
    title = "Some values are wrong"


class Malformed(DomainError):
    """The request cannot be parsed."""

    code = "malformed"
    title = "The request cannot be parsed"


class Gone(DomainError):
    """The resource existed, and is permanently gone."""

    code = "gone"
    title = "The resource no longer exists"


class Stale(DomainError):
    """A precondition of the request does not hold."""

    code = "stale"
    title = "Precondition failed"


class TooLarge(DomainError):
    """The content has more bytes than allowed."""

    code = "too-large"
    title = "The content is too large"


class UnsupportedMedia(DomainError):
    """The content, or its declared type, is not accepted here."""

    code = "unsupported-media"
    title = "The content type is not supported"


class ChecksumMismatch(DomainError):
    """The received bytes differ from the bytes that were sent (tus checksum extension)."""

    code = "checksum-mismatch"
    title = "The checksum does not match the bytes"


class Busy(DomainError):
    """Another request is doing the same at the moment."""

    code = "busy"
    title = "Another request is already doing this"


class NoSpace(DomainError):
    """The storage is full."""

    code = "no-space"
    title = "There is no storage space left"
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


class WorkFailed(Exception):  # named for what happened, without the suffix Error
    """The machine failed, not its input: another attempt may succeed.

    `detail` is for operators; `explanation` is shown to the owner of the work.
    """

    code: ClassVar[str] = "work-failed"
    explanation: ClassVar[str] = "Processing failed on our side."
    failure: ClassVar[FailureKind] = FailureKind.ENGINE

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__(detail)
