"""What uploads cost in memory, what they do on a full disk, and in which order they make things durable."""

import asyncio
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import Person
from programs import children_of, free_port, memory_of, running, serving
from uploads.talking import TYPE, Answer, Talk

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


@pytest.mark.parametrize("mebibytes", [64, pytest.param(512, marks=pytest.mark.slow)])
async def test_memory_does_not_grow_with_the_file(
    talk: Talk, server: tuple[str, int], connection: Any, mebibytes: int
) -> None:
    warm = talk.begin(16 * MIB)
    assert (await asyncio.to_thread(sent, talk, warm, 16)).status == 204
    path = talk.begin(mebibytes * MIB)
    grown, answer = await memory_during(server[1], lambda: sent(talk, path, mebibytes))
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
        pytest.skip("bwrap cannot make a small disk here")
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


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
async def test_bytes_are_durable_before_they_are_told_of(
    environment: dict[str, str], ada: Person, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"

    def run() -> str:
        with serving(environment) as (origin, pid):
            talk = Talk(int(origin.rpartition(":")[2]), ada.headers)
            path = talk.begin(3 * MIB)
            calls = "fsync,fdatasync,rename,renameat,renameat2,pwrite64,sendto,write,writev"
            tracer = subprocess.Popen(
                ["strace", "-f", "-y", "-s", "256", "-e", f"trace={calls}", "-o", str(trace)]
                + [word for each in (pid, *children_of(pid)) for word in ("-p", str(each))],
                stderr=subprocess.PIPE,
            )
            assert tracer.stderr is not None
            tracer.stderr.readline()
            time.sleep(1)
            assert talk.append(path, 0, BLOCK).offset == MIB
            assert talk.append(path, MIB, BLOCK * 2).offset == 3 * MIB
            tracer.terminate()
            tracer.communicate()
            return path.rsplit("/", 1)[1]

    upload = await asyncio.to_thread(run)
    steps = list(read_steps(trace.read_text(errors="replace"), upload))  # the servers are gone
    told = ["write", "fdatasync", "commit", "answer"]
    assert ordered(steps, told), steps
    finished = steps[steps.index("answer") + 1 :]
    wanted = ["write", "fdatasync", "fsync file", "rename", "fsync directory", "commit", "answer"]
    assert ordered(finished, wanted), finished


def read_steps(trace: str, upload: str) -> Iterator[str]:
    """Name the calls that matter, in the order they were made."""
    for line in trace.splitlines():
        if re.search(rf"pwrite64\(\d+<[^>]*staging/{upload}", line):
            yield "write"
        elif re.search(rf"fdatasync\(\d+<[^>]*staging/{upload}", line):
            yield "fdatasync"
        elif re.search(rf"fsync\(\d+<[^>]*staging/{upload}", line):
            yield "fsync file"
        elif "rename" in line and f"staging/{upload}" in line:
            yield "rename"
        elif re.search(r"fsync\(\d+<[^>]*objects/src>", line):
            yield "fsync directory"
        elif "COMMIT" in line:
            yield "commit"
        elif "HTTP/1.1 204" in line:
            yield "answer"


def ordered(steps: list[str], wanted: list[str]) -> bool:
    """Whether the wanted steps come in this order, others between them or not."""
    rest = iter(steps)
    return all(any(step == each for step in rest) for each in wanted)
