"""The examples of the document about recordings are the ones that work: they are run as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from kit.whole_service import whole_service

DOCUMENT = Path(__file__).parents[2] / "docs" / "how-to" / "audio.md"
RUN = {"bash": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-W", "ignore", "-c"]}


def blocks() -> list[tuple[str, str]]:
    return re.findall(r"^```(bash|python)\n(.*?)^```", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def origin(environment: dict[str, str]) -> Iterator[str]:
    """A server and a worker under the address they are reached at, as the answers' links need."""
    with whole_service({name: value for name, value in environment.items() if name != "EFIR_PUBLIC_URL"}) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="the document uses curl")
@pytest.mark.usefixtures("ports")
def test_the_examples_about_recordings_work(origin: str, tmp_path: Path) -> None:
    surroundings = os.environ | {"EFIR": origin}
    for language, code in blocks():
        done = subprocess.run(
            [*RUN[language], code],
            cwd=tmp_path,
            env=surroundings,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"{code}\n{done.stdout}{done.stderr}"
    assert soundfile.info(tmp_path / "rain.mp3").duration == pytest.approx(2, abs=0.03)
    assert (tmp_path / "head.mp3").stat().st_size == 1024
    assert '"samples_per_pixel":256' in (tmp_path / "waveform.json").read_text()
