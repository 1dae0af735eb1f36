"""Bytes per second of an upload, durable and hashed, against `dd conv=fsync` and then `sha256sum` of the same file."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import asyncpg

from bench.rounds import SHORT, Outcome, compare, finish
from efir.adapters.postgres.migrate import upgrade
from kit.people import person_with_token
from kit.programs import memory_of, serving
from kit.servers import start_postgres, start_valkey
from kit.tus_client import TYPE, Talk

MIB = 1 << 20
SIZE = (64 if SHORT else 256) * MIB
LEAST = 0.6
MAX_BUSY = 24 * MIB


def uploaded(talk: Talk, source: Path, whole: bool) -> float:  # noqa: FBT001  # one of two ways
    """Megabytes per second of one upload: in one request, or in requests of 8 MiB as our own client sends them."""
    path = talk.begin(SIZE)
    began = time.perf_counter()
    with source.open("rb") as file:
        for offset in range(0, SIZE, SIZE if whole else 8 * MIB):
            _append(talk, path, file, offset, SIZE if whole else 8 * MIB)
    seconds = time.perf_counter() - began
    if talk.ask("DELETE", path).status != 204:  # deleted
        raise RuntimeError(path)
    return SIZE / seconds / 1e6


def _append(talk: Talk, path: str, source: BinaryIO, offset: int, length: int) -> None:
    headers = {**talk.headers, "host": "x", "tus-resumable": "1.0.0", "upload-offset": offset, "content-type": TYPE}
    headers["content-length"] = length
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", talk.port), 60) as connection:
        connection.sendall(f"PATCH {path} HTTP/1.1\r\n{lines}\r\n".encode())
        connection.sendfile(source, offset, length)
        answer = connection.recv(65536)
    if not answer.startswith(b"HTTP/1.1 204"):
        raise RuntimeError(answer[:500])


def copied(source: Path, target: Path) -> float:
    """Megabytes per second of the reference."""
    began = time.perf_counter()
    subprocess.run(["dd", f"if={source}", f"of={target}", "bs=1M", "conv=fsync", "status=none"], check=True)
    subprocess.run(["sha256sum", str(target)], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    target.unlink()
    return SIZE / seconds / 1e6


@contextmanager
def instance(home: Path) -> Iterator[tuple[Talk, int]]:
    """A running server with one person, and its process id."""
    postgres, valkey = start_postgres(home / "postgres", durable=True), start_valkey(home / "valkey")
    try:
        upgrade(postgres.url, "public")
        token = asyncio.run(_person(postgres.url))
        environment = {
            "EFIR_DATABASE__URL": postgres.url,
            "EFIR_REDIS__URL": valkey.url,
            "EFIR_DATA_DIR": str(home / "data"),
            "EFIR_SECRET": uuid4().hex * 2,
            "EFIR_LOG__LEVEL": "warning",
            "EFIR_ENV_FILE": os.devnull,
        }
        with serving(environment) as (origin, pid):
            yield Talk(int(origin.rpartition(":")[2]), {"authorization": f"Bearer {token}"}), pid
    finally:
        postgres.stop()
        valkey.stop()


async def _person(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return (await person_with_token(connection, "ada")).token
    finally:
        await connection.close()


def outcomes() -> Iterator[Outcome]:
    """Compare one long request, then many of 8 MiB; then look at the memory all this took."""
    home = Path(tempfile.mkdtemp(prefix="efir-bench-"))
    home.chmod(0o711)
    try:
        source = home / "source"
        source.write_bytes(os.urandom(MIB) * (SIZE // MIB))
        with instance(home) as (talk, pid):
            theirs = partial(copied, source, home / "copy")
            uploaded(talk, source, whole=True)
            before = memory_of(pid)
            for name, whole in (("upload in one request", True), ("upload in requests of 8 MiB", False)):
                ours = partial(uploaded, talk, source, whole)
                yield compare(f"{name} against dd and sha256sum", ours, theirs, unit="MB/s", least=LEAST)
            grown = max(1, memory_of(pid) - before)
            yield Outcome(
                name="growth of memory against 24 MiB", ours=[grown], theirs=[MAX_BUSY], unit="bytes", most=1.0
            )
    finally:
        shutil.rmtree(home)


if __name__ == "__main__":
    finish(outcomes())
