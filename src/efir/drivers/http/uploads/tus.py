"""Headers of tus 1.0 (https://tus.io/protocols/resumable-upload), read and written."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Response
from litestar.exceptions import HTTPException
from msgspec import Struct

from efir.application.uploads.appending import CHECKSUMS, Piece
from efir.application.uploads.uploads import UploadFacts
from efir.domain.kernel.errors import DomainError, Stale, UnsupportedMedia
from efir.domain.kernel.limits import Limits
from efir.domain.uploads import UploadId, UploadMalformed, UploadState
from efir.drivers._asgi.ranges import http_date
from efir.drivers.http.kernel.problems import present_bug, present_domain_error, present_http_error

VERSION = "1.0.0"
RESUMABLE = {"tus-resumable": VERSION}
EXTENSIONS = "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination,concatenation"
PATH = "/api/v1/uploads"
BODY_TYPE = "application/offset+octet-stream"
_NUMBER = re.compile(r"[0-9]{1,18}")


class TusVersionUnsupported(Stale):
    """The request uses another version of the protocol, or states none."""

    code = "tus-version-unsupported"
    title = "Only tus 1.0.0 is supported"


class WrongBodyType(UnsupportedMedia):
    """The bytes of an upload must be sent as `application/offset+octet-stream`."""

    code = "upload-body-type"
    title = f"Bytes of an upload are sent as {BODY_TYPE}"


class Wanted(Struct, frozen=True):
    """What a creation asks for; `parts` only for a final upload."""

    length: int | None
    metadata: str
    partial: bool
    concat: str
    parts: list[UploadId]
    has_body: bool


def check_version(headers: Mapping[str, str]) -> None:
    """Raises TusVersionUnsupported."""
    if headers.get("tus-resumable") != VERSION:
        raise TusVersionUnsupported


def parse_creation(headers: Mapping[str, str]) -> Wanted:
    """Read a creation. Raises UploadMalformed, WrongBodyType."""
    length, concat = _number(headers, "upload-length"), headers.get("upload-concat", "")
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    metadata = headers.get("upload-metadata", "")
    if concat.startswith("final;"):
        if length is not None or has_body:
            raise UploadMalformed("A final upload has neither a length nor bytes of its own.")
        parts = [_part(address) for address in concat.removeprefix("final;").split()]
        return Wanted(None, metadata, partial=False, concat=concat, parts=parts, has_body=False)
    if concat not in {"", "partial"}:
        raise UploadMalformed("Upload-Concat is `partial`, or `final;` and the addresses of the parts.")
    deferred = headers.get("upload-defer-length")
    if (length is None) != (deferred == "1") or deferred not in {None, "1"}:
        raise UploadMalformed("Either Upload-Length or `Upload-Defer-Length: 1` is needed.")
    if has_body:
        _check_type(headers)
    return Wanted(length, metadata, partial=bool(concat), concat="", parts=[], has_body=has_body)


def piece(headers: Mapping[str, str], *, offset: int | None = None) -> Piece:
    """Read what a request says of its bytes; `offset` when it is known. Raises UploadMalformed, WrongBodyType."""
    _check_type(headers)
    at = _number(headers, "upload-offset") if offset is None else offset
    if at is None:
        raise UploadMalformed("Upload-Offset is missing.")
    length = _number(headers, "upload-length") if offset is None else None
    algorithm, checksum = _checksum(headers.get("upload-checksum"))
    return Piece(
        offset=at, count=_number(headers, "content-length"), length=length, algorithm=algorithm, checksum=checksum
    )


def upload_headers(facts: UploadFacts) -> dict[str, str]:
    """Headers that show an upload."""
    headers = RESUMABLE | {"upload-offset": str(facts.offset), "cache-control": "no-store"}
    if facts.state is UploadState.OPEN:
        headers["upload-expires"] = http_date(facts.expires_at)
    return headers


def upload_details(facts: UploadFacts) -> dict[str, str]:
    """Headers that tell everything of an upload."""
    headers = upload_headers(facts)
    headers |= {"upload-defer-length": "1"} if facts.length is None else {"upload-length": str(facts.length)}
    if facts.metadata:
        headers["upload-metadata"] = facts.metadata
    if facts.partial or facts.concat:
        headers["upload-concat"] = facts.concat or "partial"
    return headers


def abilities(limits: Limits) -> dict[str, str]:
    """Headers that tell what this server can do."""
    return RESUMABLE | {
        "tus-version": VERSION,
        "tus-extension": EXTENSIONS,
        "tus-max-size": str(limits.upload_bytes),
        "tus-checksum-algorithm": ",".join(CHECKSUMS),
    }


def _problem(answer: Response[bytes]) -> Response[bytes]:
    answer.headers.update(RESUMABLE | {"tus-version": VERSION})
    return answer


PROBLEMS: Any = {
    DomainError: lambda request, error: _problem(present_domain_error(request, error)),
    HTTPException: lambda request, error: _problem(present_http_error(request, error)),
    Exception: lambda request, error: _problem(present_bug(request, error)),
}
"""Exception handlers of the upload routes: every answer names the protocol."""


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise UploadMalformed(f"{name.title()} is a number of bytes.")
    return int(text)


def _check_type(headers: Mapping[str, str]) -> None:
    if headers.get("content-type", "").partition(";")[0].strip().lower() != BODY_TYPE:
        raise WrongBodyType


def _checksum(text: str | None) -> tuple[str, bytes]:
    if text is None:
        return "", b""
    algorithm, _, value = text.strip().partition(" ")
    try:
        return algorithm.lower() or "?", base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise UploadMalformed("Upload-Checksum is an algorithm and a base64 digest.") from None


def _part(address: str) -> UploadId:
    folder, _, name = urlsplit(address).path.rpartition("/")
    try:
        found = UUID(name) if folder == PATH else None
    except ValueError:
        found = None
    if found is None:
        raise UploadMalformed("A part is named by its address.")
    return UploadId(found)
