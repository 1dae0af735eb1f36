"""Recordings: the CPU of `POST /user` beside Flask and SQLAlchemy, of a conversion beside ffmpeg alone; memory; p99."""

import asyncio
import contextlib
import http.client
import itertools
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from bench.rounds import SHORT, Outcome, compare, finish
from efir.adapters.media.audio import commands
from efir.adapters.media.audio.converter import FfmpegAudioConverter
from efir.adapters.media.confinement import confined_process
from efir.adapters.media.confinement.sandbox import detect
from efir.adapters.media.video.ffmpeg import Ffmpeg, Progress
from efir.adapters.media.video.verify import unheard
from efir.adapters.postgres.migrate import upgrade
from efir.domain.kernel.limits import Limits
from efir.ports.audio import Tags
from kit.audio import waves
from kit.media.sources import PROGRAM
from kit.programs import children_of, free_port, running, serving
from kit.servers import start_postgres, start_valkey

REQUESTS = 200 if SHORT else 800
SECONDS = 60 if SHORT else 120
PROBES = 150 if SHORT else 600
MIB = 1 << 20
MAX_GROWTH = 16 * MIB
MAX_P99 = (
    2.5 if SHORT else 2.0
)  # the short form holds what is reached on a busy machine, the full one what is asked for
HERE = Path(__file__).parents[1]
CLIENTS = (sys.executable, "-m", "bench.peers.audio_clients")
FLOOR = 5.0  # milliseconds; a slice of the scheduler is 3
TICK = os.sysconf("SC_CLK_TCK")
numbers = itertools.count()


class Peer:
    """A server that is measured: where it listens and its processes."""

    def __init__(self, origin: str, pid: int) -> None:
        self.host, self.pid = urlsplit(origin).netloc, pid
        self._connection = http.client.HTTPConnection(self.host, timeout=120)

    def post(self, path: str, body: bytes, kind: str = "application/json", **headers: str) -> tuple[int, bytes]:
        """Send a request over the one connection."""
        self._connection.request("POST", path, body, {"content-type": kind, **headers})
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def cpu(self) -> float:
        """Processor seconds of the server and its workers."""
        used = 0
        for pid in (self.pid, *children_of(self.pid)):
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            used += int(fields[11]) + int(fields[12])
        return used / TICK

    def memory(self) -> int:
        """Resident bytes of the server's own processes; conversions are children of those."""
        direct = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split()
        pages = [int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) for pid in (self.pid, *direct)]
        return sum(pages) * os.sysconf("SC_PAGE_SIZE")

    def users(self) -> float:
        """Microseconds of the server's processors for one new user."""
        before = self.cpu()
        for _ in range(REQUESTS):
            status, said = self.post("/user", json.dumps({"name": f"user {next(numbers)}"}).encode())
            if status != 201:
                raise RuntimeError(said)
        return (self.cpu() - before) / REQUESTS * 1e6

    def token(self) -> dict[str, str]:
        """Headers of a new user."""
        _, said = self.post("/user", json.dumps({"name": f"user {next(numbers)}"}).encode())
        return {"authorization": f"Bearer {json.loads(said)['token']}"}


@contextmanager
def servers(home: Path) -> Iterator[tuple[Peer, Peer, str]]:
    """Efir and the peer, each with one worker, over one PostgreSQL."""
    postgres = start_postgres(home / "postgres", options={"shared_preload_libraries": "pg_stat_statements"})
    valkey = start_valkey(home / "valkey")
    try:
        upgrade(postgres.url, "public")
        environment = {
            "EFIR_DATABASE__URL": postgres.url, "EFIR_REDIS__URL": valkey.url, "EFIR_DATA_DIR": str(home / "data"),
            "EFIR_SECRET": "s" * 64, "EFIR_LOG__LEVEL": "warning", "EFIR_ENV_FILE": os.devnull,
            "EFIR_LIMITS__AUDIO_OWNER_HOURLY": "10000",
            "EFIR_LIMITS__AUDIO_USERS_NETWORK": "100000000",
        }  # fmt: skip
        port, parts = free_port(), urlsplit(postgres.url)
        address = f"postgresql+psycopg://{parts.username or 'postgres'}@/{parts.path.strip('/')}?{parts.query}"
        command = (
            f"-m granian --interface wsgi --workers 1 --blocking-threads 1 --log-level warning --factory --port {port}"
        )
        arguments = [sys.executable, *command.split(), "bench.peers.flask_audio:create_app"]
        surroundings = {**os.environ, "PEER_DATABASE": address, "PYTHONPATH": str(Path(__file__).parents[1])}
        with serving(environment) as (origin, pid), running(arguments, port, surroundings) as peer:
            yield Peer(origin, pid), Peer(f"http://127.0.0.1:{port}", peer.pid), postgres.url
    finally:
        postgres.stop()
        valkey.stop()


async def statements(url: str, peer: Peer) -> float:
    """SQL statements for one new user, BEGIN and COMMIT included."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("create extension if not exists pg_stat_statements")
        await connection.execute("select pg_stat_statements_reset()")
        await asyncio.to_thread(peer.users)
        calls = "select sum(calls) from pg_stat_statements where query !~* 'pg_stat_statements|from jobs|outbox'"
        return float(await connection.fetchval(calls)) / REQUESTS
    finally:
        await connection.close()


class Conversions:
    """One file converted by the service's own converter and by ffmpeg as a person would call it."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self.home, self.source = home, home / "music.wav"
        noise = (
            "anoisesrc=colour=pink:sample_rate=44100:amplitude=0.3:seed=7[a];sine=frequency=440:sample_rate=44100[b]"
        )
        graph = f"{noise};[a][b]amix=inputs=2,aformat=channel_layouts=stereo,atrim=duration={SECONDS}"
        run = [PROGRAM, "-v", "error", "-f", "lavfi", "-i", graph, "-c:a", "pcm_s16le", str(self.source)]
        subprocess.run(run, check=True, stdin=subprocess.DEVNULL)
        self.tool = Ffmpeg(box=detect(ffmpeg=PROGRAM), path=PROGRAM, memory=1 << 30, cpu=600, file=512 << 20, nice=0)
        self.converter = FfmpegAudioConverter(self.tool, Limits())
        self.wav = asyncio.run(self.converter.examine(self.source))

    def bare(self) -> float:
        """Processor seconds of ffmpeg alone."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        target = self.home / "bare.mp3"
        command = [PROGRAM, "-v", "error", "-y", "-i", str(self.source), "-threads", "1", "-q:a", "2", str(target)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def encoded(self) -> float:
        """Processor seconds of our encoder, confined, with its level told."""
        return asyncio.run(self._encoded())

    async def _encoded(self) -> float:
        with confined_process.workspace(self.tool.box, self.home) as work:
            command = commands.encode(PROGRAM, self.wav, 2)
            progress = Progress(unheard, seconds=self.wav.duration)
            return await self.tool.run(command, work, (self.source,), wall=300, progress=progress)

    def whole(self) -> float:
        """Processor seconds of all of it: encoded, decoded again, measured, drawn, compared."""
        out = Path(tempfile.mkdtemp(dir=self.home))
        made = asyncio.run(self.converter.convert(self.source, self.wav, Tags("a", "b", 2026), out, unheard))
        shutil.rmtree(out)
        return made.cpu_seconds


def grown(efir: Peer) -> float:
    """Bytes by which the server grew while a recording of 600 seconds came in and was converted."""
    headers, content = efir.token(), waves.plain(seconds=600, channels=2)
    efir.post("/api/v1/audio-records?title=warm", waves.plain(seconds=5), "audio/wav", **headers)
    before, seen, over = efir.memory(), [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            seen.append(efir.memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    status, said = efir.post("/api/v1/audio-records?title=long", content, "audio/wav", **headers)
    over.set()
    watcher.join()
    if status not in {201, 202}:
        raise RuntimeError(said)
    return float(max(1, max(seen) - before))


def late(efir: Peer) -> float:
    """The 99th percentile, in milliseconds, of small requests at a steady pace; see `late_while_converting`."""
    run = [*CLIENTS, "pace", efir.host, str(PROBES)]
    done = subprocess.run(run, cwd=HERE, check=True, stdout=subprocess.PIPE, start_new_session=True)
    found = sorted(json.loads(done.stdout))
    return float(found[math.ceil(0.99 * len(found)) - 1]) * 1000


def idle(efir: Peer) -> float:
    """The same with nothing else to do, but at least FLOOR: less than two turns of the scheduler cannot be doubled."""
    return max(FLOOR, late(efir))


def late_while_converting(efir: Peer, recording: Path) -> float:
    """The same while eight people send recordings of 30 seconds without a pause.

    Prober and senders are processes with sessions of their own, so that no lock of an interpreter is between them and
    the kernel gives the prober its share. The senders stand for other machines: they rank below everything that is
    measured, but above the conversions.
    """
    fresh = Peer(f"http://{efir.host}", efir.pid)  # the other connection may have been left alone for too long
    tokens = [fresh.token()["authorization"].removeprefix("Bearer ") for _ in range(8)]
    run = ["nice", "-n", "10", *CLIENTS, "send", efir.host, str(recording), *tokens]
    with subprocess.Popen(
        run, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as senders:
        assert senders.stdin is not None
        assert senders.stdout is not None
        with contextlib.suppress(OSError):  # where the kernel shares processors by session
            Path(f"/proc/{senders.pid}/autogroup").write_text("10", encoding="ascii")
        senders.stdout.readline()
        time.sleep(1)
        found = late(efir)
        senders.stdin.close()
        told = json.loads(senders.stdout.read())
    if set(told) - {"201", "202"} or "201" not in told:
        raise RuntimeError(told)
    return found


def outcomes() -> Iterator[Outcome]:
    """Measure one after the other; what is said of memory and time has no peer but itself."""
    home = Path(tempfile.mkdtemp(prefix="efir-bench-"))
    home.chmod(0o711)
    try:
        work = Conversions(home / "conversions")
        yield compare("CPU of WAV to MP3 against ffmpeg alone", work.encoded, work.bare, unit="s", most=1.10)
        yield compare("CPU with proof, loudness and waveform", work.whole, work.bare, unit="s", most=2.0)
        with servers(home) as (efir, flask, url):
            yield compare("CPU of POST /user against Flask", efir.users, flask.users, unit="us", most=1 / 3)
            counts = [asyncio.run(statements(url, each)) for each in (efir, flask)]
            yield Outcome(name="SQL statements of POST /user", ours=counts[:1], theirs=counts[1:], unit="statements")
            growth = grown(efir)
            name = "growth of memory for 600 s against 16 MiB"
            yield Outcome(name=name, ours=[growth], theirs=[MAX_GROWTH], unit="bytes", most=1.0)
            recording = home / "thirty.wav"
            recording.write_bytes(waves.plain(seconds=30, channels=2))
            busy = partial(late_while_converting, efir, recording)
            name = "p99 of POST /user while eight recordings are converted against idle"
            yield compare(name, busy, partial(idle, efir), unit="ms", most=MAX_P99, rounds=3 if SHORT else 5)
    finally:
        shutil.rmtree(home)


if __name__ == "__main__":
    finish(outcomes())
