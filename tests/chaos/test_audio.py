"""A server or a worker killed while it converts: no half recording, no orphan, no process left."""

import asyncio
import os
import random
import signal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from chaos.test_workers import Workers, files, until, workers
from kit.audio import waves
from kit.audio.sending import MUSIC, named
from kit.programs import children_of, serving

pytestmark = pytest.mark.slow
SHORT = os.environ.get("EFFORT", "full") == "short"
SEEDS = range(3 if SHORT else 50)
SOUND = waves.plain(seconds=40, channels=2)
__all__ = ["workers"]


async def sent(origin: str, fields: dict[str, str], title: str, **headers: str) -> httpx.Response | None:
    """Send a recording; None when the server went away before it answered."""
    async with httpx.AsyncClient(base_url=origin, timeout=60) as client:
        try:
            given = {"data": fields | {"title": title}, "files": {"audio": ("a.wav", SOUND)}}
            return await client.post(MUSIC, headers=headers, **given)  # type: ignore[arg-type]  # as httpx takes them
        except httpx.TransportError:
            return None


async def audited(connection: Any, origin: str, answers: list[httpx.Response | None]) -> None:
    """Every row has its bytes, every byte its row, and what was acknowledged is there whole."""
    broken = await connection.fetch(
        """select a.id from audio_records a
             left join blobs b on b.key = 'aud/' || a.id || '/sound.mp3'
             left join (select blob_id, sum(length(data)) as bytes from blob_chunks group by 1) c on c.blob_id = b.id
            where a.state <> 'ready' or b.size is distinct from a.size or c.bytes is distinct from a.size"""
    )
    assert [dict(row) for row in broken] == []
    orphans = "select count(*) from blobs where key not in (select 'aud/' || id || '/sound.mp3' from audio_records)"
    assert await connection.fetchval(orphans) == 0
    async with httpx.AsyncClient(base_url=origin, timeout=60) as client:
        for answer in filter(None, answers):
            assert answer.status_code in {201, 202}, answer.text
            link = urlsplit(answer.json()["url"])  # of the server that was killed, or of none
            got = await client.get(f"{origin}{link.path}?{link.query}")
            assert got.status_code == 200
            assert got.content[:3] == b"ID3"


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_server_killed_while_it_converts_leaves_nothing_half_done(
    ports: Any, environment: dict[str, str], connection: Any, data_dir: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # repeatable moments
    with serving(environment) as (origin, pid):
        async with httpx.AsyncClient(base_url=origin) as client:
            fields = await named(client)
        sending = [asyncio.ensure_future(sent(origin, fields, f"Take {n}")) for n in range(2)]
        await asyncio.sleep(chance.uniform(0, 1.6))
        below = children_of(pid)
        os.kill(pid, signal.SIGKILL)
        answers = await asyncio.gather(*sending)
    await _gone(below)
    with serving(environment) as (origin, _):
        await audited(connection, origin, answers)
        again = [await sent(origin, fields, f"Take {n}") for n in range(2)]
        assert [answer is not None and answer.is_success for answer in again] == [True, True], again
        await audited(connection, origin, [answer for answer in again if answer and answer.status_code != 200])
        assert await connection.fetchval("select count(*) from audio_records") == 2
    await ports.scratch.sweep()
    assert files(data_dir / "media" / "scratch") == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_worker_killed_while_it_converts_is_replaced(
    environment: dict[str, str], client: httpx.AsyncClient, connection: Any, workers: Workers, data_dir: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # repeatable moments
    fields = await named(client)
    given = {"data": fields, "files": {"audio": ("a.wav", SOUND)}, "headers": {"prefer": "respond-async"}}
    answer = await client.post(MUSIC, **given)  # type: ignore[arg-type]  # as httpx takes them
    assert answer.status_code == 202
    first = workers.start()
    await until(connection, "select bool_or(state = 'running') from jobs where kind = 'convert_audio'")
    await asyncio.sleep(chance.uniform(0, 1.5))
    first.kill()
    workers.start()
    await until(connection, "select bool_and(state = 'ready') from audio_records")
    await connection.execute("update jobs set run_at = now() where state = 'ready'")
    await until(connection, "select not exists (select from jobs where state in ('ready','running'))")
    with serving(environment) as (origin, _):
        await audited(connection, origin, [answer])
    assert files(data_dir / "media" / "objects" / "aud") == []


def living(processes: list[int]) -> list[int]:
    """Those that have not ended."""
    return [process for process in processes if Path(f"/proc/{process}").exists()]


async def _gone(processes: list[int]) -> None:
    """Children end with who started them, by themselves."""
    for _ in range(100):
        if not living(processes):
            return
        await asyncio.sleep(0.05)
    assert living(processes) == []
