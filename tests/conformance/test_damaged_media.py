"""Damaged files of every kind through probe, copy and conversion: an answer of ours, in time, with nothing left."""

import asyncio
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from efir.adapters.media.converter import FfmpegConverter
from efir.adapters.media.ffmpeg import Ffmpeg
from efir.adapters.media.probe import ConfinedProbe
from efir.adapters.media.sandbox import detect
from efir.domain.limits import Limits
from efir.domain.media import MediaRefused, RenditionDamaged
from efir.domain.renditions import can_copy_video, plan
from media.sources import KINDS, PROGRAM, source

pytestmark = pytest.mark.slow

SEEDS = range(2 if os.environ.get("EFFORT") == "short" else 25)
SECONDS = 60
NAMES = [name for name in KINDS if not name.startswith("seams")]


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="efir-damaged-") as path:
        yield Path(path)


def damaged(name: str, seed: int) -> bytes:
    """Some bytes changed, half of the time near the front; now and then the end is missing."""
    chance = random.Random(f"{name} {seed}")  # noqa: S311  # places of damage, no secret
    data = bytearray(source(name).read_bytes())
    reach = min(3000, len(data)) if chance.random() < 0.5 else len(data)
    for _ in range(chance.choice([1, 5, 50, 500])):
        data[chance.randrange(4, reach)] = chance.randrange(256)
    return bytes(data[: chance.randrange(len(data))] if chance.random() < 0.2 else data)


async def convert(file: Path, out: Path) -> None:
    box = detect(ffmpeg=PROGRAM)
    converter = FfmpegConverter(Ffmpeg(box=box, path=PROGRAM, stall=20))
    facts = await ConfinedProbe(box, Limits(source_seconds=60), scratch=out).probe(file)
    chosen = plan(facts)
    for name in ("copy", "chunk", "sound"):
        (out / name).mkdir()
    if can_copy_video(facts):
        with suppress(RenditionDamaged):  # then the first rung is encoded instead
            await converter.copy(file, facts, out / "copy", lambda _: None)
    await converter.encode_chunk(file, facts, chosen, 0, chosen.rungs[-1:], out / "chunk", lambda _: None, fast=True)
    if chosen.audio:
        await converter.encode_audio(file, facts, chosen, out / "sound", lambda _: None)


@pytest.mark.parametrize("name", NAMES)
async def test_a_damaged_file_gets_an_answer_in_time(folder: Path, name: str) -> None:
    for seed in SEEDS:
        out = folder / str(seed)
        out.mkdir()
        file = out / "upload"
        file.write_bytes(damaged(name, seed))
        answer = (await asyncio.gather(asyncio.wait_for(convert(file, out), SECONDS), return_exceptions=True))[0]
        assert answer is None or isinstance(answer, MediaRefused | RenditionDamaged), (seed, answer)
        assert not list(out.rglob(".work-*")), seed
