"""The page about adding a feature says what works: all of it is put into a copy of the tree, whose tests then run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mutants.copies import TOP, Copy

PAGE = TOP / "docs" / "how-to" / "add-a-feature.md"
BLOCK = re.compile(r"^`([\w/.]+)`\n|^```(python|diff)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
AREA = "/videos/"
CHECKS = (
    ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/videos/test_notes.py",
     "tests/migrations/test_migrations.py::test_every_revision_goes_up_down_and_up_again[public]"),
    ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/architecture/test_layers.py",
     "tests/architecture/test_size_and_names.py"),
    ("-c", "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command as run; run()",
     "--no-cache"),
    ("-m", "ruff", "check", "src", "tests/videos"),
)  # fmt: skip


def _steps() -> list[tuple[str, str, str]]:
    """Return file, kind and text of each block, in their order; a block belongs to the file named last."""
    steps, file = list[tuple[str, str, str]](), ""
    for named, kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        file = named or file
        if kind:
            steps.append((file, kind, text))
    return steps


def _apply(top: Path, file: str, kind: str, text: str) -> None:
    """Write a new file, or change the one place of an old one that the block shows."""
    path = top / file
    if kind == "python":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    lines = text.splitlines()
    before = "\n".join(line[1:] for line in lines if line[:1] != "+") + "\n"
    after = "\n".join(line[1:] for line in lines if line[:1] != "-") + "\n"
    whole = path.read_text(encoding="utf-8")
    assert whole.count(before) == 1, f"{file} no longer has:\n{before}"
    path.write_text(whole.replace(before, after), encoding="utf-8")


def test_a_feature_touches_no_file_of_another_area() -> None:
    changed = {file for file, kind, _ in _steps() if kind == "diff"}
    assert changed
    assert [file for file in changed if AREA not in file] == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_example_works_as_it_stands(tmp_path: Path) -> None:
    top = Copy(tmp_path).home
    for step in _steps():
        _apply(top, *step)
    for words in CHECKS:
        environ = os.environ | {"PYTHONPATH": str(top / "src")}
        told = subprocess.run(
            [sys.executable, *words], cwd=top, env=environ, capture_output=True, text=True, check=False
        )
        assert told.returncode == 0, told.stdout + told.stderr
