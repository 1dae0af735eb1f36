"""Uploads under kills, cuts and a tracer: what was answered is there, in the order a power cut respects."""

import asyncio
import os
import random
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chaos.test_interruptions import BROKEN, resumed, stored
from efir.application.context import Ports
from kit.builders import Person
from kit.fixtures.uploads import ada, no_bytes_of_tests_before, people, server, talk
from kit.programs import children_of, serving
from kit.relay import after_bytes, relay
from kit.tus_client import Talk
from uploads.test_disk import BLOCK, MIB, upload_of

__all__ = ["ada", "no_bytes_of_tests_before", "people", "server", "talk"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_bytes_of_tests_before")]
SHORT = os.environ.get("EFFORT", "full") == "short"


async def test_half_a_gigabyte_costs_no_more_memory(talk: Talk, server: tuple[str, int], connection: Any) -> None:
    await upload_of(512, talk, server[1], connection)


@pytest.mark.parametrize("seed", range(3 if SHORT else 40))
async def test_cuts_at_random_bytes_change_nothing(talk: Talk, ports: Ports, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # repeatable places, no secret
    content = chance.randbytes(chance.randrange(1, 4 * MIB))
    cuts = [chance.randrange(len(content) + 1000) for _ in range(chance.randrange(1, 12))]
    path = talk.begin(len(content))
    offsets = [0]

    def run() -> None:
        with relay(talk.port, after_bytes(*cuts)) as broken:
            resumed(Talk(broken.port, talk.headers), content, path, offsets)

    await asyncio.to_thread(run)
    assert offsets == sorted(offsets)
    assert await stored(ports, path) == content


@pytest.mark.parametrize("seed", range(2 if SHORT else 15))
async def test_kills_at_random_moments_lose_nothing_that_was_answered(
    environment: dict[str, str], ada: Person, ports: Ports, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # repeatable moments, no secret
    content = chance.randbytes(20 * MIB)

    def run() -> tuple[str, list[int]]:
        offsets = [0]
        with serving(environment) as (origin, pid):
            first = Talk(int(origin.rpartition(":")[2]), ada.headers)
            path = first.begin(len(content))
            killer = threading.Timer(chance.uniform(0.01, 0.4), killed, [pid])
            killer.start()
            try:
                while offsets[-1] < len(content):
                    offsets.append(first.append(path, offsets[-1], content[offsets[-1] : offsets[-1] + MIB]).offset)
            except BROKEN:
                pass
            killer.join()
        with serving(environment) as (origin, _):
            reborn = Talk(int(origin.rpartition(":")[2]), ada.headers)
            offsets.append(reborn.offset(path))
            resumed(reborn, content, path, offsets)
        return path, offsets

    path, offsets = await asyncio.to_thread(run)
    assert offsets == sorted(offsets)
    assert await stored(ports, path) == content


def killed(pid: int) -> None:
    for process in (pid, *children_of(pid)):
        os.kill(process, signal.SIGKILL)


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
