"""`efir questions` as a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from efir.application.context import Ports
from kit.jservice_double import jservice


def efir(environment: dict[str, str], *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("EFIR_")} | environment | more
    command = [sys.executable, "-m", "efir", "questions", *words]
    return subprocess.run(command, env=own, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.slow
def test_questions_are_imported(ports: Ports, environment: dict[str, str]) -> None:
    with jservice(100) as source:
        own = {"EFIR_QUIZ__JSERVICE_URL": source.url, "EFIR_QUIZ__SOURCES": "jservice"}
        done = efir(environment, "import", "3", "--json", **own)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["saved"] == 3
        plain = efir(environment, "import", **own)
        assert plain.stdout.startswith("Question ")
        assert source.asked == [3, 1]


def test_a_failed_import_is_one_line_with_the_reason(ports: Ports, environment: dict[str, str]) -> None:
    with jservice(2) as source:
        own = {"EFIR_QUIZ__JSERVICE_URL": source.url, "EFIR_QUIZ__SOURCES": "jservice"}
        done = efir(environment, "import", "5", **own)
    assert done.returncode == 1
    assert done.stderr == (
        "efir: 2 of 5 questions were stored: jservice has no more new questions; see EFIR_QUIZ__SOURCES\n"
    )


def test_wrong_words_are_refused(environment: dict[str, str]) -> None:
    assert efir(environment, "import", "0").returncode == 2
    assert efir(environment, "export").returncode == 2
    assert efir(environment, "import", "101").returncode == 1


def test_the_bank_is_made_where_it_is_wanted(environment: dict[str, str], tmp_path: Path) -> None:
    done = efir(environment, "bank", "--output", str(tmp_path / "deep" / "bank.jsonl"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"questions are in {tmp_path}/deep/bank.jsonl\n")
    unwritable = efir(environment, "bank", "--output", "/proc/bank.jsonl")
    assert unwritable.returncode == 1
    assert "choose another --output" in unwritable.stderr
