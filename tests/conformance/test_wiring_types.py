"""What is wired wrongly is found by the types, with a warm cache too: faults are planted in a copy."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from architecture.source import PACKAGE, TOP

pytestmark = pytest.mark.slow

PORTS = "bootstrap/wiring/ports.py"
FAULTS = {
    "a renamed method of an adapter": ("adapters/mail/smtp.py", "async def send(", "async def send_mail("),
    "a renamed method of a queue": ("application/quiz/queue.py", "async def take(self", "async def take_some(self"),
    "a renamed method of a lazy adapter": ("adapters/secrets/passkeys.py", "def creation(", "def other("),
    "a renamed method of a repository": ("adapters/postgres/users/users.py", "async def ban(", "async def bar("),
    "one adapter in another's place": (
        PORTS,
        "one_time_store=ValkeyOneTimeStore(parts.valkey)",
        "one_time_store=ValkeyRateLimiter(parts.valkey)",
    ),
    "a store in place of a converter": (PORTS, "converter=parts.pictures", "converter=scratch_of(media)"),
    "a missing port": ("bootstrap/wiring/credentials.py", "        providers=providers,\n", ""),
    "a port of a wrong kind": ("bootstrap/wiring/media.py", "store=settings.audio.store", "store=settings.audio"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wired")
    shutil.copytree(
        PACKAGE, place / "src" / "efir", ignore=shutil.ignore_patterns("__pycache__", "static", "templates")
    )
    shutil.copy(TOP / "pyproject.toml", place)
    fresh = _typed(place)
    assert fresh.returncode == 0, fresh.stdout  # from here on a cache would be warm
    return place


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_in_the_wiring_is_found(copy: Path, fault: str) -> None:
    file, right, wrong = FAULTS[fault]
    module = copy / "src" / "efir" / file
    text = module.read_text()
    assert right in text
    module.write_text(text.replace(right, wrong))
    try:
        typed = _typed(copy)
    finally:
        module.write_text(text)
    assert typed.returncode == 1, typed.stdout
    assert "bootstrap/wiring" in typed.stdout


def _typed(place: Path) -> subprocess.CompletedProcess[str]:
    recipe = (TOP / "justfile").read_text().partition("\ntypes: setup\n")[2]
    flags = recipe.splitlines()[0].partition('/mypy"')[2].split()  # as `just types` does it
    return subprocess.run(
        [sys.executable, "-m", "mypy", *flags], cwd=place, capture_output=True, text=True, check=False
    )
