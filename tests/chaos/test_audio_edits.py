"""A server or a worker killed while it edits: what was acknowledged comes to its end, nothing half done is left."""

import asyncio
import os
import random
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from audio.test_leaving import until as eventually
from chaos.test_audio import SEEDS, audited
from chaos.test_workers import Workers, files, until, workers
from kit.audio import waves
from kit.audio.edited import edit, kept, owner, sound
from kit.audio.sending import RECORDS
from kit.programs import children_of, serving

pytestmark = pytest.mark.slow
__all__ = ["workers"]
OPERATIONS: list[dict[str, Any]] = [
    {"type": "trim_silence"}, {"type": "fade", "in": 20, "out": 20}, {"type": "gain", "db": -2}
]  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_worker_killed_while_it_edits_is_replaced(
    environment: dict[str, str], client: httpx.AsyncClient, connection: Any, workers: Workers, data_dir: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # repeatable moments
    ada = await owner(client)
    first = await kept(client, ada, sound((90.0, 441.0, 0.3)))
    answer = await edit(client, ada, first["id"], *OPERATIONS, headers={"prefer": "respond-async"})
    assert answer.status_code == 202
    if seed % 2:
        assert (await client.delete(f"{RECORDS}/{first['id']}", headers=ada)).status_code == 204
    killed = workers.start()
    await until(connection, "select bool_or(state = 'running') from jobs where kind = 'edit_audio'")
    await asyncio.sleep(chance.uniform(0, 1.5))
    killed.kill()
    workers.start()
    await until(connection, "select bool_and(state = 'ready') from audio_records")
    await connection.execute("update jobs set run_at = now() where state = 'ready'")
    await until(connection, "select not exists (select from jobs where state in ('ready','running'))")
    with serving(environment) as (origin, _):
        await audited(connection, origin, [answer])
    assert files(data_dir / "media" / "objects" / "aud") == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_server_killed_while_it_edits_leaves_the_original_and_nothing_half_done(
    ports: Any, environment: dict[str, str], connection: Any, data_dir: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # repeatable moments
    with serving(environment) as (origin, pid):
        async with httpx.AsyncClient(base_url=origin, timeout=300) as client:
            ada = await owner(client)
            first = await kept(client, ada, sound((90.0, 441.0, 0.3)))
            editing = asyncio.ensure_future(edit(client, ada, first["id"], *OPERATIONS))
            await asyncio.sleep(chance.uniform(0, 1.2))
            below = children_of(pid)
            os.kill(pid, signal.SIGKILL)
            (answer,) = await asyncio.gather(editing, return_exceptions=True)
    await eventually(lambda: not [each for each in below if Path(f"/proc/{each}").exists()], "children end with it")
    with serving(environment) as (origin, _):
        await audited(connection, origin, [answer] if isinstance(answer, httpx.Response) else [])
        async with httpx.AsyncClient(base_url=origin, timeout=300) as client:
            again = await edit(client, ada, first["id"], *OPERATIONS)
            assert again.status_code in {200, 201}, again.text
    assert await connection.fetchval("select count(*) from audio_records") == 2
    await ports.scratch.sweep()
    assert files(data_dir / "media" / "scratch") == []


async def test_who_leaves_during_an_edit_takes_it_along(
    ports: Any, environment: dict[str, str], connection: Any, data_dir: Path
) -> None:
    with serving(environment) as (origin, pid):
        async with httpx.AsyncClient(base_url=origin, timeout=300) as client:
            ada = await owner(client)
            sent = await client.post(
                RECORDS, params={"title": "Long"}, content=waves.plain(seconds=590, channels=2),
                headers=ada | {"content-type": "audio/wav"},
            )  # fmt: skip
            assert sent.status_code == 201, sent.text
            with pytest.raises(httpx.ReadTimeout):
                await client.post(
                    f"{RECORDS}/{sent.json()['id']}/edits", json={"operations": OPERATIONS}, headers=ada, timeout=1.0
                )
            await eventually(lambda: not [each for each in children_of(pid) if is_at_work(each)], "it ends with them")
            scratch = data_dir / "media" / "scratch"
            await eventually(lambda: not [name for name in files(scratch) if "audio" in str(name)], "its files go")
            assert await connection.fetchval("select count(*) from audio_records") == 1


def is_at_work(process: int) -> bool:
    """Whether a child decodes, edits or encodes."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:  # it has just ended
        return False
    return b"edit_worker" in words or b"ffmpeg" in words
