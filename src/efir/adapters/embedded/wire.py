"""The parts of the PostgreSQL and Valkey protocols that show whether an embedded server is ready."""

import contextlib
import socket
import struct
from pathlib import Path

TIMEOUT = 0.5  # seconds; a local server responds or refuses at once, only a suspended one does not
PATIENCE = 30.0  # seconds for a statement
PROTOCOL = 196_608  # version 3.0
POSTGRES_SOCKET = ".s.PGSQL.5432"
VALKEY_SOCKET = "valkey.sock"


class ServerRefused(Exception):  # an exception named by the broken rule, as in the domain
    """PostgreSQL answered with an error; `code` is its SQLSTATE."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def postgres_execute(sockets: Path, database: str, statement: str) -> str | None:
    """Run one statement over a new connection as the superuser `efir`; return the first value of the first row.

    Raises ServerRefused with the SQLSTATE, or OSError when no server listens.
    """
    with _connect(sockets / POSTGRES_SOCKET) as link:
        words = b"".join(word.encode() + b"\0" for word in ("user", "efir", "database", database)) + b"\0"
        link.sendall(struct.pack("!ii", len(words) + 8, PROTOCOL) + words)
        _wait_until_ready(link)
        query = statement.encode() + b"\0"
        link.sendall(b"Q" + struct.pack("!i", len(query) + 4) + query)
        link.settimeout(PATIENCE)
        value = _wait_until_ready(link)
        link.sendall(b"X" + struct.pack("!i", 4))
    return value


def _wait_until_ready(link: socket.socket) -> str | None:
    value: str | None = None
    refusal: ServerRefused | None = None
    while True:
        kind, size = struct.unpack("!ci", _exactly(link, 5))
        body = _exactly(link, size - 4)
        if kind == b"E":
            fields = {part[:1]: part[1:].decode(errors="replace") for part in body.split(b"\0") if part}
            refusal = ServerRefused(fields.get(b"C", ""), fields.get(b"M", ""))
            if fields.get(b"V", fields.get(b"S")) in {"FATAL", "PANIC"}:
                raise refusal
        elif kind == b"D" and value is None:
            columns, length = struct.unpack_from("!hi", body)
            value = body[6 : 6 + length].decode() if columns and length >= 0 else None
        elif kind == b"Z":
            if refusal:
                raise refusal
            return value


def _exactly(link: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = link.recv(size - len(received))
        if not part:
            raise ConnectionResetError("the server closed the connection")
        received += part
    return received


def valkey_command(path: Path, *words: str) -> bytes:
    """Send one command and return the first bytes of the response. Raises OSError when no server listens."""
    with _connect(path) as link:
        link.sendall(f"*{len(words)}\r\n".encode() + b"".join(f"${len(word)}\r\n{word}\r\n".encode() for word in words))
        return link.recv(4096)


def is_valkey_ready(path: Path) -> bool:
    """Return whether Valkey responds to PING; while it loads its file it responds `LOADING`."""
    with contextlib.suppress(OSError):
        return valkey_command(path, "PING") == b"+PONG\r\n"
    return False


def _connect(path: Path) -> socket.socket:
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(TIMEOUT)
    try:
        link.connect(str(path))
    except OSError:
        link.close()
        raise
    return link
