"""Every named clip, and clips by seed that differ from a plain one in several ways at once, read back by the judge."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from efir.adapters.media.confinement.sandbox import detect
from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.ffmpeg import Ffmpeg
from efir.domain.kernel.limits import Limits
from kit.media.judging import judge, judge_source
from kit.media.marked_cases import CASES, NOT_AS_STORED, SHORT, USUAL, Maker, combined
from kit.media.publishing import publish
from kit.media.sources import PROGRAM

pytestmark = pytest.mark.slow

BRIEF = os.environ.get("EFFORT", "full") == "short"
NAMES = [name for name in CASES if name not in SHORT]
SEEDS = range(20 if BRIEF else 400)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="efir-marked-") as path:
        yield Path(path)


async def faults_of(maker: Maker, folder: Path) -> list[str]:
    box = detect(ffmpeg=PROGRAM)
    file, truth = maker(folder)
    converter = FfmpegConverter(Ffmpeg(box=box, path=PROGRAM, nice=0))
    probe = ConfinedProbe(box, Limits(), scratch=folder)
    return judge(await publish(converter, probe, file, folder, seams=True), truth, folder)


@pytest.mark.parametrize("name", NAMES)
async def test_every_named_clip_is_published_as_it_is(folder: Path, name: str) -> None:
    faults = await faults_of(CASES[name], folder)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NOT_AS_STORED])
def test_named_clips_themselves_say_what_they_should(folder: Path, name: str) -> None:
    file, truth = CASES[name](folder)
    assert judge_source(file, truth, USUAL) == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_differs_in_several_ways_is_published_as_it_is(folder: Path, seed: int) -> None:
    faults = await faults_of(combined(seed), folder)
    assert not faults, "\n".join(faults)
