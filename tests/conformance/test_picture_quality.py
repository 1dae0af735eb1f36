"""How much of the picture survives: likeness (SSIM) of each rung to the source, and of scaling in steps to at once."""

import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from efir.adapters.media.confinement.sandbox import detect
from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.ffmpeg import Ffmpeg
from efir.adapters.media.video.tracks import join
from efir.domain.kernel.limits import Limits
from efir.domain.processing.ladder import plan
from kit.media.sources import PROGRAM, ffmpeg

pytestmark = pytest.mark.slow

SCENE = "mandelbrot=size=1920x1080:rate=25:end_pts=200"
LIKE = 0.85
STEPS = 0.002


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="efir-quality-") as path:
        yield Path(path)


def likeness(one: Path, other: Path, graph: str) -> list[float]:
    said = ffmpeg("-i", one, "-i", other, "-filter_complex", f"{graph};[a][b]ssim=f=-", "-f", "null", "-").decode()
    return [float(line.split("All:")[1].split()[0]) for line in said.splitlines() if "All:" in line]


async def test_every_rung_looks_like_the_source(folder: Path) -> None:
    source = folder / "scene.mp4"
    coded = "-t 2 -c:v libx264 -crf 12 -preset veryfast -pix_fmt yuv420p"
    ffmpeg("-f", "lavfi", "-i", SCENE, *coded.split(), source)
    box = detect(ffmpeg=PROGRAM)
    facts = await ConfinedProbe(box, Limits(), scratch=folder).probe(source)
    chosen = plan(facts)
    converter = FfmpegConverter(Ffmpeg(box=box, path=PROGRAM))
    made = await converter.encode_chunk(source, facts, chosen, 0, chosen.rungs, folder, lambda _: None)
    assert [track.height for track in made.tracks] == [1080, 720, 480, 360]
    for track in made.tracks:
        found = likeness(
            source, join(track, folder / "joined.mp4"), f"[0:v]scale={track.width}:{track.height}[a];[1:v]null[b]"
        )
        assert len(found) == chosen.frames
        assert min(found) >= LIKE, track.name


async def test_scaling_in_steps_loses_nothing_that_counts(folder: Path) -> None:
    """Each rung is scaled from the one above: against scaling from the source, before any coding."""
    source = folder / "scene.mkv"
    ffmpeg("-f", "lavfi", "-i", SCENE, "-t", "1", *["-c:v", "ffv1", "-pix_fmt", "yuv420p"], source)
    back = "scale=1920:1080:flags=bicubic"
    direct = f"[0:v]scale=640:360:flags=bicubic,{back}[a];[1:v]null[b]"
    sizes = ("1280:720", "854:480", "640:360")
    steps = ",".join(f"scale={size}:flags=bicubic" for size in sizes)
    stepped = f"[0:v]{steps},{back}[a];[1:v]null[b]"
    at_once, in_steps = (likeness(source, source, graph) for graph in (direct, stepped))
    loss = [Fraction(one) - Fraction(other) for one, other in zip(at_once, in_steps, strict=True)]
    assert max(loss) <= STEPS
