"""A plain tus client for tests: one connection a request, every answer in the caller's hands."""

import hashlib
import http.client
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TYPE = "application/offset+octet-stream"


@dataclass
class Answer:
    status: int
    headers: Any
    content: bytes

    @property
    def offset(self) -> int:
        return int(self.headers["upload-offset"])


@dataclass
class Talk:
    """Speaks with one server as one person; `port` may be a relay's."""

    port: int
    headers: dict[str, str]

    def ask(self, method: str, path: str, body: Iterable[bytes] | bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, {"tus-resumable": "1.0.0", **self.headers, **given})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def begin(self, length: int) -> str:
        answer = self.ask("POST", "/api/v1/uploads", upload_length=str(length))
        assert answer.status == 201, answer.content
        return urlsplit(answer.headers["location"]).path

    def offset(self, path: str) -> int:
        answer = self.ask("HEAD", path)
        assert answer.status == 200
        return answer.offset

    def append(self, path: str, offset: int, content: bytes, **headers: str) -> Answer:
        return self.ask("PATCH", path, content, upload_offset=str(offset), content_type=TYPE, **headers)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
