"""A copy of the tree in which faults are planted, one at a time, and the tests that are run there."""

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", "screenshots", ".*")
PATIENCE = 600  # seconds for the tests of one fault
PASSED, FAILED = 0, 1  # of pytest; everything else means that no test said anything
_moments = itertools.count(1_000_000_000)


@dataclass(frozen=True)
class Outcome:
    """What the tests said: `caught` when one of them failed, `survived` when all passed, else `broken`."""

    word: str
    told: str


class Copy:
    """A tree that may be spoilt."""

    def __init__(self, home: Path) -> None:
        self.home = home
        for name in ("src", "tests", "docs", "migrations"):
            shutil.copytree(TOP / name, home / name, ignore=LEFT_OUT)
        for path in TOP.iterdir():
            if path.is_file():
                shutil.copy(path, home)

    @contextmanager
    def planted(self, file: str, text: str) -> Iterator[None]:
        """Let a file read otherwise for a while.

        Each text has a time of its own: compiled files are compared by whole seconds and length only.
        """
        path = self.home / file
        before = path.read_text(encoding="utf-8")
        try:
            self._write(path, text)
            yield
        finally:
            self._write(path, before)

    def run(self, tests: Sequence[str], *options: str) -> Outcome:
        """Run tests on what stands here."""
        told = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *options, *tests],
            cwd=self.home, env=os.environ | {"PYTHONPATH": str(self.home / "src")},
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        word = {PASSED: "survived", FAILED: "caught"}.get(told.returncode, "broken")
        return Outcome(word, told.stdout + told.stderr)

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        moment = next(_moments)
        os.utime(path, (moment, moment))
