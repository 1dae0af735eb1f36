"""The ffmpeg program: run confined, its progress told, its failures named."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from efir.adapters.media.confinement import confined_process
from efir.adapters.media.confinement.sandbox import Limits, Sandbox
from efir.domain.processing.source_facts import MediaTooHeavy, MediaUnreadable, MediaWorkFailed
from efir.ports.processing.media import Report

BAD_INPUT = (
    "Invalid data found", "moov atom not found", "matches no streams", "partial file", "Error while opening decoder",
)  # fmt: skip
TOO_MANY_ERRORS = 69  # the exit code for more of them than two of three packets
TOO_MUCH = ("Cannot allocate memory", "File too large")
CPU_LIMIT_SIGNAL, FILE_LIMIT_SIGNAL = 128 + 24, 128 + 25
FILE_BYTES = 64 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Ffmpeg:
    """Where the program is and how it may run: `stall` and `cpu` in seconds, `memory` and `file` in bytes."""

    box: Sandbox
    path: str
    memory: int = 4 << 30
    stall: float = 60.0
    nice: int = 10
    file: int = FILE_BYTES
    cpu: int | None = None

    async def run(
        self, command: Iterable[str], work: Path, inputs: tuple[Path, ...], *, wall: float, progress: "Progress"
    ) -> float:
        """Run a command of commands.py to its end; return the processor seconds used.

        Raises MediaUnreadable, MediaTooHeavy, MediaWorkFailed, and what children.run raises.
        """
        return (await self.run_to_end(command, work, inputs, wall=wall, progress=progress)).cpu_seconds

    async def run_to_end(
        self, command: Iterable[str], work: Path, inputs: tuple[Path, ...], *, wall: float, progress: "Progress"
    ) -> confined_process.Finished:
        """Do the same, and return all that the program said. Raises the same."""
        task = confined_process.Task(
            argv=tuple(command),
            work=work,
            inputs=inputs,
            limits=Limits(memory=self.memory, cpu=self.cpu or round(64 * wall), file=self.file),
            wall=wall,
            stall=self.stall,
            nice=self.nice,
        )
        done = await confined_process.run(self.box, task, progress)
        if done.code:
            raise failure(done)
        progress.finish()
        return done


class Progress:
    """Reads `-progress` lines: counts frames or seconds against a total, and tells when it went on."""

    def __init__(self, report: Report, *, frames: int = 0, seconds: float = 0.0) -> None:
        self._report = report
        self._key = b"frame" if frames else b"out_time_us"
        self._total = float(frames) or max(seconds, 0.001) * 1_000_000
        self._seen = -1.0

    def __call__(self, line: bytes) -> bool:
        """Take one line; True when it shows progress."""
        key, _, value = line.partition(b"=")
        if key != self._key or not value.strip().isdigit() or float(value) <= self._seen:
            return False
        self._seen = float(value)
        self._report(min(1.0, self._seen / self._total))
        return True

    def finish(self) -> None:
        """Tell that all is done."""
        self._report(1.0)


def failure(done: confined_process.Finished) -> Exception:
    """Name what a failed run means: the file's fault, too much for one file, or the machine's fault."""
    if done.code in {CPU_LIMIT_SIGNAL, FILE_LIMIT_SIGNAL} or any(words in done.complaint for words in TOO_MUCH):
        return MediaTooHeavy()
    if done.code == TOO_MANY_ERRORS or any(words in done.complaint for words in BAD_INPUT):
        return MediaUnreadable()
    return MediaWorkFailed(f"ffmpeg ended with {done.code}: {done.complaint}")
