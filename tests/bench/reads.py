"""CPU a request of the whole application against a bare ASGI application that runs the same SQL, both on granian."""

import asyncio
import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from bench.rounds import SHORT, Outcome, compare, finish
from efir.adapters.postgres.kernel.pagination import keyset
from efir.adapters.postgres.migrate import upgrade
from efir.adapters.postgres.videos.videos import FACTS, NEWEST, PAGE
from efir.ports.kernel.pagination import PageRequest
from efir.ports.videos.videos import VideoFacts
from kit.programs import granian
from kit.servers import start_postgres, start_valkey

REQUESTS = 600 if SHORT else 2000
VIDEOS = 1000
MOST = 2.0
SEED = """
with someone as (insert into user_account (nickname, nick_skel, display_name)
                 values ('ada', 'ada', 'Ada') returning id),
     place as (insert into channels (owner_id, handle, title, created_at)
               select id, 'ada', 'Ada', now() from someone returning id, owner_id),
     made as (insert into videos (channel_id, owner_id, title, description, tags, state, source_key, duration, width,
                                  height, created_at, updated_at, published_at)
              select place.id, owner_id, 'Video ' || n, repeat('words ', 20), '{one,two}', 'ready', 'src/x', 61.4, 1920,
                     1080, now(), now(), now() - make_interval(secs => n)
                from place, generate_series(1, $1) n returning id)
insert into renditions (video_id, generation, name, kind, codecs, timescale, init_key, init_size, init_sha256, height,
                        listed, complete)
select id, 1, '720p', 'video', 'avc1.64001f', 90000, 'k', 1, 'x', 720, true, true from made returning video_id"""

Row = msgspec.defstruct(
    "Row", [(field.name, field.type) for field in msgspec.structs.fields(VideoFacts)], frozen=True, gc=False
)


def bare() -> Any:
    """Make the reference: one statement, rows as Structs, out as JSON objects."""
    held: dict[str, Any] = {}
    encoder = msgspec.json.Encoder()
    listing, _ = keyset(
        FACTS + NEWEST + PAGE, PageRequest(limit=20), key="v.published_at", id_column="v.id", kind="timestamptz",
        read=str, first=1,
    )  # fmt: skip

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            held["pool"] = await asyncpg.create_pool(
                os.environ["EFIR_DATABASE__URL"], min_size=1, max_size=8, reset=_keep
            )
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await held["pool"].close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        last = scope["path"].rsplit("/", 1)[1]
        async with held["pool"].acquire() as connection:
            if last == "videos":
                body = encoder.encode([Row(*row) for row in await connection.fetch(listing)])
            else:
                body = encoder.encode(Row(*await connection.fetchrow(FACTS + "v.id = $1", UUID(last))))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return app


async def _keep(_connection: Any) -> None:
    pass


def cpu_per_request(served: tuple[int, int], path: str, *, headers: str = "", beside: Sequence[int] = ()) -> float:
    """Microseconds of CPU of the server's processes for each of a few thousand requests on one kept connection.

    Processes `beside` it, like those of its database, count too.
    """
    port, pid = served
    before = sum(cpu_seconds(each) for each in (pid, *beside))
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), 10) as connection, connection.makefile("rb") as answers:
        for _ in range(REQUESTS):
            connection.sendall(request)
            status = answers.readline()
            if b" 200 " not in status:
                raise RuntimeError(status)
            length = 0
            while (line := answers.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            answers.read(length)
    return (sum(cpu_seconds(each) for each in (pid, *beside)) - before) / REQUESTS * 1e6


def cpu_seconds(pid: int) -> float:
    """CPU of a process and all below it."""
    pids, seconds = [pid], 0.0
    while pids:
        current = pids.pop()
        fields = Path(f"/proc/{current}/stat").read_text().rsplit(")", 1)[1].split()
        seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        for task in Path(f"/proc/{current}/task").iterdir():
            pids += [int(child) for child in (task / "children").read_text().split()]
    return seconds


@contextmanager
def instance(options: dict[str, str] | None = None) -> Iterator[tuple[dict[str, str], UUID]]:
    """A database with videos, and the environment of an instance on it; `options` are settings of the database."""
    with tempfile.TemporaryDirectory(prefix="efir-bench-") as home:
        Path(home).chmod(0o711)
        postgres = start_postgres(Path(home) / "postgres", options=options)
        valkey = start_valkey(Path(home) / "valkey")
        try:
            upgrade(postgres.url, "public")
            environment = {
                "EFIR_DATABASE__URL": postgres.url,
                "EFIR_REDIS__URL": valkey.url,
                "EFIR_DATA_DIR": home,
                "EFIR_SECRET": "a secret of forty characters for the bench",
                "EFIR_LOG__LEVEL": "warning",
            }
            yield environment, asyncio.run(_seed(postgres.url))
        finally:
            postgres.stop()
            valkey.stop()


async def _seed(url: str) -> UUID:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(SEED, VIDEOS)
        await connection.execute("vacuum analyze")
        return UUID(str(rows[-1][0]))
    finally:
        await connection.close()


def outcomes() -> Iterator[Outcome]:
    """One video, and a list of twenty."""
    with (
        instance() as (environment, video_id),
        granian("efir.bootstrap.wiring.http:application", environment=environment) as ours,
        granian("bench.reads:bare", environment=environment) as theirs,
    ):
        for name, path in (
            ("GET video, CPU", f"/api/v1/videos/{video_id}"),
            ("GET list of 20 videos, CPU", "/api/v1/videos"),
        ):
            yield compare(
                name, partial(cpu_per_request, ours, path), partial(cpu_per_request, theirs, path), unit="µs", most=MOST
            )


if __name__ == "__main__":
    finish(outcomes())
