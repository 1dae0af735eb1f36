"""Ratios of our conversions to plain ffmpeg commands that do the same: interleaved rounds, medians.

Run: python tests/bench/media_ratios.py [SECONDS [ROUNDS]]; processor seconds are those of all descendants.
"""

import asyncio
import ctypes
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import imageio_ffmpeg

from efir.adapters.media import children
from efir.adapters.media.converter import FfmpegConverter
from efir.adapters.media.ffmpeg import Ffmpeg
from efir.adapters.media.probe import ConfinedProbe
from efir.adapters.media.sandbox import Sandbox, detect
from efir.adapters.media.tracks import sampled
from efir.adapters.media.verify import decode
from efir.domain.limits import Limits
from efir.domain.media import MediaFacts
from efir.domain.renditions import Plan, Rung, plan

PROGRAM = imageio_ffmpeg.get_ffmpeg_exe()
PR_SET_CHILD_SUBREAPER = 36
HLS = "-f hls -hls_segment_type fmp4 -hls_playlist_type vod -hls_time 4"
GOOD = "-threads 2 -preset veryfast -profile:v high -pix_fmt yuv420p -crf 23 -bf 3 -refs 3"
FAST = "-threads 2 -preset ultrafast -profile:v high -pix_fmt yuv420p -crf 23"

Work = Callable[[Path], Awaitable[None]]


def raw(*words: str) -> Work:
    command = [PROGRAM, "-nostdin", "-v", "error", *(part for word in words for part in word.split())]

    async def work(folder: Path) -> None:
        child = await asyncio.create_subprocess_exec(*command, cwd=folder)
        assert await child.wait() == 0

    return work


def encoded(rung: Rung, gop: int, how: str) -> str:
    rate = f"-maxrate {rung.bandwidth} -bufsize {rung.bandwidth * 3 // 2} -g {gop} -keyint_min {gop} -sc_threshold 0"
    files = f"-hls_fmp4_init_filename {rung.name}.mp4 -hls_segment_filename {rung.name}_%d.m4s {rung.name}.m3u8"
    return f"-c:v libx264 {how} {rate} -level:v {rung.level} {HLS} {files}"


def ladder(source: Path, chosen: Plan) -> Work:
    rungs = chosen.rungs
    splits = [f"[0:v]fps={chosen.rate},scale={rungs[0].width}:{rungs[0].height},split=2[v0][r1]"]
    for number, rung in enumerate(rungs[1:], 1):
        more = f",split=2[v{number}][r{number + 1}]" if rung is not rungs[-1] else f"[v{number}]"
        splits.append(f"[r{number}]scale={rung.width}:{rung.height}{more}")
    outputs = [f"-map [v{n}] {encoded(rung, chosen.gop, GOOD)}" for n, rung in enumerate(rungs)]
    return raw(f"-i {source}", f"-filter_complex {';'.join(splits)}", *outputs)


def used() -> float:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


async def measured(work: Work) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        before, began = used(), time.perf_counter()
        await work(Path(folder))
        wall = time.perf_counter() - began
        await asyncio.sleep(0.05)
        return used() - before, wall


async def compare(name: str, ours: Work, theirs: Work, rounds: int, goal: str) -> None:
    pairs = [(await measured(ours), await measured(theirs)) for _ in range(rounds)]
    cpu, wall = (statistics.median(a[n] / b[n] for a, b in pairs) for n in (0, 1))
    mine, plain = (tuple(statistics.median(pair[side][n] for pair in pairs) for n in (0, 1)) for side in (0, 1))
    print(
        f"{name}: cpu {cpu:.2f} ({mine[0]:.2f} / {plain[0]:.2f} s), wall {wall:.2f} ({mine[1]:.2f} / {plain[1]:.2f} s);"
        f" goal {goal}",
        flush=True,
    )


def clip(folder: Path, seconds: int) -> Path:
    target = folder / "source.mp4"
    picture = f"testsrc2=s=1920x1080:r=30:d={seconds},noise=alls=6:allf=t"
    coded = "-c:v libx264 -preset veryfast -b:v 6M -g 60 -pix_fmt yuv420p -c:a aac"
    command = f"-f lavfi -i {picture} -f lavfi -i sine=d={seconds} {coded}"
    subprocess.run([PROGRAM, "-v", "error", *command.split(), target], check=True)
    return target


async def first_rung(converter: FfmpegConverter, source: Path, facts: MediaFacts, chosen: Plan, out: Path) -> None:
    await asyncio.gather(
        converter.encode_chunk(source, facts, chosen, 0, (chosen.first_rung,), out, drop, fast=True),
        converter.encode_audio(source, facts, chosen, out, drop),
    )


def drop(_: float) -> None:
    return


async def main() -> None:
    seconds, rounds = (int(word) for word in [*sys.argv[1:], "12", "5"][:2])
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    box = detect(ffmpeg=PROGRAM)
    print(f"sandbox: {box.name}; clip: {seconds} s of 1080p30; rounds: {rounds}", flush=True)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        source = clip(Path(scratch), seconds)
        tool = Ffmpeg(box=box, path=PROGRAM, nice=0)
        converter, probe = FfmpegConverter(tool), ConfinedProbe(box, Limits(), scratch=Path(scratch))
        facts = await probe.probe(source)
        chosen = plan(facts)
        await start(box, Path(scratch), rounds)

        async def copied(out: Path) -> None:
            await probe.probe(source)
            await converter.copy(source, facts, out, drop)

        async def one_chunk(out: Path) -> None:
            made = await converter.encode_chunk(source, facts, chosen, 0, chosen.rungs, out, drop)
            checks.append(await decode(tool, [sampled(track, n) for n, track in enumerate(made.tracks)], out))
            checks[-1] /= made.cpu_seconds

        checks: list[float] = []
        small = chosen.first_rung
        plain_first = f"-i {source} -vf scale={small.width}:{small.height} -an {encoded(small, chosen.gop, FAST)}"
        plain_sound = f"-vn -c:a aac -b:a 128k -ac 2 -ar 48000 {HLS} -hls_segment_filename a_%d.m4s a.m3u8"
        await compare(
            "probe and copy", copied, raw(f"-i {source} -c copy {HLS} x.m3u8"), rounds, f"wall <= {1 + seconds / 50} s"
        )
        await compare(
            "first rung and sound",
            lambda out: first_rung(converter, source, facts, chosen, out),
            raw(plain_first, plain_sound),
            rounds,
            "wall <= 1.30",
        )
        await compare("ladder of one chunk", one_chunk, ladder(source, chosen), rounds, "cpu <= 1.15 + one more check")
        print(f"a check's share of a chunk: {statistics.median(checks):.3f}; goal 0.08")


async def start(box: Sandbox, scratch: Path, rounds: int) -> None:
    with children.workspace(box, scratch) as work:
        task = children.Task(argv=("/bin/true",), work=work)
        times = []
        for _ in range(4 * rounds):
            began = time.perf_counter()
            await children.run(box, task)
            times.append(time.perf_counter() - began)
    print(f"sandbox start: {statistics.median(times) * 1000:.0f} ms; goal 30 ms")


asyncio.run(main())
