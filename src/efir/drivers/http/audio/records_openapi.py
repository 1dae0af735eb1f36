"""What the OpenAPI document says of bodies that are recordings, or forms with one."""

from dataclasses import dataclass
from typing import Any

from litestar.openapi.spec import OpenAPIMediaType, Operation, Parameter, Reference, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

from efir.drivers.http.kernel.multipart import FORM

TEXT = Schema(type=OpenAPIType.STRING)
BYTES = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
FILE = {"type": "string", "format": "binary", "description": "The WAV file."}


def _field(words: str) -> dict[str, str]:
    return {"type": "string", "description": words}


FORMS: dict[str, dict[str, Any]] = {
    "AudioForm": {
        "type": "object",
        "title": "AudioForm",
        "description": "A recording as a form sends it.",
        "required": ["audio"],
        "properties": {"audio": FILE, "title": _field("Title; the file's own one, or its name, when absent.")},
    },
    "MusicForm": {
        "type": "object",
        "title": "MusicForm",
        "description": "A recording with who sends it; the fields come in any order.",
        "required": ["user_id", "token", "audio"],
        "properties": {
            "user_id": _field("Identifier of the user."),
            "token": _field("Access token of the user."),
            "audio": FILE,
            "title": _field("Title; the file's own one, or its name, when absent."),
        },
    },
}
"""Named schemas that no handler's types tell of."""


def _asks(name: str, words: str) -> Parameter:
    return Parameter(name=name, param_in="header", description=words, schema=TEXT, required=False)


def _document_operation(operation: Operation, content: dict[str, OpenAPIMediaType]) -> None:
    operation.request_body = RequestBody(content=content, required=True)
    _document_idempotency(operation)


def _document_idempotency(operation: Operation) -> None:
    operation.parameters = [
        *(operation.parameters or []),
        _asks("Prefer", "`respond-async` asks for a worker, whatever the length."),
        _asks("Idempotency-Key", "Repeating the request with the same key has one effect and one answer."),
    ]


def _form(name: str) -> OpenAPIMediaType:
    return OpenAPIMediaType(schema=Reference(ref=f"#/components/schemas/{name}"))


@dataclass
class SendingMusic(Operation):
    """The form of the seed."""

    def __post_init__(self) -> None:
        """Describe the body."""
        _document_operation(self, {FORM: _form("MusicForm")})


@dataclass
class SendingRecord(Operation):
    """A form, or the WAV file itself."""

    def __post_init__(self) -> None:
        """Describe the body."""
        _document_operation(self, {FORM: _form("AudioForm"), "audio/wav": OpenAPIMediaType(schema=BYTES)})


@dataclass
class EditingRecord(Operation):
    """A JSON body, with the headers of those that send recordings."""

    def __post_init__(self) -> None:
        """Describe the headers."""
        _document_idempotency(self)
