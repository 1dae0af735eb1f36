"""A relay between a client and a server that cuts connections where a test says: what a bad network does."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

PIECE = 16 << 10
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Cut(Protocol):
    """Decides after each piece whether the connection ends here; `sent` counts the client's bytes on it."""

    def __call__(self, piece: bytes, *, from_client: bool, sent: int) -> bool: ...


@dataclass
class Relay:
    """A listening relay; `connections` counts, `cuts` counts those that were cut."""

    port: int
    connections: int = 0
    cuts: int = 0
    _open: list[socket.socket] = field(default_factory=list)


@contextlib.contextmanager
def relay(target: int, cut: Cut) -> Iterator[Relay]:
    """Forward connections to a port of this machine until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = Relay(port=server.getsockname()[1])
        threading.Thread(target=_accept, args=(server, found, target, cut), daemon=True).start()
        yield found
        for end in found._open:  # noqa: SLF001  # its own module
            _end(end)


def after_bytes(*budgets: int) -> Cut:
    """Cut each connection once the client has sent so much on it, one budget a connection; later ones live."""
    waiting = list(budgets)
    lock = threading.Lock()

    def cut(_piece: bytes, *, from_client: bool, sent: int) -> bool:
        with lock:
            if from_client and waiting and sent >= waiting[0]:
                waiting.pop(0)
                return True
        return False

    return cut


def before_answer(found: Callable[[bytes], bool]) -> Cut:
    """Cut once, when the server's answer comes to the first request that `found` recognises."""
    asked, done = threading.Event(), threading.Event()

    def cut(piece: bytes, *, from_client: bool, sent: int) -> bool:  # the protocol's shape
        if from_client and found(piece):
            asked.set()
        elif not from_client and asked.is_set() and not done.is_set():
            done.set()
            return True
        return False

    return cut


def _accept(server: socket.socket, found: Relay, target: int, cut: Cut) -> None:
    with contextlib.suppress(OSError):
        while True:
            client = server.accept()[0]
            upstream = socket.create_connection(("127.0.0.1", target))
            found.connections += 1
            found._open += [client, upstream]  # noqa: SLF001  # its own module
            for source, sink, from_client in ((client, upstream, True), (upstream, client, False)):
                threading.Thread(
                    target=_forward, args=(source, sink, found, cut), kwargs={"from_client": from_client}, daemon=True
                ).start()


def _forward(source: socket.socket, sink: socket.socket, found: Relay, cut: Cut, *, from_client: bool) -> None:
    sent = 0
    with contextlib.suppress(OSError):
        while piece := source.recv(PIECE):
            sent += len(piece)
            if cut(piece, from_client=from_client, sent=sent):
                found.cuts += 1
                break
            sink.sendall(piece)
    _end(source)
    _end(sink)


def _end(end: socket.socket) -> None:
    """Close at once, without the polite ending of a finished connection."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        end.shutdown(socket.SHUT_RDWR)
    end.close()
