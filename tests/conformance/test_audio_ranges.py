"""Ten thousand random ranges of a recording are the bytes they name, over a real connection."""

import asyncio
import http.client
import os
import random
from typing import Any

import httpx
import pytest

from kit.audio import waves
from kit.audio.sending import add_record
from kit.builders import person
from kit.programs import serving

pytestmark = pytest.mark.slow
COUNT = 500 if os.environ.get("EFFORT", "full") == "short" else 10_000


async def test_random_ranges_are_byte_equal(client: httpx.AsyncClient, environment: dict[str, str]) -> None:
    chance = random.Random(7)  # noqa: S311  # repeatable
    samples = waves.chunk(b"data", chance.randbytes(44100 * 4 * 12))
    noise = waves.riff(waves.chunk(b"fmt ", waves.fmt(1, 2, 44100, 16)), samples)
    made = (await add_record(client, (await person(client)).headers, noise)).json()
    path = made["url"].removeprefix("http://efir.test")
    whole = (await client.get(path)).content
    with serving(environment) as (origin, _):
        wrong = await asyncio.to_thread(compared, int(origin.rpartition(":")[2]), path, whole, chance)
    assert wrong == []


def compared(port: int, path: str, whole: bytes, chance: random.Random) -> list[Any]:
    """Ask for ranges of every length; answers those that came back as something else."""
    wrong, connection = [], http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(COUNT):
        first = chance.randrange(len(whole))
        last = min(first + chance.choice([0, 1, 999, 1 << 18, len(whole)]), len(whole) - 1)
        connection.request("GET", path, headers={"range": f"bytes={first}-{last}"})
        answer = connection.getresponse()
        if answer.read() != whole[first : last + 1] or answer.status != 206:
            wrong.append((first, last))
    connection.close()
    return wrong
