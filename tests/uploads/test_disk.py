"""What uploads cost in memory, what they do on a full disk, and in which order they make things durable."""

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kit.builders import Person
from kit.programs import free_port, memory_of, running
from kit.tus_client import TYPE, Answer, Talk

pytestmark = pytest.mark.usefixtures("no_bytes_of_tests_before")

MIB = 1 << 20
BLOCK = os.urandom(MIB)
API = "import sys; from efir.bootstrap.main import main; sys.exit(main(['api']))"


def blocks(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield BLOCK


def sent(talk: Talk, path: str, count: int) -> Answer:
    headers = {"upload-offset": "0", "content-type": TYPE, "content-length": str(count * MIB)}
    return talk.ask("PATCH", path, blocks(count), **headers)


async def memory_during(pid: int, work: Any) -> tuple[int, Any]:
    """Largest growth of a process's memory while some work is done."""
    before, most, done = memory_of(pid), 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.01):
            most = max(most, memory_of(pid) - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        result = await asyncio.to_thread(work)
    finally:
        done.set()
        watcher.join()
    return most, result


async def test_memory_does_not_grow_with_the_file(talk: Talk, server: tuple[str, int], connection: Any) -> None:
    await upload_of(64, talk, server[1], connection)


async def upload_of(mebibytes: int, talk: Talk, pid: int, connection: Any) -> None:
    """Send so much and look at the server's memory meanwhile."""
    warm = talk.begin(16 * MIB)
    assert (await asyncio.to_thread(sent, talk, warm, 16)).status == 204
    path = talk.begin(mebibytes * MIB)
    grown, answer = await memory_during(pid, lambda: sent(talk, path, mebibytes))
    assert (answer.status, answer.offset) == (204, mebibytes * MIB)
    assert grown < 24 * MIB
    digest = hashlib.sha256()
    for block in blocks(mebibytes):
        digest.update(block)
    found = await connection.fetchval("select sha256 from uploads where id = $1", path.rsplit("/", 1)[1])
    assert found == digest.hexdigest()


def contained(environment: dict[str, str], media: Path, port: int) -> list[str]:
    """The API with a disk of 24 MiB for its files, which nobody outside sees."""
    settings = {**environment, "EFIR_PORT": str(port), "EFIR_API_WORKERS": "1", "EFIR_STORAGE__URL": f"file://{media}"}
    settings["EFIR_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    given = [word for name, value in settings.items() for word in ("--setenv", name, value)]
    tmpfs = ["--size", str(24 * MIB), "--tmpfs", str(media)]
    return ["bwrap", "--dev-bind", "/", "/", *tmpfs, *given, "--die-with-parent", sys.executable, "-c", API]


def can_contain(tmp_path: Path) -> bool:
    command = ["bwrap", "--dev-bind", "/", "/", "--size", "4096", "--tmpfs", str(tmp_path), "true"]
    return shutil.which("bwrap") is not None and subprocess.run(command, check=False).returncode == 0


async def test_a_full_disk_is_told_and_heals(environment: dict[str, str], ada: Person, tmp_path: Path) -> None:
    if not can_contain(tmp_path):
        pytest.skip("bubblewrap is not installed, or cannot make a small disk here")
    port = free_port()
    outer = {name: value for name, value in os.environ.items() if not name.startswith("EFIR_")}

    def run() -> None:
        with running(contained(environment, tmp_path, port), port, outer):
            talk = Talk(port, ada.headers)
            assert talk.ask("POST", "/api/v1/uploads", upload_length=str(40 * MIB)).status == 507
            first = talk.begin(12 * MIB)
            assert sent(talk, first, 12).status == 204
            endless = talk.ask("POST", "/api/v1/uploads", upload_defer_length="1")
            path = endless.headers["location"].partition(f":{port}")[2]
            answer = sent(talk, path, 15)
            assert (answer.status, answer.headers["content-type"]) == (507, "application/problem+json")
            assert b"storage-full" in answer.content
            offset = talk.offset(path)
            assert offset < 12 * MIB
            assert talk.append(path, offset, BLOCK * 13).status == 507
            assert talk.ask("DELETE", first).status == 204
            offset = talk.offset(path)
            answer = talk.append(path, offset, BLOCK * 2, upload_length=str(offset + 2 * MIB))
            assert (answer.status, answer.offset) == (204, offset + 2 * MIB)

    await asyncio.to_thread(run)
