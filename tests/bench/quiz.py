"""The quiz under load: calls of the source, one chain, and CPU a request against Flask with SQLAlchemy.

`cd tests && python -m bench.quiz`. Both sides ask the same jService double, which runs in a process of its own.
"""

import asyncio
import contextlib
import json
import math
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import asyncpg

from bench.reads import cpu_seconds, instance
from bench.rounds import SHORT, Outcome, compare, finish
from kit.programs import HERE, free_port, granian, running

REQUESTS = 1_000
TOTAL = sum(1 + number % 5 for number in range(REQUESTS))
SERIAL = 150 if SHORT else 500
ABREAST = 8
THIRD = 1 / 3
UNBOUNDED = {"EFIR_LIMITS__QUIZ_REQUESTS_NETWORK": "100000000"}  # one machine asks here for many
STATEMENTS = """select coalesce(sum(calls), 0)::int from pg_stat_statements s join pg_database d on d.oid = s.dbid
 where d.datname = current_database() and query not like '%pg_stat_statements%'"""


@dataclass(frozen=True)
class Fact:
    """A figure with its limit."""

    name: str
    value: float
    most: float

    @property
    def holds(self) -> bool:
        """Whether it is within the limit."""
        return self.value <= self.most

    @property
    def far_off(self) -> bool:
        """Whether it is not; these figures do not depend on the machine's mood."""
        return not self.holds

    def __str__(self) -> str:
        return f"{self.name}: {self.value:g} (limit <= {self.most:g}){'' if self.holds else '  MISSED'}"


@contextmanager
def source(size: int) -> Iterator[str]:
    """Run a jService double in a process of its own; gives its address."""
    command = [sys.executable, str(HERE / "kit" / "jservice_double.py"), str(size)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.stdin.close()


def calls(url: str) -> list[int]:
    """How often, and for how many, a double was asked."""
    with urlopen(f"{url}/calls", timeout=5) as told:  # noqa: S310  # our own double
        return list(json.loads(told.read()))


@contextmanager
def ours(environment: dict[str, str], url: str, **more: str) -> Iterator[tuple[int, int]]:
    """Serve Efir with a double as its only source; gives port and process id."""
    own = {"EFIR_QUIZ__JSERVICE_URL": url, "EFIR_QUIZ__SOURCES": "jservice", **UNBOUNDED, **more}
    with granian("efir.bootstrap.wiring.http:application", environment={**environment, **own}) as served:
        yield served


@contextmanager
def peer(environment: dict[str, str], url: str) -> Iterator[tuple[int, int]]:
    """Serve the peer on the same server, one process with threads for each request under way."""
    port = free_port()
    flags = f"--interface wsgi --workers 1 --blocking-threads {ABREAST} --log-level warning --factory --port {port}"
    command = [sys.executable, "-m", "granian", *flags.split(), "bench.quiz_peer:application"]
    outer = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(HERE), "PEER_SOURCE": url, **environment}
    with running(command, port, outer) as process:
        yield port, process.pid


async def asked(port: int, count: int) -> tuple[int, dict[str, Any]]:
    """Send one `POST /quiz` on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps({"questions_num": count}).encode()
    head = f"POST /quiz HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    status = int((await reader.readline()).split()[1])
    length = 0
    while (line := await reader.readline()) not in {b"\r\n", b""}:
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    found = json.loads(await reader.readexactly(length))
    writer.close()
    return status, found


async def fetched(url: str, sql: str) -> list[Any]:
    """Run a statement behind the scenes."""
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(sql))
    finally:
        await connection.close()


async def many(port: int, counts: list[int]) -> list[tuple[int, dict[str, Any]]]:
    """Send requests all at once."""
    return list(await asyncio.gather(*(asked(port, count) for count in counts)))


def burst(environment: dict[str, str]) -> Iterator[Fact]:
    """1,000 concurrent requests for 1 to 5 questions over a source of 100,000."""
    counts = [1 + number % 5 for number in range(REQUESTS)]
    with source(100_000) as url, ours(environment, url) as (port, _):
        began = time.monotonic()
        answers = asyncio.run(many(port, counts))
        seconds = time.monotonic() - began
        rows = asyncio.run(
            fetched(environment["EFIR_DATABASE__URL"], "select number, fingerprint from questions order by 1")
        )
        made = calls(url)
    print(f"1,000 concurrent POST /quiz for {TOTAL} questions: {seconds:.2f} s, calls {made}")
    yield Fact("1,000 concurrent: refused", sum(status != 200 for status, _ in answers), 0)
    yield Fact("1,000 concurrent: questions missing or too many", abs(len(rows) - TOTAL), 0)
    yield Fact("1,000 concurrent: duplicates", len(rows) - len({row["fingerprint"] for row in rows}), 0)
    yield Fact("1,000 concurrent: calls of the source", len(made), math.ceil(TOTAL / 100) + 5)
    previous = sorted(found.get("number", 0) for _, found in answers)
    numbers = {row["number"]: place for place, row in enumerate(rows)}
    places = [numbers[number] + 1 if number else 0 for number in previous]
    # One chain: one answer is empty, and the stretches between the answered questions are 1 to 5 long, as asked for.
    lengths = sorted(end - start for start, end in zip(places, [*places[1:], len(rows)], strict=True))
    yield Fact("1,000 concurrent: links that are not of one chain", lengths != sorted(counts), 0)


def ends(environment: dict[str, str]) -> Iterator[Fact]:
    """A source of 150 asked for 200, and 16 requests for 3 of 60."""
    url_of = environment["EFIR_DATABASE__URL"]
    asyncio.run(fetched(url_of, "truncate questions, question_categories cascade"))
    with source(150) as url, ours(environment, url, EFIR_LIMITS__MAX_QUIZ_QUESTIONS="200") as (port, _):
        began = time.monotonic()
        ((status, told),) = asyncio.run(many(port, [200]))
        yield Fact("150 asked for 200: seconds", time.monotonic() - began, 2.5)
        yield Fact("150 asked for 200: calls", len(calls(url)), 10)
        print(f"150 asked for 200: {status} {told['code']}: {told['detail']}")
        yield Fact("150 asked for 200: not stored, or another status", 150 - told["saved"] + (status != 409), 0)
    asyncio.run(fetched(url_of, "truncate questions, question_categories cascade"))
    with source(60) as url, ours(environment, url) as (port, _):
        answers = asyncio.run(many(port, [3] * 16))
        (stored,) = asyncio.run(fetched(url_of, "select count(*) from questions"))
        wrong = abs(stored[0] - 48) + sum(status != 200 for status, _ in answers)
        print(f"16 requests for 3 of 60: {stored[0]} stored, {len(calls(url))} calls")
        yield Fact("16 requests for 3 of 60: not 48, or refused", wrong, 0)


def cpu_per_request(served: tuple[int, int], abreast: int) -> float:
    """Microseconds of CPU of the server's processes for each `POST /quiz` of one question."""
    port, pid = served
    before = cpu_seconds(pid)
    each = SERIAL // abreast
    threads = [threading.Thread(target=_post, args=(port, each)) for _ in range(abreast)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (cpu_seconds(pid) - before) / (each * abreast) * 1e6


def _post(port: int, times: int) -> None:
    body = b'{"questions_num":1}'
    head = f"POST /quiz HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), 30) as connection, connection.makefile("rb") as answers:
        for _ in range(times):
            connection.sendall(head.encode() + body)
            status, length = answers.readline(), 0
            if b" 200 " not in status:
                raise RuntimeError(status)
            while (line := answers.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            answers.read(length)


def statements(environment: dict[str, str], served: tuple[int, int]) -> float:
    """SQL statements of each request, one after the other."""
    url = environment["EFIR_DATABASE__URL"]
    before = asyncio.run(fetched(url, STATEMENTS))[0][0]
    _post(served[0], 50)
    return float(asyncio.run(fetched(url, STATEMENTS))[0][0] - before) / 50


def cost(environment: dict[str, str]) -> Iterator[Fact | Outcome]:
    """CPU and statements of `POST /quiz` for one question, alone and eight abreast, against the peer."""
    asyncio.run(fetched(environment["EFIR_DATABASE__URL"], "create extension if not exists pg_stat_statements"))
    with source(10_000_000) as url, ours(environment, url) as own, peer(environment, url) as other:
        for abreast, name in ((ABREAST, "eight abreast"), (1, "one by one")):
            yield compare(
                f"POST /quiz n=1, {name}, CPU", partial(cpu_per_request, own, abreast),
                partial(cpu_per_request, other, abreast), unit="µs", most=THIRD,
            )  # fmt: skip
        yield Fact("POST /quiz n=1: SQL statements, jService", statements(environment, own), 1)
        print(f"the peer's: {statements(environment, other):g}")
    bank = Path(environment["EFIR_DATA_DIR"]) / "bench.jsonl"
    bank.write_text("".join(json.dumps({"question": f"Bench {n}?", "answer": "x"}) + "\n" for n in range(200_000)))
    with source(10_000_000) as url, granian(
        "efir.bootstrap.wiring.http:application", environment={**environment, **UNBOUNDED, "EFIR_QUIZ__BANK": str(bank)}
    ) as own, peer(environment, url) as other:  # fmt: skip
        yield compare(
            "POST /quiz n=1, offline bank, one by one, CPU", partial(cpu_per_request, own, 1),
            partial(cpu_per_request, other, 1), unit="µs", most=THIRD,
        )  # fmt: skip
        yield Fact("POST /quiz n=1: SQL statements, bank", statements(environment, own), 4)


def outcomes() -> Iterator[Fact | Outcome]:
    """All figures."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (4_096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with instance(options={"shared_preload_libraries": "pg_stat_statements"}) as (environment, _):
        yield from burst(environment)
        yield from ends(environment)
        yield from cost(environment)


if __name__ == "__main__":
    finish(outcomes())
