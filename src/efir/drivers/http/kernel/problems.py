"""Errors as problem+json (RFC 9457): the one table from kinds of errors to statuses, for answers and for OpenAPI."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec

from efir.domain.access.permissions import PermissionMissing
from efir.domain.auth.sessions import NoSession, ScopeMissing
from efir.domain.kernel.errors import (
    Busy,
    ChecksumMismatch,
    Conflict,
    DomainError,
    FieldError,
    Forbidden,
    Gone,
    Invalid,
    Malformed,
    NoSpace,
    NotFound,
    Stale,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)
from efir.ports.kernel.correlation import correlation

STATUS: Mapping[type[DomainError], int] = {
    Malformed: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Gone: 410,
    Stale: 412,
    TooLarge: 413,
    UnsupportedMedia: 415,
    Invalid: 422,
    Busy: 423,
    TooMany: 429,
    ChecksumMismatch: 460,
    Unavailable: 503,
    NoSpace: 507,
}
MEDIA_TYPE = "application/problem+json"
DENIED: tuple[type[DomainError], ...] = (NoSession, ScopeMissing, PermissionMissing)
"""How whoever may not is refused where a permission is needed."""
log = structlog.get_logger("efir.http")


class ProblemField(msgspec.Struct, frozen=True):
    """One wrong value of a request."""

    pointer: Annotated[str, msgspec.Meta(description="JSON pointer to the value.", examples=["/nickname"])]
    code: Annotated[str, msgspec.Meta(description="Stable code.", examples=["reserved"])]
    detail: Annotated[str, msgspec.Meta(description="What is wrong, as a sentence.")]


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What every error answers."""

    type: Annotated[
        str,
        msgspec.Meta(
            description="Address of a description of this kind of problem.", examples=["/problems/video-not-found"]
        ),
    ]
    title: Annotated[str, msgspec.Meta(description="Summary of this kind of problem.")]
    status: Annotated[int, msgspec.Meta(description="HTTP status.", examples=[404])]
    detail: Annotated[str, msgspec.Meta(description="Description of this occurrence.")]
    code: Annotated[str, msgspec.Meta(description="Stable code.", examples=["video-not-found"])]
    request_id: Annotated[str, msgspec.Meta(description="Request id, as in the log.")]
    errors: Annotated[list[ProblemField], msgspec.Meta(description="Invalid values.")] = []
    required_permission: Annotated[str, msgspec.Meta(description="The permission that is missing.")] = ""
    required_scope: Annotated[str, msgspec.Meta(description="The scope that the token lacks.")] = ""
    requested: Annotated[int | None, msgspec.Meta(description="Number requested.", examples=[200])] = None
    saved: Annotated[int | None, msgspec.Meta(description="Number stored.", examples=[150])] = None
    reason: Annotated[str | None, msgspec.Meta(description="Why there were no more.")] = None
    challenge: Annotated[str, msgspec.Meta(description="To be sent with the code of the second factor.")] = ""


def status_of(error: type[DomainError]) -> int:
    """Find the status of an error by the nearest kind it extends."""
    return next(STATUS[kind] for kind in error.__mro__ if kind in STATUS)


def raises(*errors: type[DomainError]) -> dict[int, ResponseSpec]:
    """Document the problems an operation answers; every one may also be unreadable, and the database unavailable."""
    by_status: dict[int, set[str]] = {}
    always: tuple[type[DomainError], ...] = (Malformed, Unavailable)
    for error in always + errors:
        by_status.setdefault(status_of(error), set()).add(error.code)
    return {
        status: ResponseSpec(
            data_container=Problem,
            generate_examples=False,
            media_type=MEDIA_TYPE,
            description=f"Problem: {', '.join(sorted(codes))}",
        )
        for status, codes in sorted(by_status.items())
    }


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    errors: tuple[FieldError, ...] = (),
    headers: Any = None,
    facts: Any = None,
) -> Response[bytes]:
    """Write a problem."""
    body = Problem(
        type=f"/problems/{code}", title=title, status=status, detail=detail, code=code, request_id=correlation.get(),
        errors=[ProblemField(error.pointer, error.code, error.detail) for error in errors],
        **(facts or {}),
    )  # fmt: skip
    return Response(
        msgspec.json.encode(body), status_code=status, media_type=MEDIA_TYPE,
        headers={"cache-control": "no-store", **(headers or {})},
    )  # fmt: skip


def present_domain_error(_request: Request[Any, Any, Any], error: DomainError) -> Response[bytes]:
    """Return a broken rule."""
    status = status_of(type(error))
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="efir"'
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    facts = dict(error.facts or {})
    if isinstance(error, PermissionMissing):
        facts["required_permission"] = error.required
    if isinstance(error, ScopeMissing):
        facts["required_scope"] = error.required
    return problem(status, error.code, error.title, error.detail, errors=error.errors, headers=headers, facts=facts)


def present_http_error(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Return what the framework refused."""
    if isinstance(error, ValidationException):
        return _validation(error)
    status = HTTPStatus(error.status_code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return present_bug(_request, error)
    code = {400: "malformed", 404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "unsupported-media"}
    name = code.get(status.value, status.phrase.lower().replace(" ", "-"))
    titles = {404: "There is nothing here", 405: "This method does not apply here"}
    detail = error.detail if status == HTTPStatus.BAD_REQUEST else status.description or status.phrase
    return problem(status.value, name, titles.get(status.value, status.phrase), detail, headers=error.headers)


def present_bug(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Say nothing about a fault of ours to the caller, and log all of it."""
    log.error("bug", exc_info=error)
    return problem(500, "internal-error", "Something is broken on our side", "The fault has been noted.")


def _validation(error: ValidationException) -> Response[bytes]:
    rows = error.extra if isinstance(error.extra, list) else []
    if any(row.get("source") == "path" for row in rows):
        return problem(404, "not-found", "There is nothing here", "The address is not one of ours.")
    if any(row.get("message") == "'data'" for row in rows):  # how the framework names a body that did not come
        return problem(400, Malformed.code, Malformed.title, "This request needs a body.")
    errors = tuple(FieldError(_pointer(row), "invalid", str(row.get("message", ""))) for row in rows)
    return problem(422, "validation", "Some values are wrong", "See `errors` for each wrong value.", errors=errors)


def _pointer(row: dict[str, Any]) -> str:
    key = str(row.get("key", ""))
    if key in {"", "data"}:
        return ""
    return "/" + key.removeprefix("data.").replace("[", "/").replace("]", "").replace(".", "/")


HANDLERS: dict[Any, Any] = {
    DomainError: present_domain_error,
    HTTPException: present_http_error,
    Exception: present_bug,
}
