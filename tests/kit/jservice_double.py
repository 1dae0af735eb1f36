"""A jService as its wire format is known, over real HTTP, that goes wrong in every way a test names.

As a program: `python jservice_double.py SIZE` serves that many questions and prints its port; `GET /calls` tells how
often it was asked.
"""

import contextlib
import json
import random
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, urlsplit

MOST = 100
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
MADE = "2022-12-30T21:08:15.201Z"


def clue(number: int, **changes: Any) -> dict[str, Any]:
    """A clue as `/api/random` gives it."""
    return {
        "id": number, "answer": f"Answer {number}", "question": f"Question {number}?", "value": 200 * (1 + number % 5),
        "airdate": "1985-02-08T20:00:00.000Z", "created_at": MADE, "updated_at": MADE, "category_id": number % 7,
        "game_id": 1, "invalid_count": None,
        "category": {"id": number % 7, "title": f"category {number % 7}", "created_at": MADE, "updated_at": MADE,
                     "clues_count": 5},
        **changes,
    }  # fmt: skip


def open_gate() -> threading.Event:
    """Let everybody through."""
    gate = threading.Event()
    gate.set()
    return gate


@dataclass
class Double:
    """A running double: what it has, how it misbehaves, how it was asked.

    `faults` are used up one a request; then `always`, then right answers. A fault is one of FAULTS, a whole answer in
    bytes, or rows to answer instead.
    """

    size: int
    port: int = 0
    faults: list[Any] = field(default_factory=list)
    always: Any = None
    delay: float = 0.0
    asked: list[int] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311  # repeatable
    alone: threading.Lock = field(default_factory=threading.Lock)
    gate: threading.Event = field(default_factory=open_gate)  # while it is shut, nobody is answered
    answered: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def rows(self, count: int) -> list[dict[str, Any]]:
        return [clue(number) for number in self.chance.sample(range(1, self.size + 1), min(count, MOST, self.size))]


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", "content-type: application/json", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def _drip(end: socket.socket, _double: Double) -> None:
    for byte in answer(b"[" + b" " * 100):
        end.sendall(bytes([byte]))
        time.sleep(0.2)


def _reset(end: socket.socket, _double: Double) -> None:
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


def _silent(_end: socket.socket, _double: Double) -> None:
    time.sleep(12)


HTML = b"<!doctype html><title>Maintenance</title>"
BOMB = b"\x1f\x8b" + b"\0" * 100
FAULTS: dict[str, Callable[[socket.socket, Double], None] | bytes] = {
    "silent": _silent,
    "drip": _drip,
    "reset": _reset,
    "429 in seconds": answer(b"slow down", "429 Too Many Requests", "retry-after: 1"),
    "429 for long": answer(b"slow down", "429 Too Many Requests", "retry-after: 3000"),
    "429 by date": answer(b"", "429 Too Many Requests", f"retry-after: {formatdate(time.time() + 900, usegmt=True)}"),
    "429 bare": answer(b"slow down", "429 Too Many Requests"),
    "500": answer(b"oops", "500 Internal Server Error"),
    "502": answer(HTML, "502 Bad Gateway"),
    "503": answer(b"", "503 Service Unavailable", "retry-after: soon"),
    "404": answer(HTML, "404 Not Found"),
    "html": answer(HTML),
    "half": answer(json.dumps([clue(1)]).encode()[:40]),
    "cut": answer(b"[" + b" " * 500)[:-200],
    "object": answer(b'{"error": "no"}'),
    "number": answer(b"5"),
    "deep": answer(b"[" * 100_000),
    "latin": answer(b'["\xff\xfe"]'),
    "huge": answer(b"[" + b" " * (3 << 20) + b"]"),
    "packed": answer(BOMB, "200 OK", "content-encoding: gzip"),
    "elsewhere": answer(b"", "301 Moved Permanently", "location: http://169.254.169.254/latest/meta-data"),
    "private": answer(b"", "302 Found", "location: http://10.0.0.1/api/random"),
    "in a circle": answer(b"", "302 Found", "location: /api/random?count=1"),
    "file": answer(b"", "302 Found", "location: file:///etc/passwd"),
    "no http": b"SSH-2.0-OpenSSH_9.2\r\n",
}
BAD_ROWS: list[Any] = [
    None, 5, "text", [], {}, {"question": None, "answer": None}, clue(900_001, question=""), clue(900_002, answer=" "),
    clue(900_003, question=7), clue(900_004, invalid_count=3), clue(900_005, question="\0"),
    clue(900_006, answer="\ud800"), clue(900_007, question="x" * 20_000), clue(900_008, answer={"a": 1}),
    clue(900_009, question="<i></i>"),
]  # fmt: skip


@contextmanager
def jservice(size: int, **changes: Any) -> Iterator[Double]:
    """Serve on a free port of this machine until the block ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as server:
        double = Double(size, port=server.getsockname()[1], **changes)
        threading.Thread(target=_accept, args=(server, double), daemon=True).start()
        yield double
        server.shutdown(socket.SHUT_RDWR)


def _accept(server: socket.socket, double: Double) -> None:
    with contextlib.suppress(OSError):
        while True:
            threading.Thread(target=_serve, args=(server.accept()[0], double), daemon=True).start()


def _serve(end: socket.socket, double: Double) -> None:
    with contextlib.suppress(OSError), end, end.makefile("rb") as lines:
        while (request := lines.readline().decode("latin-1").split()) and len(request) == 3:
            while lines.readline() not in {b"\r\n", b""}:
                pass
            _answer(end, double, urlsplit(request[1]))


def _answer(end: socket.socket, double: Double, asked: Any) -> None:
    if asked.path == "/calls":
        end.sendall(answer(json.dumps(double.asked).encode()))
        return
    given = parse_qs(asked.query).get("count", ["1"])[0]
    if not given.isdecimal():
        end.sendall(answer(b"oops", "500 Internal Server Error"))
        return
    with double.alone:
        double.asked.append(int(given))
        fault = double.faults.pop(0) if double.faults else double.always
        rows = double.rows(int(given))
    double.gate.wait(60)
    if double.delay:
        time.sleep(double.delay)
    found = FAULTS[fault] if isinstance(fault, str) else fault
    if callable(found):
        found(end, double)
        end.shutdown(socket.SHUT_RDWR)
    elif isinstance(found, bytes):
        end.sendall(found)
        if fault in {"cut", "no http"}:
            end.shutdown(socket.SHUT_RDWR)
    else:
        end.sendall(answer(json.dumps(rows if found is None else found).encode()))
    double.answered += 1


if __name__ == "__main__":
    with jservice(int(sys.argv[1])) as running:
        print(running.port, flush=True)
        sys.stdin.read()
