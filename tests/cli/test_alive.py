"""What containers rely on: health by exit code, and a migration that waits for its database."""

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from kit.programs import free_port

PATIENCE = 60.0


def started(*words: str, **environ: str) -> subprocess.Popen[str]:
    outer = {name: value for name, value in os.environ.items() if not name.startswith("EFIR_")}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-m", "efir", *words], env={**outer, **environ}, stdout=pipe, stderr=pipe, text=True
    )


def ended(*words: str, **environ: str) -> tuple[int, str]:
    process = started(*words, **environ)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out + err


@pytest.mark.slow
def test_alive_tells_whether_the_api_answers(live: int) -> None:
    assert ended("alive", "--port", str(live)) == (0, f"the API on port {live} is alive\n")
    assert ended("alive", "--host", "0.0.0.0", EFIR_PORT=str(live))[0] == 0
    nobody = free_port()
    assert ended("alive", "--port", str(nobody)) == (4, f"the API on port {nobody} does not answer\n")
    assert ended("alive", EFIR_PORT="many")[0] == 3


@pytest.mark.parametrize(("age", "code"), [(0, 0), (25, 0), (40, 4), (None, 4)])
def test_a_pulse_may_not_be_old(age: int | None, code: int, tmp_path: Path) -> None:
    pulse = tmp_path / "pulse"
    if age is not None:
        pulse.touch()
        os.utime(pulse, (time.time() - age,) * 2)
    assert ended("alive", "--pulse", str(pulse))[0] == code


@pytest.mark.slow
def test_a_worker_gives_signs_of_life_while_it_runs(environment: dict[str, str], tmp_path: Path) -> None:
    pulse = tmp_path / "pulse"
    process = started("worker", "--pulse", str(pulse), **environment)
    until = time.monotonic() + PATIENCE
    while not pulse.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    told = ended("alive", "--pulse", str(pulse))
    process.terminate()  # before anything is asserted: a worker that stays would take the jobs of other tests
    out, err = process.communicate(timeout=PATIENCE)
    assert told[0] == 0
    assert (process.returncode, out, err) == (0, "", "")


def test_a_migration_waits_for_a_database_that_still_starts(environment: dict[str, str], tmp_path: Path) -> None:
    url = environment["EFIR_DATABASE__URL"]
    (sockets,) = parse_qs(urlsplit(url).query)["host"]
    later = tmp_path / "later"
    process = started("migrate", "--wait", "40", EFIR_DATABASE__URL=url.replace(sockets, str(later)))
    time.sleep(2)
    assert process.poll() is None
    later.symlink_to(sockets)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert out.endswith(", the newest\n")


def test_a_migration_does_not_wait_when_it_is_refused(environment: dict[str, str]) -> None:
    began = time.monotonic()
    url = environment["EFIR_DATABASE__URL"].replace("/efir_", "/no_such_")
    code, told = ended("migrate", "--wait", "600", EFIR_DATABASE__URL=url)
    assert code == 4
    assert "does not exist" in told
    assert time.monotonic() - began < PATIENCE
