"""The requests of the page about containers, run as they stand there."""

import re
import subprocess
from pathlib import Path

from containers import visit

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "containers.md"
WRITTEN = "http://localhost:8000"


def section(title: str) -> str:
    """Answer what stands below a heading."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    if not found:
        raise AssertionError(f"the page has no section {title!r}")
    return found[1]


def requests() -> tuple[str, str, str]:
    """Answer the scripts that make a token, ask for a question and send a recording."""
    blocks = re.findall(r"^```sh\n(.*?)^```", section("Use it"), re.MULTILINE | re.DOTALL)
    token, _, question, recording = blocks
    return token, question, recording


def run(script: str, origin: str, folder: Path) -> str:
    """Run a script against a server of another address; answers what it said."""
    here = script.replace(WRITTEN, origin)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", here], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssertionError(f"{here}\n{done.stdout}{done.stderr}")
    return done.stdout


def question_and_recording(origin: str, folder: Path) -> tuple[str, bytes]:
    """Do what the page shows beside a token: answers what was said of the question, and the MP3."""
    _, question, recording = requests()
    said = run(question, origin, folder)
    (folder / "voice.wav").write_bytes(visit.tone())
    run(recording, origin, folder)
    return said, (folder / "voice.mp3").read_bytes()
