"""Each contract on imports refuses a planted breach of it: a rule that cannot fail is decoration."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from architecture.source import PACKAGE, TOP

BREACHES = {
    "layers": ("domain/channels.py", "efir.application.channels"),
    "areas": ("application/mail/mailbox.py", "efir.application.accounts.profiles"),
    "areas-in-the-domain": ("domain/kernel/hosts.py", "efir.domain.users"),
    "areas-in-sql": ("adapters/postgres/jobs/outbox.py", "efir.adapters.postgres.videos.videos"),
    "areas-beside-each-other": ("application/quiz/clues.py", "efir.application.audio.records"),
    "http-areas": ("drivers/http/jobs.py", "efir.drivers.http.channels"),
    "web-areas": ("drivers/web/mail.py", "efir.drivers.web.users"),
    "adapters-independent": ("adapters/mail/smtp.py", "efir.adapters.redis.rate_limits"),
    "drivers-independent": ("drivers/web/mail.py", "efir.drivers.http.jobs"),
    "drivers-independent-back": ("drivers/http/jobs.py", "efir.drivers.web.mail"),
    "drivers-independent-below-http": ("drivers/_asgi/cookies.py", "efir.drivers.http.kernel.problems"),
    "drivers-independent-below-web": ("drivers/_asgi/files.py", "efir.drivers.web.kernel.forms"),
    "asgi-at-home": ("drivers/workers/loop.py", "efir.drivers._asgi.cookies"),
    "no-cycles": ("ports/quiz/clues.py", "efir.ports.transactions"),
    "sql-at-home": ("adapters/redis/rate_limits.py", "asyncpg"),
    "http-at-home": ("drivers/workers/loop.py", "litestar"),
    "queue-at-home": ("adapters/mail/smtp.py", "dramatiq"),
    "objects-at-home": ("adapters/media/video/tracks.py", "obstore"),
    "media-at-home": ("adapters/storage/s3.py", "av"),
}
CYCLE = "No cycles are allowed in efir.ports."
NEW_AREA = "forum"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("planted")
    shutil.copytree(
        PACKAGE, place / "src" / "efir", ignore=shutil.ignore_patterns("__pycache__", "static", "templates")
    )
    shutil.copy(TOP / "pyproject.toml", place)
    return place


@pytest.fixture(scope="module")
def report(copy: Path) -> str:
    """What the linter says of a copy with all breaches in it: one run, as each is told under its contract's name."""
    texts = {path: path.read_text() for path in {copy / "src" / "efir" / file for file, _ in BREACHES.values()}}
    for file, forbidden in BREACHES.values():
        with (copy / "src" / "efir" / file).open("a") as module:
            module.write(f"\nimport {forbidden}\n")
    linted = _lint(copy)
    for path, text in texts.items():
        path.write_text(text)
    return linted.stdout.partition("Broken contracts")[2]


@pytest.mark.parametrize("contract", BREACHES)
def test_a_planted_breach_of_a_contract_is_refused(report: str, contract: str) -> None:
    file, forbidden = BREACHES[contract]
    known = [name for name in sorted(_contracts(), key=len, reverse=True) if contract.startswith(name)]
    name = _contracts()[known[0]]
    told = report.partition(f"\n{name}\n{'-' * len(name)}\n")[2].partition("\n---")[0]
    importer = "efir." + file.removesuffix(".py").replace("/", ".")
    assert f"- {importer} -> {forbidden} (l." in told or (contract == "no-cycles" and CYCLE in told)


def test_every_contract_has_a_planted_breach() -> None:
    assert _contracts().keys() - BREACHES.keys() == set()


def test_an_area_that_has_no_place_in_the_order_is_refused(copy: Path) -> None:
    layers = ("domain", "ports", "application", "adapters/postgres", "drivers/http", "drivers/web")
    modules = [copy / "src" / "efir" / layer / f"{NEW_AREA}.py" for layer in layers]
    for module in modules:
        module.write_text('"""A forum."""\n')
    linted = _lint(copy)
    for module in modules:
        module.unlink()
    assert linted.returncode, linted.stdout
    told = {f"- efir.{layer.replace('/', '.')}.{NEW_AREA}" for layer in layers}
    assert told <= set(linted.stdout.splitlines())


def _contracts() -> dict[str, str]:
    """Return the contracts' names by their ids."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text())
    return {contract["id"]: contract["name"] for contract in project["tool"]["importlinter"]["contracts"]}


def _lint(place: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=place, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
