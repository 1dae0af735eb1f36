"""One hour and three hours for real, in containers of one chunk and of many: places, sound, stills, and memory."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from efir.adapters.media.confinement.sandbox import detect
from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.ffmpeg import Ffmpeg
from efir.domain.kernel.limits import Limits
from kit.media.long_sources import Long, judge_long, make_long
from kit.media.publishing import Published, publish
from kit.media.sources import PROGRAM

pytestmark = pytest.mark.slow

SHORT = os.environ.get("EFFORT", "full") == "short"
HOUR = 3600
FILM, NTSC = Fraction(24_000, 1001), Fraction(30_000, 1001)
LONGS = {"1 h of AVI at 5": Long(container="avi", rate=Fraction(5), seconds=HOUR)}
FULL = {
    **{f"1 h of {container} at {float(rate):.5g}": Long(container=container, rate=rate, seconds=HOUR)
       for container in ("avi", "mkv") for rate in (Fraction(1), FILM, Fraction(25), NTSC, Fraction(30))},
    "1 h of MKV at 120": Long(container="mkv", rate=Fraction(120), seconds=HOUR),
    "3 h of AVI at 25": Long(container="avi", rate=Fraction(25), seconds=3 * HOUR),
    "3 h of AVI at 29.97": Long(container="avi", rate=NTSC, seconds=3 * HOUR),
    "3 h of MKV at 29.97": Long(container="mkv", rate=NTSC, seconds=3 * HOUR),
    "3 h of MKV at 23.976": Long(container="mkv", rate=FILM, seconds=3 * HOUR),
}  # fmt: skip
TEN_MINUTES = 600
GROWTH = 48 << 20
"""More memory than ten minutes need, in bytes: for tables of segments, not for pictures."""


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="efir-long-") as path:
        yield Path(path)


async def made(long: Long, folder: Path) -> Published:
    box = detect(ffmpeg=PROGRAM)
    source = make_long(long, folder / f"source.{long.container}")
    probe = ConfinedProbe(box, replace(Limits(), source_seconds=4 * HOUR), scratch=folder)
    return await publish(FfmpegConverter(Ffmpeg(box=box, path=PROGRAM, nice=0)), probe, source, folder)


@contextmanager
def memory() -> Iterator[list[int]]:
    """Measure the most memory, in bytes, that one program started by this process has held; the list's only value."""
    most, ended = [0], threading.Event()

    def look() -> None:
        while not ended.wait(0.1):
            most[0] = max(most[0], *_held(), 0)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield most
    finally:
        ended.set()
        thread.join()


def _held() -> list[int]:
    parents, sizes = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                rows = dict(row.split(":", 1) for row in (entry / "status").read_text().splitlines() if ":" in row)
            except OSError:
                continue
            parents[int(entry.name)] = int(rows["PPid"])
            sizes[int(entry.name)] = int(rows.get("VmHWM", "0 kB").split()[0]) << 10 if "ffmpeg" in rows["Name"] else 0
    ours = {os.getpid()}
    while more := {child for child, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return [sizes[process] for process in ours if process in sizes]


@pytest.mark.parametrize("long", (LONGS if SHORT else LONGS | FULL).values(), ids=LONGS if SHORT else LONGS | FULL)
async def test_a_long_video_is_right_to_its_end_in_the_memory_of_a_short_one(folder: Path, long: Long) -> None:
    for name in ("short", "long"):
        (folder / name).mkdir()
    with memory() as before:
        await made(replace(long, seconds=TEN_MINUTES), folder / "short")
    with memory() as most:
        published = await made(long, folder / "long")
    faults = judge_long(published, long, folder)
    assert not faults, "\n".join(faults)
    assert before[0] > 1 << 20
    assert most[0] < before[0] + GROWTH
