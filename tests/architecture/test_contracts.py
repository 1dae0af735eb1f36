"""Each contract on imports refuses a planted breach of it: a rule that cannot fail is decoration."""

import shutil
import subprocess
import sys
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
NEW_AREA = "forum"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("planted")
    shutil.copytree(
        PACKAGE, place / "src" / "efir", ignore=shutil.ignore_patterns("__pycache__", "static", "templates")
    )
    shutil.copy(TOP / "pyproject.toml", place)
    return place


@pytest.mark.parametrize("contract", BREACHES)
def test_a_planted_breach_of_a_contract_is_refused(copy: Path, contract: str) -> None:
    file, forbidden = BREACHES[contract]
    name = next(known for known in sorted(_contracts(), key=len, reverse=True) if contract.startswith(known))
    module = copy / "src" / "efir" / file
    text = module.read_text()
    module.write_text(f"{text}\nimport {forbidden}\n")
    try:
        linted = _lint(copy, name)
    finally:
        module.write_text(text)
    assert linted.returncode, linted.stdout
    assert forbidden in linted.stdout or "cycles" in linted.stdout


@pytest.mark.parametrize("layer", ["domain", "application", "drivers/http", "drivers/web"])
def test_an_area_that_has_no_place_in_the_order_is_refused(copy: Path, layer: str) -> None:
    module = copy / "src" / "efir" / layer / f"{NEW_AREA}.py"
    module.write_text('"""A forum."""\n')
    try:
        linted = _lint(copy, {"drivers/http": "http-areas", "drivers/web": "web-areas"}.get(layer, "areas"))
    finally:
        module.unlink()
    assert linted.returncode, linted.stdout
    assert NEW_AREA in linted.stdout


def _contracts() -> set[str]:
    lines = (TOP / "pyproject.toml").read_text().splitlines()
    return {line.partition('id = "')[2].partition('"')[0] for line in lines if 'type = "' in line and 'id = "' in line}


def _lint(place: Path, contract: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--contract", contract],
        cwd=place, capture_output=True, text=True, check=False,
    )  # fmt: skip
