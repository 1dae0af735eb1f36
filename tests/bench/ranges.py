"""Bytes per second of ranges and of whole segments against nginx with the same files: by ourselves, and by X-Accel.

Two clients ask: wrk, the tool of the written method for throughput, and one of our own that is as light as can be.
nginx copies nothing (sendfile), so beside the light client this is the hardest comparison there is; who needs nginx's
speed lets nginx send (X-Accel-Redirect).
"""

import asyncio
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, route

from bench.rounds import SHORT, Outcome, compare, finish
from efir.adapters.storage.filesystem import FilesystemBlobStore
from efir.drivers._asgi.files import IMMUTABLE, FileAnswer, FileHead
from efir.ports.kernel.blobs import blob_key
from kit.programs import NGINX, granian, nginx

SIZE = 64 << 20
SEGMENT = 2 << 20
RANGE = 1 << 20
CONNECTIONS = 4
SECONDS = 0.7 if SHORT else 1.5
WRK = shutil.which("wrk")
SCRIPT = Path(__file__).parent / "peers" / "ranges.lua"


def app() -> Litestar:
    """Serve the objects of the directory named in the environment."""
    store = FilesystemBlobStore(Path(os.environ["BENCH_STORE"]))

    @route("/{name:str}", http_method=["GET", "HEAD"])
    async def stored(request: Request[Any, Any, Any], name: str) -> FileAnswer:
        accel = f"/objects/{name}" if "x-accel" in request.headers else ""
        facts = FileHead(media_type="video/mp4", tag=f'"{name}"', cache_control=IMMUTABLE, accel=accel)
        return FileAnswer(partial(store.open, blob_key(name)), facts)

    return Litestar([stored], openapi_config=None)


def by_wrk(port: int, path: str, size: int, length: int | None = None) -> float:
    """Megabytes per second as wrk sees them, over as many connections."""
    command = [str(WRK), "-t1", f"-c{CONNECTIONS}", "-d1s" if SHORT else "-d2s", "-s", str(SCRIPT)]
    address = [f"http://127.0.0.1:{port}{path}", "--", str(length or 0), str(size)]
    said = subprocess.run([*command, *address], check=True, stdout=subprocess.PIPE, text=True).stdout
    read, microseconds, failed = map(int, said.rsplit("summary", 1)[1].split())
    if failed:
        raise RuntimeError(said)
    return read / microseconds


def throughput(port: int, path: str, size: int, length: int | None = None) -> float:
    """Megabytes per second over a few kept connections, each reading ranges at random places or the whole file."""
    read: list[int] = []
    stop = time.monotonic() + SECONDS
    began = time.perf_counter()
    readers = [threading.Thread(target=_read, args=(port, path, size, length, stop, read)) for _ in range(CONNECTIONS)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    if len(read) != CONNECTIONS:
        raise RuntimeError("a reader failed")
    return sum(read) / (time.perf_counter() - began) / 1e6


def _read(port: int, path: str, size: int, length: int | None, stop: float, read: list[int]) -> None:
    total, chance = 0, random.Random(1)  # noqa: S311  # places to read, no secret
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        while time.monotonic() < stop:
            first = chance.randrange(size - length) if length else 0
            asked = f"Range: bytes={first}-{first + length - 1}\r\n" if length else ""
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{asked}\r\n".encode())
            total += _body(connection, length or size)
    read.append(total)


def _body(connection: socket.socket, length: int) -> int:
    buffer = memoryview(bytearray(1 << 18))
    head = b""
    while b"\r\n\r\n" not in head:
        head += bytes(buffer[: connection.recv_into(buffer)]) or _broken(head)
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 206")):
        _broken(head)
    got = len(head) - head.index(b"\r\n\r\n") - 4
    while got < length:
        got += connection.recv_into(buffer) or len(_broken(head))
    return got


def _broken(head: bytes) -> bytes:
    raise RuntimeError(head[:300])


CLIENTS = {by_wrk: "wrk", throughput: "the lightest client"}


def outcomes() -> Iterator[Outcome]:
    """Compare ranges, then whole files."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        store = FilesystemBlobStore(home / "store")
        asyncio.run(store.put_bytes(blob_key("film.mp4"), os.urandom(SIZE)))
        asyncio.run(store.put_bytes(blob_key("segment.m4s"), os.urandom(SEGMENT)))
        objects = f"{home}/store/objects"
        with granian("bench.ranges:app", environment={"BENCH_STORE": str(home / "store")}) as (ours, _):
            lines = f"""root {objects};
                location /objects/ {{ internal; alias {objects}/; etag off; }}
                location /efir/ {{ proxy_pass http://127.0.0.1:{ours}/; proxy_set_header X-Accel yes; }}"""
            with nginx(home / "nginx", lines) as theirs:
                for client, name, path, size, length, way, least in (
                    (by_wrk, "ranges of 1 MiB", "/film.mp4", SIZE, RANGE, (ours, ""), 0.5),
                    (by_wrk, "ranges of 8 MiB", "/film.mp4", SIZE, 8 * RANGE, (ours, ""), 0.5),
                    (by_wrk, "whole 2 MiB segments", "/segment.m4s", SEGMENT, None, (ours, ""), 0.3),
                    (throughput, "ranges of 1 MiB", "/film.mp4", SIZE, RANGE, (ours, ""), 0.35),
                    (throughput, "ranges of 8 MiB", "/film.mp4", SIZE, 8 * RANGE, (ours, ""), 0.4),
                    (throughput, "whole 2 MiB segments", "/segment.m4s", SEGMENT, None, (ours, ""), 0.25),
                    (throughput, "ranges of 1 MiB by X-Accel", "/film.mp4", SIZE, RANGE, (theirs, "/efir"), 0.5),
                    (
                        throughput,
                        "whole 2 MiB segments by X-Accel",
                        "/segment.m4s",
                        SEGMENT,
                        None,
                        (theirs, "/efir"),
                        0.5,
                    ),
                ):
                    port, prefix = way
                    yield compare(
                        f"{name} against nginx, {CLIENTS[client]}",
                        partial(client, port, f"{prefix}{path}", size, length),
                        partial(client, theirs, path, size, length),
                        unit="MB/s", least=least,
                    )  # fmt: skip


if __name__ == "__main__":
    if NGINX is None or WRK is None:
        sys.exit("nginx and wrk are not both installed: nothing to compare with")
    finish(outcomes())
