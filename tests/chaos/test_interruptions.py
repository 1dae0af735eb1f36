"""Networks that break, servers that die, and writers that meet: nothing answered is lost, nothing wrong is kept."""

import asyncio
import base64
import hashlib
import http.client
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from efir.application.context import Ports
from efir.ports.kernel.blobs import blob_key
from kit.builders import Person
from kit.fixtures.uploads import ada, no_bytes_of_tests_before, people, server, talk
from kit.programs import children_of, serving
from kit.relay import Relay, after_bytes, relay
from kit.tus_client import TYPE, Answer, Talk, sha256

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_bytes_of_tests_before")]
__all__ = ["ada", "no_bytes_of_tests_before", "people", "server", "talk"]

KIB = 1 << 10
BROKEN = (OSError, http.client.HTTPException)


async def stored(ports: Ports, path: str) -> bytes:
    blob = await ports.blobs.open(blob_key(f"src/{path.rsplit('/', 1)[1]}"))
    try:
        return await blob.read(0, blob.size)
    finally:
        blob.close()


def resumed(talk: Talk, content: bytes, path: str, offsets: list[int]) -> None:
    """Go on until all is there; every offset the server told is kept."""
    while offsets[-1] < len(content):
        try:
            answer = talk.append(path, offsets[-1], content[offsets[-1] :])
            if answer.status == 204:
                offsets.append(answer.offset)
                continue
            assert answer.status in {409, 423}, answer.content
        except BROKEN:
            pass
        try:
            offsets.append(talk.offset(path))
        except BROKEN:
            continue


async def test_an_upload_cut_at_every_boundary_arrives_whole(talk: Talk, ports: Ports) -> None:
    content = os.urandom(24 * 64 * KIB)
    path = talk.begin(len(content))
    offsets = [0]
    cuts = [step * 64 * KIB for step in range(1, 25)]

    def run() -> Relay:
        with relay(talk.port, after_bytes(*cuts)) as broken:
            resumed(Talk(broken.port, talk.headers), content, path, offsets)
        return broken

    broken = await asyncio.to_thread(run)
    assert broken.cuts >= 5
    assert offsets == sorted(offsets), "an answered offset was taken back"
    assert await stored(ports, path) == content


async def test_what_came_before_a_cut_is_kept(talk: Talk) -> None:
    content = os.urandom(1 << 20)
    path = talk.begin(len(content))

    def run() -> int:
        with relay(talk.port, after_bytes(600 * KIB)) as broken, pytest.raises(BROKEN):
            Talk(broken.port, talk.headers).append(path, 0, content)
        return patient(lambda: talk.offset(path), lambda offset: offset > 0)

    assert 0 < await asyncio.to_thread(run) <= 616 * KIB


async def test_a_cut_request_with_a_checksum_keeps_nothing(talk: Talk, ports: Ports) -> None:
    content = os.urandom(1 << 20)
    path = talk.begin(len(content))
    checksum = f"sha256 {base64.b64encode(hashlib.sha256(content).digest()).decode()}"

    def run() -> int:
        with relay(talk.port, after_bytes(600 * KIB)) as broken, pytest.raises(BROKEN):
            Talk(broken.port, talk.headers).append(path, 0, content, upload_checksum=checksum)
        time.sleep(1.5)
        before = talk.offset(path)
        answer = patient(
            lambda: talk.append(path, 0, content, upload_checksum=checksum), lambda each: each.status != 423
        )
        assert answer.status == 204
        return before

    assert await asyncio.to_thread(run) == 0
    assert await stored(ports, path) == content


def patient(look: Any, enough: Any, seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not enough(found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


async def test_of_two_writers_exactly_one_wins(talk: Talk, ports: Ports) -> None:
    for _ in range(5):
        contents = [os.urandom(900 * KIB) for _ in range(2)]
        path = talk.begin(900 * KIB)
        together = threading.Barrier(2)

        def write(content: bytes, path: str = path, together: threading.Barrier = together) -> Answer:
            together.wait()
            return talk.append(path, 0, content)

        with ThreadPoolExecutor(2) as pool:
            answers = await asyncio.gather(
                *(asyncio.get_running_loop().run_in_executor(pool, write, content) for content in contents)
            )
        assert sorted(answer.status for answer in answers) in ([204, 409], [204, 423])
        winner = next(content for content, answer in zip(contents, answers, strict=True) if answer.status == 204)
        assert await stored(ports, path) == winner


def stalled(talk: Talk, path: str, offset: int, length: int, content: bytes) -> socket.socket:
    """Begin a PATCH and send only a part of what was announced."""
    connection = socket.create_connection(("127.0.0.1", talk.port), 30)
    headers = {"host": "x", "tus-resumable": "1.0.0", "content-type": TYPE, "upload-offset": str(offset)}
    headers |= talk.headers | {"content-length": str(length)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection.sendall(f"PATCH {path} HTTP/1.1\r\n{lines}\r\n".encode() + content)
    return connection


async def test_a_stalled_writer_is_overtaken_and_changes_nothing_any_more(talk: Talk, ports: Ports) -> None:
    content = os.urandom(500 * KIB)
    path = talk.begin(len(content))

    def run() -> tuple[Answer, bytes]:
        old = stalled(talk, path, 0, len(content), content[: 100 * KIB])
        offset = patient(lambda: talk.offset(path), lambda found: found == 100 * KIB)
        assert offset == 100 * KIB, "what has come is noted without waiting for the rest"
        answer = talk.append(path, offset, content[offset:])
        old.sendall(b"wrong bytes" * 100)
        told = old.recv(4096)
        old.close()
        return answer, told

    answer, told = await asyncio.to_thread(run)
    assert (answer.status, answer.offset) == (204, len(content))
    assert told.startswith((b"HTTP/1.1 409", b"HTTP/1.1 410")) or told == b""
    assert await stored(ports, path) == content


async def test_a_living_writer_is_not_disturbed(talk: Talk) -> None:
    path = talk.begin(100 * KIB)

    def run() -> tuple[Answer, bytes]:
        old = stalled(talk, path, 0, 100 * KIB, b"")
        done = threading.Event()

        def trickle() -> None:
            for _ in range(100):
                old.sendall(b"x" * KIB)
                time.sleep(0.03)
            done.set()

        sender = threading.Thread(target=trickle)
        sender.start()
        time.sleep(0.3)
        second = talk.append(path, 0, b"y" * 100 * KIB)
        sender.join()
        told = old.recv(4096)
        old.close()
        return second, told

    second, told = await asyncio.to_thread(run)
    assert second.status in {409, 423}
    assert told.startswith(b"HTTP/1.1 204")


async def test_an_upload_ended_while_bytes_arrive_is_gone(talk: Talk, ports: Ports) -> None:
    path = talk.begin(500 * KIB)

    def run() -> bytes:
        old = stalled(talk, path, 0, 500 * KIB, b"x" * 100 * KIB)
        assert talk.ask("DELETE", path).status == 204
        told = old.recv(4096)
        old.close()
        return told

    assert (await asyncio.to_thread(run)).startswith((b"HTTP/1.1 409", b"HTTP/1.1 410"))
    assert talk.ask("HEAD", path).status == 410
    assert await ports.uploads.staging.list_staged() == []


@pytest.fixture
def mortal(environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    with serving(environment) as (origin, pid):
        yield int(origin.rpartition(":")[2]), pid


async def test_a_server_killed_in_the_middle_loses_nothing_it_answered(
    mortal: tuple[int, int], environment: dict[str, str], ada: Person, ports: Ports
) -> None:
    port, pid = mortal
    content = os.urandom(12 << 20)
    talk = Talk(port, ada.headers)

    def run() -> tuple[str, list[int]]:
        path = talk.begin(len(content))
        offsets = [0, talk.append(path, 0, content[: 1 << 20]).offset]
        arriving = stalled(talk, path, 1 << 20, 11 << 20, content[1 << 20 : 7 << 20])
        offsets.append(patient(lambda: talk.offset(path), lambda found: found > 1 << 20))
        for process in (pid, *children_of(pid)):
            os.kill(process, signal.SIGKILL)
        arriving.close()
        with serving(environment) as (origin, _):
            reborn = Talk(int(origin.rpartition(":")[2]), ada.headers)
            offsets.append(reborn.offset(path))
            resumed(reborn, content, path, offsets)
        return path, offsets

    path, offsets = await asyncio.to_thread(run)
    assert offsets[2] > 1 << 20
    assert offsets == sorted(offsets)
    assert sha256(await stored(ports, path)) == sha256(content)
