"""The page about containers says what works: its requests are sent, its backup is the one that is tried."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from containers import backup

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "containers.md").read_text()


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page uses curl")
def test_the_first_requests_of_the_page_lead_to_a_token(live: int, client: object, tmp_path: Path) -> None:
    block = re.findall(r"^```sh\n(.*?)^```", section("Use it"), re.MULTILINE | re.DOTALL)[0]
    script = block.replace("http://localhost:8000", f"http://127.0.0.1:{live}")
    done = subprocess.run(["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    made, token = re.findall(r"\{.*?\}(?=\{|$)", done.stdout)
    assert json.loads(made)["nickname"] == "you"
    assert json.loads(token)["name"] == "my script"
    assert json.loads(token)["token"]


def test_the_backup_of_the_page_is_the_one_that_the_check_makes() -> None:
    told = section("Back up and restore")
    for words, arrow, name in (
        (backup.DUMP, ">", backup.DATABASE),
        (backup.PACK, ">", backup.FILES),
        (backup.LOAD, "<", backup.DATABASE),
        (backup.UNPACK, "<", backup.FILES),
    ):
        assert f"\ndocker compose {' '.join(words)} {arrow} {name}\n" in told
