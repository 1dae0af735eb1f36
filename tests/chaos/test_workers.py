"""Workers killed, stopped and forgotten: each video ends ready exactly once, and no process is left."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis as redis_client

from efir.application.context import Ports
from efir.application.videos.videos import delete_video
from efir.domain.kernel.ids import UserId, VideoId
from kit import clips
from kit.published_videos import Published
from kit.servers import start_valkey

pytestmark = pytest.mark.slow
SHORT = os.environ.get("EFFORT", "full") == "short"
SEEDS = range(3 if SHORT else 50)
KINDS = ["encode_chunk"] if SHORT else ["probe_video", "copy_video", "encode_chunk", "finish_video"]
HERE = Path(__file__).parent
PATIENCE = 60


class Workers:
    """Real worker processes of one instance; every one can be told by a mark in its environment."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.mark = uuid4().hex
        self._environment = {**os.environ, **environment, "EFIR_LIMITS__LEASE_SECONDS": "2", "CHAOS": self.mark}
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, *program: str) -> subprocess.Popen[bytes]:
        """Start a worker of all queues, or a program given."""
        words = program or ("-m", "efir", "worker", "--queues", "fast,media")
        process = subprocess.Popen([sys.executable, *words], env=self._environment)
        self._processes.append(process)
        return process

    def alive(self) -> list[str]:
        """Every living process with the mark, children of children included."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:120])
            except OSError:
                continue
        return found

    def stop(self) -> None:
        """End all workers in the ordinary way."""
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self._processes:
            process.wait(30)


@pytest.fixture
def workers(environment: dict[str, str]) -> Iterator[Workers]:
    """Workers, and the proof that nothing of them is left."""
    group = Workers(environment)
    yield group
    group.stop()
    deadline = time.monotonic() + 5
    while group.alive() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert group.alive() == []


async def until(connection: Any, sql: str, *arguments: Any) -> Any:
    """Ask until the answer is true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := await connection.fetchval(sql, *arguments)):
        if time.monotonic() > deadline:
            rows = await connection.fetch("select kind, ordinal, state, attempt, kills, error, lease_until from jobs")
            raise AssertionError([dict(row) for row in rows])
        await asyncio.sleep(0.05)
    return found


async def audited(connection: Any, video_id: Any) -> None:
    """The video is ready, every job done once, every rendition whole, every published file there."""
    await until(connection, "select state = 'ready' from videos where id = $1", video_id)
    left = await connection.fetch(
        "select kind, state from jobs where subject = $1 and generation > 0 and state <> 'done'", video_id
    )
    assert [dict(row) for row in left] == []
    broken = await connection.fetch(
        """select r.name, count(s.*), max(s.ordinal) from renditions r left join segments s on s.rendition_id = r.id
            where r.listed and r.video_id = $1
            group by r.id having count(s.*) <> max(s.ordinal) + 1 or count(s.*) = 0""",
        video_id,
    )
    assert [dict(row) for row in broken] == []
    told = "select count(*) from outbox where name = 'video_ready' and subject = $1"
    assert await connection.fetchval(told, video_id) <= 1


@pytest.fixture
def media(data_dir: Path) -> Path:
    """Where files are stored."""
    return data_dir / "media"


def files(below: Path) -> list[Path]:
    """Every file below a directory."""
    return [path for path in below.glob("**/*") if path.is_file()]


@pytest.mark.parametrize("point", ["claimed", "stored", "unpublished", "published"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_worker_killed_at_an_exact_point_is_replaced(
    publish: Published, connection: Any, workers: Workers, point: str, kind: str
) -> None:
    video = await publish(clips.h264(seconds=2, size="320x180"))
    dying = workers.start(str(HERE / "dying_worker.py"), point, kind)
    assert await asyncio.to_thread(dying.wait, PATIENCE) == -signal.SIGKILL
    workers.start()
    await audited(connection, video.id)
    kills = await connection.fetchval("select max(kills) from jobs where kind = $1", kind)
    assert kills == (0 if point == "published" else 1)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_worker_killed_at_a_random_moment_is_replaced(
    publish: Published, connection: Any, workers: Workers, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # repeatable moments
    video = await publish(clips.webm(seconds=3, size="320x180"))
    first = workers.start()
    await until(connection, "select bool_or(state <> 'ready') from jobs")
    await asyncio.sleep(chance.uniform(0, 4))
    first.kill()
    workers.start()
    await audited(connection, video.id)


async def test_a_worker_that_sleeps_past_its_lease_publishes_nothing(
    publish: Published, connection: Any, workers: Workers
) -> None:
    video = await publish(clips.webm(seconds=3, size="320x180"))
    zombie = workers.start()
    await until(connection, "select bool_or(state = 'running' and kind = 'encode_first') from jobs")
    zombie.send_signal(signal.SIGSTOP)
    workers.start()
    await audited(connection, video.id)
    before = await connection.fetch("select * from segments order by rendition_id, ordinal")
    zombie.send_signal(signal.SIGCONT)
    await asyncio.sleep(3)
    assert await connection.fetch("select * from segments order by rendition_id, ordinal") == before
    kills = await connection.fetchval("select kills from jobs where kind = 'encode_first'")
    assert kills == 1, "the zombie's lease was taken over"


async def test_jobs_survive_an_emptied_valkey(
    publish: Published, connection: Any, workers: Workers, redis_url: str
) -> None:
    videos = [await publish(clips.h264(seconds=2, size="320x180")) for _ in range(3)]
    with redis_client.from_url(redis_url) as client:
        client.flushdb()
    workers.start()
    for video in videos:
        await audited(connection, video.id)


async def test_workers_survive_a_restart_of_valkey(
    publish: Published, connection: Any, environment: dict[str, str], tmp_path: Path
) -> None:
    valkey = start_valkey(tmp_path / "valkey")
    workers = Workers({**environment, "EFIR_REDIS__URL": valkey.url})
    try:
        workers.start()
        first = await publish(clips.h264(seconds=2, size="320x180"))
        await audited(connection, first.id)
        valkey.stop()
        second = await publish(clips.h264(seconds=2, size="320x180"))
        await audited(connection, second.id)
        valkey = start_valkey(tmp_path / "valkey")
        third = await publish(clips.h264(seconds=2, size="320x180"))
        await audited(connection, third.id)
    finally:
        workers.stop()
        valkey.stop()
    assert workers.alive() == []


async def test_a_video_deleted_while_it_is_encoded_stays_deleted(
    ports: Ports, publish: Published, owner: UserId, connection: Any, workers: Workers, media: Path
) -> None:
    video = await publish(clips.webm(seconds=8))
    workers.start()
    await until(connection, "select bool_or(state = 'running' and kind = 'encode_chunk') from jobs")
    await delete_video(ports, video_id=VideoId(video.id), owner=owner, now=ports.clock())
    await until(connection, "select exists (select from jobs where kind = 'purge_video')")
    await asyncio.sleep(2)
    await connection.execute("update jobs set run_at = now() where kind = 'purge_video'")
    await until(connection, "select not exists (select from videos where id = $1)", video.id)
    await asyncio.sleep(3)
    assert await connection.fetchval("select count(*) from renditions") == 0
    assert files(media / "vid" / str(video.id)) == []
