"""The tutorial's commands are the ones that work: they are run as they stand there."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from kit import clips

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial" / "first-video.md"


def commands(page: Path) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def shell(command: str, place: Path) -> str:
    done = subprocess.run(["bash", "-euc", command], cwd=place, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="the tutorial uses curl")
def test_the_commands_of_the_tutorial_lead_to_a_video(live: int, tmp_path: Path, client: httpx.AsyncClient) -> None:
    shutil.copy(clips.h264(seconds=1, size="320x180"), tmp_path / "holiday.mp4")
    address = f"http://127.0.0.1:{live}"
    person = {"email": "you@example.org", "nickname": "your-nickname", "password": "your-password"}
    assert httpx.post(f"{address}/api/v1/users", json=person).status_code == 201
    start, sign_in, make_token, upload = commands(TUTORIAL)
    assert start.strip() == "python3 start.py up"
    login = json.loads(shell(sign_in.replace("http://127.0.0.1:8000", address), tmp_path))
    make_token = make_token.replace("http://127.0.0.1:8000", address).replace("the-csrf-token", login["csrf_token"])
    token = json.loads(shell(make_token, tmp_path))["token"]
    upload = upload.replace("http://127.0.0.1:8000", address).replace("the-token", token)
    printed = shell(upload.replace(".venv/bin/efir", f"HOME={tmp_path} {sys.executable} -m efir"), tmp_path)
    assert re.fullmatch(rf"{address}/watch/[0-9a-f-]+\n", printed)
