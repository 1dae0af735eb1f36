"""A child finds all its inputs whatever numbers its parent's descriptors have, so also with few open files."""

import subprocess
import sys
from pathlib import Path

import pytest

from efir.adapters.media.confinement.sandbox import Sandbox

PARENT = """
import asyncio, os, sys, tempfile
from pathlib import Path
from efir.adapters.media.confinement import confined_process, sandbox
from kit.media.sources import PROGRAM

count, held = int(sys.argv[1]), int(sys.argv[2])
taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(held)]
box = sandbox.detect(ffmpeg=PROGRAM)
child = "import os; print(*[os.read(number, 9).decode() for number in range(3, %d)])" % (3 + count)

async def main():
    with tempfile.TemporaryDirectory(prefix="efir-inputs-") as name:
        folder = Path(name)
        files = tuple(folder / f"{place}" for place in range(count))
        for place, file in enumerate(files):
            file.write_text(f"input{place}")
        with confined_process.workspace(box, folder) as work:
            limits = sandbox.Limits(memory=1 << 30, cpu=20, file=0)
            argv = (*sandbox.python()[:-1], "-c", child)
            task = confined_process.Task(argv=argv, work=work, inputs=files, limits=limits, wall=30)
            done = await confined_process.run(box, task)
            print(done.code, done.output.decode().split(), done.complaint, done.cpu_seconds > 0)

asyncio.run(main())
"""


@pytest.mark.parametrize("count", [1, 5, 7])
@pytest.mark.parametrize("held", [0, 1, 2, 3, 4])
def test_a_child_finds_all_its_inputs_and_tells_what_it_used(
    box: Sandbox, tmp_path: Path, count: int, held: int
) -> None:
    program = tmp_path / "parent.py"
    program.write_text(PARENT)
    done = subprocess.run(
        [sys.executable, str(program), str(count), str(held)],
        capture_output=True, check=False, text=True, timeout=120, env={"PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    assert done.stdout.strip() == f"0 {[f'input{place}' for place in range(count)]}  True", done.stderr[-500:]
