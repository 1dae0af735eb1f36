"""What the OpenAPI document says of tus: its headers, and bodies that are bytes."""

from dataclasses import dataclass

from litestar.openapi.spec import (
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    RequestBody,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

from efir.drivers.http.uploads.tus import BODY_TYPE, VERSION

NUMBER = Schema(type=OpenAPIType.INTEGER, minimum=0)
TEXT = Schema(type=OpenAPIType.STRING)
DATE = Schema(type=OpenAPIType.STRING, description="HTTP date")


def _asks(name: str, words: str, schema: Schema = TEXT, *, required: bool = False) -> Parameter:
    return Parameter(name=name, param_in="header", description=words, schema=schema, required=required)


def _tells(words: str, schema: Schema = TEXT) -> OpenAPIHeader:
    return OpenAPIHeader(description=words, schema=schema)


SPOKEN = _asks(
    "Tus-Resumable", "Version of the protocol.", Schema(type=OpenAPIType.STRING, enum=[VERSION]), required=True
)
LENGTH = _asks("Upload-Length", "Bytes of the whole; said once.", NUMBER)
CHECKSUM = _asks("Upload-Checksum", "Algorithm and base64 digest of this body: `sha256 …` or `sha1 …`.")
BYTES = RequestBody(
    content={BODY_TYPE: OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))},
    description="The bytes that follow the offset.",
)
OFFSET = {"Upload-Offset": _tells("How many bytes are durable.", NUMBER)}
EXPIRES = {"Upload-Expires": _tells("When an unfinished upload is dropped.", DATE)}


def _document_operation(
    operation: Operation, status: str, asked: list[Parameter], told: dict[str, OpenAPIHeader], *, body: bool = False
) -> None:
    operation.parameters = [*(operation.parameters or []), SPOKEN, *asked]
    answer = (operation.responses or {}).get(status)
    if isinstance(answer, OpenAPIResponse):
        answer.headers = {**told, "Tus-Resumable": _tells("Version of the protocol.")}
        answer.content = None
    if body:
        operation.request_body = BYTES


@dataclass
class Creating(Operation):
    """POST of a new upload."""

    def __post_init__(self) -> None:
        asked = [
            LENGTH,
            _asks("Upload-Defer-Length", "`1` when the length is said later."),
            _asks("Upload-Metadata", "`key base64` pairs joined by commas: `filename`, `filetype`, `sha256`."),
            _asks("Upload-Concat", "`partial`, or `final;` and the addresses of the parts."),
            CHECKSUM,
        ]
        told = {"Location": _tells("Address of the upload, absolute."), **OFFSET, **EXPIRES}
        _document_operation(self, "201", asked, told, body=True)


@dataclass
class Asking(Operation):
    """HEAD of an upload."""

    def __post_init__(self) -> None:
        told = {
            "Upload-Length": _tells("Bytes of the whole, if known.", NUMBER),
            "Upload-Defer-Length": _tells("`1` while the length is unknown."),
            "Upload-Metadata": _tells("As given at creation."),
            "Upload-Concat": _tells("As given at creation."),
        }
        _document_operation(self, "200", [], OFFSET | EXPIRES | told)


@dataclass
class Appending(Operation):
    """PATCH of an upload."""

    def __post_init__(self) -> None:
        offset = _asks("Upload-Offset", "Where these bytes go: the offset told last.", NUMBER, required=True)
        _document_operation(self, "204", [offset, LENGTH, CHECKSUM], OFFSET | EXPIRES, body=True)


@dataclass
class Ending(Operation):
    """DELETE of an upload."""

    def __post_init__(self) -> None:
        _document_operation(self, "204", [], {})


@dataclass
class Describing(Operation):
    """OPTIONS of the uploads."""

    def __post_init__(self) -> None:
        told = {
            "Tus-Version": _tells("Versions spoken."),
            "Tus-Extension": _tells("Extensions, joined by commas."),
            "Tus-Max-Size": _tells("Largest upload, in bytes.", NUMBER),
            "Tus-Checksum-Algorithm": _tells("Algorithms, joined by commas."),
        }
        _document_operation(self, "204", [], told)
        self.parameters = None
