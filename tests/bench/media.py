"""Our conversions against plain ffmpeg commands that do the same: processor seconds with all descendants, and time."""

import asyncio
import ctypes
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from bench.rounds import SHORT, Outcome, compare, finish
from efir.adapters.media.confinement import confined_process
from efir.adapters.media.confinement.sandbox import detect
from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.ffmpeg import Ffmpeg
from efir.adapters.media.video.tracks import sampled
from efir.adapters.media.video.verify import decode
from efir.domain.kernel.limits import Limits
from efir.domain.processing.ladder import Plan, Rung, plan
from efir.domain.processing.source_facts import MediaFacts
from efir.ports.processing.media import ChunkOutput
from kit.media.sources import PROGRAM

CLIP = 8 if SHORT else 24
PR_SET_CHILD_SUBREAPER = 36
HLS = "-f hls -hls_segment_type fmp4 -hls_playlist_type vod -hls_time 4"
GOOD = "-threads 2 -preset veryfast -profile:v high -pix_fmt yuv420p -crf 23 -bf 3 -refs 3"
FAST = "-threads 2 -preset ultrafast -profile:v high -pix_fmt yuv420p -crf 23"
AUDIO = f"-vn -c:a aac -b:a 128k -ac 2 -ar 48000 {HLS} -hls_segment_filename a_%d.m4s a.m3u8"

Work = Callable[[Path], Awaitable[object]]
Figures = tuple[float, float]


def measured(work: Work) -> Figures:
    """Processor seconds and wall seconds of one run in an empty folder."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        before, began = used(), time.perf_counter()
        asyncio.run(work(Path(folder)))  # type: ignore[arg-type]  # an async function gives a coroutine
        wall = time.perf_counter() - began
        time.sleep(0.05)
        return used() - before, wall


def used() -> float:
    """Processor seconds of all ended descendants: as their subreaper this process collects what others leave."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def cpu(work: Work) -> float:
    return measured(work)[0]


def wall(work: Work) -> float:
    return measured(work)[1]


def raw(*words: str) -> Work:
    command = [PROGRAM, "-nostdin", "-v", "error", *(part for word in words for part in word.split())]

    async def work(folder: Path) -> None:
        child = await asyncio.create_subprocess_exec(*command, cwd=folder)
        if await child.wait():
            raise RuntimeError("the reference failed")

    return work


def encoded(rung: Rung, gop: int, how: str) -> str:
    rate = f"-maxrate {rung.bandwidth} -bufsize {rung.bandwidth * 3 // 2} -g {gop} -keyint_min {gop} -sc_threshold 0"
    files = f"-hls_fmp4_init_filename {rung.name}.mp4 -hls_segment_filename {rung.name}_%d.m4s {rung.name}.m3u8"
    return f"-c:v libx264 {how} {rate} -level:v {rung.level} {HLS} {files}"


def one_decode(source: Path, chosen: Plan) -> Work:
    """All rungs by one plain command."""
    rungs = chosen.rungs
    splits = [f"[0:v]fps={chosen.rate},scale={rungs[0].width}:{rungs[0].height},split=2[v0][r1]"]
    for number, rung in enumerate(rungs[1:], 1):
        more = f",split=2[v{number}][r{number + 1}]" if rung is not rungs[-1] else f"[v{number}]"
        splits.append(f"[r{number}]scale={rung.width}:{rung.height}{more}")
    outputs = [f"-map [v{n}] {encoded(rung, chosen.gop, GOOD)}" for n, rung in enumerate(rungs)]
    return raw(f"-i {source}", f"-filter_complex {';'.join(splits)}", *outputs)


def separate(source: Path, chosen: Plan) -> Work:
    """Each rung by a plain command of its own."""
    each = [
        raw(f"-i {source} -an -vf fps={chosen.rate},scale={rung.width}:{rung.height} {encoded(rung, chosen.gop, GOOD)}")
        for rung in chosen.rungs
    ]

    async def work(folder: Path) -> None:
        for one in each:
            await one(folder)

    return work


def clip(folder: Path) -> Path:
    """1080p30 with noise, H.264 and AAC."""
    target = folder / "source.mp4"
    picture = f"testsrc2=s=1920x1080:r=30:d={CLIP},noise=alls=6:allf=t"
    coded = "-c:v libx264 -preset veryfast -b:v 6M -g 60 -pix_fmt yuv420p -c:a aac"
    command = f"-f lavfi -i {picture} -f lavfi -i sine=d={CLIP} {coded}"
    subprocess.run([PROGRAM, "-v", "error", *command.split(), target], check=True)
    return target


class Bench:
    """One source and everything that is made of it."""

    def __init__(self, scratch: Path) -> None:
        self.box = detect(ffmpeg=PROGRAM)
        self.tool = Ffmpeg(box=self.box, path=PROGRAM, nice=0)
        self.converter = FfmpegConverter(self.tool)
        self.probe = ConfinedProbe(self.box, Limits(), scratch=scratch)
        self.source = clip(scratch)
        self.facts: MediaFacts = asyncio.run(self.probe.probe(self.source))
        self.plan = plan(self.facts)

    async def copied(self, out: Path) -> None:
        facts = await self.probe.probe(self.source)
        await self.converter.copy(self.source, facts, out, drop)

    async def first(self, out: Path) -> None:
        rungs = (self.plan.first_rung,)
        await asyncio.gather(
            self.converter.encode_chunk(self.source, self.facts, self.plan, 0, rungs, out, drop, fast=True),
            self.converter.encode_audio(self.source, self.facts, self.plan, out, drop),
        )

    async def chunk(self, out: Path) -> ChunkOutput:
        rungs = self.plan.rungs
        return await self.converter.encode_chunk(self.source, self.facts, self.plan, 0, rungs, out, drop)

    async def nothing(self, out: Path) -> None:
        with confined_process.workspace(self.box, out) as work:
            await confined_process.run(self.box, confined_process.Task(argv=("/bin/true",), work=work))

    def check_share(self) -> Outcome:
        """Of one chunk's processor seconds, those of its check."""
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            made = asyncio.run(self.chunk(Path(folder)))
            looked = [sampled(track, number) for number, track in enumerate(made.tracks)]
            share = partial(decode, self.tool, looked)
            return compare(
                "check of a chunk", lambda: cpu(share), lambda: made.cpu_seconds, unit="cpu s", most=0.08
            )  # fmt: skip


def drop(_: float) -> None:
    return


def outcomes() -> Iterator[Outcome]:
    """Each figure as it is found."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        bench = Bench(Path(scratch))
        source, chosen, small = bench.source, bench.plan, bench.plan.first_rung
        yield compare("start of a confined child", lambda: wall(bench.nothing), 0.03, unit="s", most=1)
        allowed = 1 + 0.02 * CLIP
        yield compare("probe and copy", lambda: wall(bench.copied), allowed, unit="s", most=1)
        plain = f"-i {source} -vf scale={small.width}:{small.height} -an {encoded(small, chosen.gop, FAST)}"
        first = raw(plain, AUDIO)
        yield compare("first rung and sound", lambda: wall(bench.first), lambda: wall(first), unit="s", most=1.3)
        once = one_decode(source, chosen)
        yield compare("ladder to one decode", lambda: cpu(bench.chunk), lambda: cpu(once), unit="cpu s", most=1.15)
        four = separate(source, chosen)
        # What one decode saves depends on the source: of this one the plain single decode has 0.76 (decision 9).
        yield compare("ladder to four encodes", lambda: cpu(bench.chunk), lambda: cpu(four), unit="cpu s", most=0.85)
        yield bench.check_share()


if __name__ == "__main__":
    finish(outcomes())
