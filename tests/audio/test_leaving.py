"""A caller who goes away during a conversion, over a real connection: the child ends, nothing half is left."""

import asyncio
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from chaos.test_workers import files
from kit.audio import waves
from kit.audio.sending import RECORDS, named
from kit.programs import children_of, serving

PATIENCE = 20.0


async def until(condition: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.02)


def encoders(pid: int) -> list[int]:
    """Processes below a server that make an MP3."""
    found = []
    for below in children_of(pid):
        try:
            if b"libmp3lame" in Path(f"/proc/{below}/cmdline").read_bytes():
                found.append(below)
        except OSError:  # it has just ended
            continue
    return found


async def test_who_leaves_during_a_conversion_takes_it_along(
    ports: Any, environment: dict[str, str], connection: Any, data_dir: Path
) -> None:
    content = waves.plain(seconds=400, channels=2)
    with serving(environment) as (origin, pid):
        async with httpx.AsyncClient(base_url=origin, timeout=60) as client:
            fields = await named(client)
            head = (
                f"POST {RECORDS}?title=Gone HTTP/1.1\r\nHost: x\r\nContent-Type: audio/wav\r\n"
                f"Authorization: Bearer {fields['token']}\r\nContent-Length: {len(content)}\r\n\r\n"
            )
            with socket.create_connection((urlsplit(origin).hostname, urlsplit(origin).port), PATIENCE) as caller:
                await asyncio.to_thread(caller.sendall, head.encode() + content)
                await until(lambda: encoders(pid), "the conversion begins")
            await until(lambda: not encoders(pid), "the conversion ends with its caller")
            scratch = data_dir / "media" / "scratch"
            await until(lambda: not [name for name in files(scratch) if "audio" in str(name)], "what was received goes")
            assert await connection.fetchval("select count(*) from audio_records") == 0
            assert await connection.fetchval("select count(*) from blobs") == 0
            short = waves.plain(seconds=0.3, rate=8000)
            given = {"authorization": f"Bearer {fields['token']}", "content-type": "audio/wav"}
            next_one = await client.post(RECORDS, params={"title": "Here"}, content=short, headers=given)
            assert next_one.status_code == 201, "the turn was given back"
