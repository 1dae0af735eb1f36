"""The real service, whole: every process, the samples, the stop."""

import os
import subprocess
import sys

import httpx
import pytest

from embedded.conftest import SOURCES, Up, living

RUN = (sys.executable, "-m", "efir")


@pytest.mark.slow
def test_the_whole_service_runs_with_its_samples(fresh: Up) -> None:
    fresh.command = RUN
    fresh.ready("--demo")
    address = f"http://127.0.0.1:{fresh.port}"
    assert httpx.get(f"{address}/readyz").json()["parts"]["redis"]["state"] == "ok"
    fresh.until(lambda: fresh.said("demo: sign in as demo with the password "))
    told = [line for line in fresh.log.read_text().splitlines() if line.startswith("demo: ")]
    for line in told[:2]:
        assert httpx.get(f"{address}/api/v1/videos/{line.rpartition('/')[2]}").json()["tags"] == ["demo"]
    again = subprocess.run(
        [*RUN, "demo", "--url", address, "--data-dir", str(fresh.home)],
        check=True, capture_output=True, text=True, cwd="/", env={**os.environ, "PYTHONPATH": str(SOURCES)},
    )  # fmt: skip
    assert again.stdout.splitlines() == told
    assert (fresh.home / "demo.json").stat().st_mode & 0o777 == 0o600
    worker = fresh.pid("efir worker --queues media")
    fresh.kill_and_wait(worker, "efir worker --queues media")
    assert fresh.stop() == 0
    assert living(fresh.mark, fresh.home) == {}
