"""Children behind every kind of walls that works here: bounded, watched, gone when they should be."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from efir.adapters.media.confinement import confined_process
from efir.adapters.media.confinement.confined_process import Finished, Task, workspace
from efir.adapters.media.confinement.sandbox import Limits, Sandbox, python
from efir.domain.processing.source_facts import MediaUnreadable, MediaWorkStalled, SandboxUnavailable
from kit.media.sources import PROGRAM, source

ENDLESS = f"{PROGRAM} -nostdin -v error -re -f lavfi -i testsrc2=s=64x64:r=5 -progress pipe:1 -f null -"


@pytest.fixture
def work(box: Sandbox, out: Path) -> Iterator[Path]:
    with workspace(box, out) as folder:
        yield folder


def script(text: str, work: Path, **about: Any) -> Task:
    """A Python program inside, as the module `snippet` beside nothing else."""
    return Task(argv=(python()[0], "-I", "-S", "-c", text), work=work, **about)


def living(mark: str, program: str = "") -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if mark.encode() in words and words.startswith(program.encode()) and state != "Z":
                found.append(int(entry.name))
    return found


def left(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def soon(condition: Callable[[], object], seconds: float = 5) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        await asyncio.sleep(0.02)


def marked() -> tuple[str, tuple[str, ...]]:
    """An endless ffmpeg that can be told from others by a word of its command line."""
    mark = f"mark-{uuid4().hex}"
    *words, last = ENDLESS.split()
    return mark, (*words, "-metadata", f"title={mark}", last)


async def test_output_exit_code_and_complaints_come_back(box: Sandbox, work: Path) -> None:
    done = await confined_process.run(
        box, script("import sys; print('said'); sys.stderr.write('sorry'); sys.exit(7)", work)
    )
    assert done == Finished(code=7, output=b"said\n", complaint="sorry", cpu_seconds=done.cpu_seconds)


async def test_complaints_are_short_and_cannot_steer_a_terminal(box: Sandbox, work: Path) -> None:
    done = await confined_process.run(
        box, script("import sys; sys.stderr.write('x' * 100000 + '\\x1b[2J\\r\\n\\u202e')", work)
    )
    assert done.complaint.endswith("x\\x1b[2J\\r\\n\\u202e")
    assert len(done.complaint) <= confined_process.MAX_COMPLAINT


async def test_output_is_kept_to_a_bound(box: Sandbox, work: Path) -> None:
    most = confined_process.MAX_OUTPUT
    done = await confined_process.run(
        box, script(f"import os\nfor _ in range(20): os.write(1, bytes({most // 16}))", work)
    )
    assert len(done.output) == most


async def test_a_child_knows_nothing_of_our_environment(
    box: Sandbox, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EFIR_SECRET", "do not tell")
    done = await confined_process.run(box, script("import os; print(sorted(os.environ))", work))
    assert b"EFIR" not in done.output
    assert b"HOME" in done.output


async def test_inputs_are_open_files_three_and_on(box: Sandbox, work: Path, out: Path) -> None:
    files = tuple(out / name for name in ("one", "two"))
    for file in files:
        file.write_text(file.name)
        file.chmod(0o600)
    task = script("import os; print(os.read(3, 9) + os.read(4, 9)); os.fstat(5)", work, inputs=files)
    done = await confined_process.run(box, task)
    assert done.output == b"b'onetwo'\n"
    assert "Bad file descriptor" in done.complaint


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
async def test_only_plain_files_are_opened(box: Sandbox, work: Path, out: Path, kind: str) -> None:
    file = out / kind
    {"link": lambda: file.symlink_to("/etc/passwd"), "pipe": lambda: os.mkfifo(file), "folder": file.mkdir}[kind]()
    with pytest.raises((MediaUnreadable, OSError)):
        await confined_process.run(box, script("", work, inputs=(file,)))


async def test_memory_has_a_bound(box: Sandbox, work: Path) -> None:
    task = script("bytearray(400 << 20)", work, limits=Limits(memory=300 << 20))
    assert "MemoryError" in (await confined_process.run(box, task)).complaint


async def test_files_have_a_largest_size(box: Sandbox, work: Path) -> None:
    text = "import os; os.write(os.open('big', os.O_CREAT | os.O_WRONLY), bytes(2 << 20)); os.write(1, b'written')"
    await confined_process.run(box, script(text, work, limits=Limits(file=1 << 20)))
    assert (work / "big").stat().st_size == 1 << 20
    task = Task(argv=("/bin/dd", "if=/dev/zero", "of=big", "bs=1M", "count=3"), work=work, limits=Limits(file=1 << 20))
    done = await confined_process.run(box, task)
    # the first process of a namespace of its own is not ended by such a signal: there the write itself fails
    assert done.code == 128 + signal.SIGXFSZ or (done.code == 1 and "File too large" in done.complaint)
    assert (work / "big").stat().st_size == 1 << 20


async def test_processor_time_has_a_bound(box: Sandbox, work: Path) -> None:
    done = await confined_process.run(box, script("while True: pass", work, limits=Limits(cpu=1)))
    assert done.code in {128 + signal.SIGXCPU, 128 + signal.SIGKILL}


async def test_silence_for_the_stall_limit_ends_a_child(box: Sandbox, work: Path) -> None:
    began = time.monotonic()
    with pytest.raises(MediaWorkStalled, match=r"no progress for 0\.3 s"):
        await confined_process.run(box, Task(argv=("/bin/sleep", "60"), work=work, stall=0.3))
    assert time.monotonic() - began < 30


async def test_lines_without_progress_do_not_count(box: Sandbox, work: Path) -> None:
    text = "import time\nwhile True: print('frame=1', flush=True); time.sleep(0.02)"
    with pytest.raises(MediaWorkStalled):
        await confined_process.run(box, script(text, work, stall=0.4), lambda _: False)


async def test_a_child_that_goes_on_ends_at_the_wall_limit(box: Sandbox, work: Path) -> None:
    mark, argv = marked()
    with pytest.raises(MediaWorkStalled, match=r"longer than 0\.8 s"):
        await confined_process.run(box, Task(argv=argv, work=work, stall=5, wall=0.8), lambda _: True)
    await soon(lambda: not living(mark))


async def test_a_stopped_child_is_killed_at_the_stall_limit(box: Sandbox, work: Path) -> None:
    mark, argv = marked()
    run = asyncio.create_task(confined_process.run(box, Task(argv=argv, work=work, stall=1.0), lambda _: True))
    await soon(lambda: living(mark))
    await asyncio.sleep(0.3)
    for pid in living(mark):
        os.kill(pid, signal.SIGSTOP)
    with pytest.raises(MediaWorkStalled):
        await run
    await soon(lambda: not living(mark))


async def test_cancelling_leaves_no_process_and_no_scratch(boxes: list[Sandbox], out: Path) -> None:
    for walls in boxes:
        mark, argv = marked()

        async def work_in_scratch(walls: Sandbox, argv: tuple[str, ...]) -> None:
            with workspace(walls, out) as folder:
                await confined_process.run(walls, Task(argv=argv, work=folder), lambda _: True)

        run = asyncio.create_task(work_in_scratch(walls, argv))
        await soon(lambda mark=mark: living(mark))
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        await soon(lambda mark=mark: not living(mark))
        assert not left(out)


async def test_a_listener_that_fails_ends_the_child(box: Sandbox, work: Path) -> None:
    mark, argv = marked()

    def failing(_: bytes) -> bool:
        raise RuntimeError("listener")

    with pytest.raises(RuntimeError, match="listener"):
        await confined_process.run(box, Task(argv=argv, work=work), failing)
    await soon(lambda: not living(mark))


PARENT = """
import asyncio, pickle, sys
from pathlib import Path
from efir.adapters.media.confinement import confined_process
box, argv, folder = pickle.loads(bytes.fromhex(sys.argv[1]))
async def main():
    with confined_process.workspace(box, Path(folder)) as work:
        print("started", flush=True)
        await confined_process.run(box, confined_process.Task(argv=argv, work=work), lambda _: True)
asyncio.run(main())
"""


@pytest.mark.parametrize("delay", [0.02, 0.5])
async def test_killing_the_worker_leaves_no_child(boxes: list[Sandbox], out: Path, delay: float) -> None:
    for walls in boxes:
        mark, argv = marked()
        order = pickle.dumps((walls, argv, str(out))).hex()
        parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, order, stdout=subprocess.PIPE)
        assert parent.stdout is not None
        assert await parent.stdout.readline() == b"started\n"
        if delay == 0.5:
            await soon(lambda mark=mark: living(mark, PROGRAM))
        else:
            await asyncio.sleep(delay)
        parent.kill()
        await parent.wait()
        await asyncio.sleep(0.2)
        await soon(lambda mark=mark: not living(mark))


async def test_without_walls_nothing_is_run(work: Path) -> None:
    nowhere = Sandbox(name="none", reason="this machine cannot")
    with pytest.raises(SandboxUnavailable, match="this machine cannot"):
        await confined_process.run(nowhere, Task(argv=("/bin/true",), work=work))


async def test_walls_that_fail_later_are_told_from_a_failing_program(box: Sandbox, out: Path) -> None:
    with pytest.raises(SandboxUnavailable):
        await confined_process.run(box, Task(argv=("/bin/true",), work=out / "missing"))


async def test_processor_seconds_are_counted(boxes: list[Sandbox], out: Path) -> None:
    for walls in boxes:
        with workspace(walls, out) as folder:
            words = f"{PROGRAM} -nostdin -v error -f lavfi -i testsrc2=s=640x360:d=60 -f null -"
            done = await confined_process.run(walls, Task(argv=tuple(words.split()), work=folder), lambda _: True)
        assert done.code == 0
        assert 0.05 < done.cpu_seconds < 20


def test_a_file_that_a_child_left_is_taken_only_if_it_is_plain(out: Path) -> None:
    (out / "link").symlink_to(source("plain.mp4"))
    with pytest.raises(ValueError, match="plain"):
        confined_process.keep(out / "link", out / "kept")
    (out / "file").write_text("made")
    assert confined_process.keep(out / "file", out / "kept").read_text() == "made"


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this kernel does not share by session")
async def test_a_child_of_low_rank_takes_its_whole_session_along(box: Sandbox, work: Path) -> None:
    found: list[str] = []

    def looked(_line: bytes) -> bool:
        found.extend(Path(f"/proc/{pid}/autogroup").read_text() for pid in living(str(work), box.bwrap or ""))
        return True

    said = "import os; print(os.nice(0), os.sched_getscheduler(0) == os.SCHED_IDLE, flush=True)"
    await confined_process.run(box, script(f"{said}; import time; time.sleep(0.3)", work, nice=19), looked)
    assert found
    assert {text.rpartition(" ")[2].strip() for text in found} == {"19"}
    done = await confined_process.run(box, script(said, work, nice=19))
    assert done.output.split() == [b"19", b"True"]
