"""Damaged files of eight containers: a refusal in a sentence, or what a player would show; in time, nothing left.

Damage is drawn by seed: bytes changed, stretches emptied, left out or doubled, the end cut off.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from efir.adapters.media.confinement.sandbox import detect
from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.ffmpeg import Ffmpeg
from efir.domain.kernel.limits import Limits
from kit.media.damage import CONTAINERS, REFUSED, RIGHT, answer, beside_a_player, damaged, nothing
from kit.media.marked_cases import CASES
from kit.media.sources import KINDS, PROGRAM, source

pytestmark = pytest.mark.slow

SHORT = os.environ.get("EFFORT", "full") == "short"
SEEDS = range(3 if SHORT else 40)
KIND_SEEDS = range(1 if SHORT else 10)
SECONDS = 90
PLAIN = [name for name in KINDS if not name.startswith("seams")]


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="efir-damaged-") as path:
        yield Path(path)


@pytest.fixture(scope="module")
def converter() -> FfmpegConverter:
    return FfmpegConverter(Ffmpeg(box=detect(ffmpeg=PROGRAM), path=PROGRAM, nice=0, stall=20))


async def faults_of(
    converter: FfmpegConverter, whole: bytes, name: str, seeds: range, folder: Path, tell_score: Callable[[str], None]
) -> list[str]:
    """What is neither right nor refused."""
    counts: Counter[str] = Counter()
    found = []
    for seed in seeds:
        out = folder / f"{seed}"
        for path in (out, out / "probe"):
            path.mkdir()
        content, sort = damaged(whole, f"{name} {seed}")
        (out / "upload").write_bytes(content)
        probe = ConfinedProbe(detect(ffmpeg=PROGRAM), Limits(), scratch=out / "probe")
        judge = nothing if sort == "doubled" else beside_a_player  # what stands twice may be shown twice
        said = await answer(converter, probe, out / "upload", out, seconds=SECONDS, judge=judge)
        counts[said.kind] += 1
        if said.kind not in {RIGHT, REFUSED}:
            found.append(f"{name} {seed}, {sort}: {said.kind}: {said.why}")
        if list(out.rglob(".work-*")):
            found.append(f"{name} {seed}, {sort}: scratch is left")
    tell_score(f"{counts[RIGHT]} right, {counts[REFUSED]} refused, {counts['wrong']} wrong, "
               f"{counts['failed']} failed, {counts['stuck']} stuck")  # fmt: skip
    return found


@pytest.mark.parametrize("container", CONTAINERS)
async def test_a_damaged_clip_is_refused_or_shown_as_players_show_it(
    converter: FfmpegConverter, folder: Path, container: str, tell_score: Callable[[str], None]
) -> None:
    file, _ = CASES[CONTAINERS[container]](folder)
    faults = await faults_of(converter, file.read_bytes(), container, SEEDS, folder, tell_score)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", PLAIN)
async def test_a_damaged_file_of_every_kind_gets_an_answer_in_time(
    converter: FfmpegConverter, folder: Path, name: str, tell_score: Callable[[str], None]
) -> None:
    faults = await faults_of(converter, source(name).read_bytes(), name, KIND_SEEDS, folder, tell_score)
    assert not faults, "\n".join(faults)
