"""The examples of how-to pages are the ones that work: each is run, in order, as it stands there.

A page's `sh` and `python` blocks are run against a live server. A `json` block behind a command shows its answer: the
real one has the same members of the same types. Blocks of other languages are for reading.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from efir.application.context import Ports
from kit.programs import serving

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENTS = ["how-to/quiz.md"]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
ADDRESS = "http://127.0.0.1:8000"
PATIENCE = 60


@pytest.fixture(scope="module")
def live(environment: dict[str, str], bank_made: None) -> Iterator[str]:
    """The address of a server with its own bank."""
    with serving(environment) as (origin, _):
        yield origin


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples use curl")
@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_examples_of_a_page_work_as_they_stand_there(
    live: str, ports: Ports, environment: dict[str, str], tmp_path: Path, document: str
) -> None:
    printed = None
    blocks = BLOCK.findall((DOCS / document).read_text(encoding="utf-8"))
    assert {"sh", "python"} <= {language for language, _ in blocks}
    for language, text in blocks:
        if language in {"sh", "python"}:
            printed = run(language, text.replace(ADDRESS, live), tmp_path, environment)
        elif language == "json":
            assert printed is not None, text
            assert shape(json.loads(printed)) == shape(json.loads(text)), text


def run(language: str, text: str, place: Path, environment: dict[str, str]) -> str:
    """Run a block; answers what it printed."""
    text = text.replace(".venv/bin/efir", f"{sys.executable} -m efir")
    command = ["bash", "-euc", text] if language == "sh" else [sys.executable, "-c", text]
    own = {name: value for name, value in os.environ.items() if not name.startswith("EFIR_")} | environment
    done = subprocess.run(command, cwd=place, env=own, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def shape(value: Any) -> Any:
    """Members and their types; a null, and text for it, may stand for one another."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape(member) for member in value]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else "text"
