"""`start.py` without installing anything: when it has nothing to do, when it has, and two starts at once."""

import importlib.util
import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

TOP = Path(__file__).parents[2]
COPIED = (
    "start.py",
    "requirements.lock",
    "requirements-dev.lock",
    "pyproject.toml",
    "hatch_build.py",
    "src/efir/drivers/web/package-lock.json",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what decides about an installation, with an environment that claims to be installed."""
    place = tmp_path / "efir"
    for name in COPIED:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOP / name, place / name)
    shutil.copy(TOP / "justfile", place)
    (place / ".venv" / "bin").mkdir(parents=True)
    (place / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (place / "src/efir/drivers/web/static/vendor").mkdir(parents=True)
    _stamp(place)
    return place


def test_a_second_start_installs_nothing(checkout: Path) -> None:
    done = _setup(checkout)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", COPIED[1:])
def test_a_change_of_what_is_installed_is_noticed(checkout: Path, name: str) -> None:
    text = (checkout / name).read_text()
    (checkout / name).write_text(
        text.replace("litestar", "lodestar").replace("hls.js", "hls").replace("ignore", "heed")
    )
    assert not _loaded(checkout).up_to_date(with_tools=False)


def test_a_change_of_the_lint_rules_installs_nothing(checkout: Path) -> None:
    project = checkout / "pyproject.toml"
    project.write_text(project.read_text().replace("line-length = 120", "line-length = 100"))
    assert _loaded(checkout).up_to_date(with_tools=True)


def test_a_moved_checkout_is_noticed(checkout: Path) -> None:
    moved = checkout.rename(checkout.with_name("elsewhere"))
    assert not _loaded(moved).up_to_date(with_tools=False)


def test_missing_scripts_of_the_pages_are_noticed(checkout: Path) -> None:
    (checkout / "src/efir/drivers/web/static/vendor").rmdir()
    assert not _loaded(checkout).up_to_date(with_tools=False)


def test_the_tools_are_not_there_after_installing_only_what_runs(checkout: Path) -> None:
    _stamp(checkout, tools=False)
    assert _loaded(checkout).up_to_date(with_tools=False)
    assert not _loaded(checkout).up_to_date(with_tools=True)


def test_a_start_waits_for_another_that_installs(checkout: Path) -> None:
    (checkout / ".venv" / "efir-installed.json").unlink()
    with _loaded(checkout).alone():
        waiting = subprocess.Popen(
            [sys.executable, "start.py", "setup"], cwd=checkout, stderr=subprocess.PIPE, text=True
        )
        assert waiting.stderr is not None
        assert "waiting for another start" in waiting.stderr.readline()
        assert waiting.poll() is None
        _stamp(checkout)
    assert waiting.communicate(timeout=20) == (None, "")
    assert waiting.returncode == 0


def test_it_explains_itself(checkout: Path) -> None:
    done = subprocess.run([sys.executable, "start.py"], cwd=checkout, capture_output=True, text=True, check=True)
    assert "python3 start.py up" in done.stdout


@pytest.fixture
def fresh(checkout: Path) -> Path:
    """A checkout in which nothing was ever installed."""
    shutil.rmtree(checkout / ".venv")
    return checkout


def test_the_recipes_are_listed_as_just_lists_them_and_nothing_is_installed(fresh: Path) -> None:
    done = _bare(fresh, "list")
    just = [Path(sys.executable).parent / "just", "--justfile", TOP / "justfile", "--list", "--unsorted"]
    assert done.stdout == subprocess.run(just, capture_output=True, text=True, check=True).stdout
    assert (done.returncode, done.stderr) == (0, "")
    assert not (fresh / ".venv").exists()


@pytest.mark.parametrize("word", ["help", "--help", "-h", "--list"])
def test_help_lists_the_recipes_and_installs_nothing(fresh: Path, word: str) -> None:
    done = _bare(fresh, word)
    assert _bare(fresh, "list").stdout in done.stdout
    assert not (fresh / ".venv").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tset"], "no recipe 'tset'; near it: test,"),
        (["lint", "typs"], "no recipe 'typs'; near it: types,"),
        (["setup", "conformence"], "no recipe 'conformence'; near it: conformance"),
        (["qqq"], "no recipe 'qqq'; there are list, setup, up,"),
    ],
)
def test_a_misspelt_recipe_is_refused_with_near_names_and_installs_nothing(
    fresh: Path, words: list[str], said: str
) -> None:
    done = _bare(fresh, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert not (fresh / ".venv").exists()


def test_arguments_of_a_recipe_are_not_taken_for_recipes(checkout: Path) -> None:
    (checkout / ".venv" / "bin" / "just").symlink_to("/bin/echo")
    done = _bare(checkout, "fast", "tests/domain", python=[sys.executable])
    assert done.stdout == f"--justfile {checkout}/justfile fast tests/domain\n"


def test_listing_takes_less_than_a_second_of_processor_time(fresh: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _bare(fresh, "list")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


def _bare(
    checkout: Path, *words: str, python: Sequence[str] = (sys.executable, "-I", "-S")
) -> subprocess.CompletedProcess[str]:
    """Run start.py with the standard library only, and a PATH on which there is nothing."""
    return subprocess.run(
        [*python, checkout / "start.py", *words],
        capture_output=True, text=True, check=False, timeout=60, cwd=checkout, env={"PATH": str(checkout / "none")},
    )  # fmt: skip


def _setup(checkout: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "start.py", "setup"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False, timeout=20)


def _loaded(checkout: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("start", checkout / "start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _stamp(checkout: Path, *, tools: bool = True) -> None:
    made = _loaded(checkout).fingerprint()
    stamp = {"runtime": made, "tools": made if tools else ""}
    (checkout / ".venv" / "efir-installed.json").write_text(json.dumps(stamp))
