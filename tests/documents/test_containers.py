"""The page about containers says what works: its requests are sent, its backup is the one that is tried."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from containers import backup, page
from kit.whole_service import whole_service

curl = pytest.mark.skipif(shutil.which("curl") is None, reason="the page uses curl")


@pytest.fixture(scope="module")
def origin(environment: dict[str, str]) -> Iterator[str]:
    """A server and a worker under the address they are reached at, as the answers' links need."""
    with whole_service({name: value for name, value in environment.items() if name != "EFIR_PUBLIC_URL"}) as port:
        yield f"http://127.0.0.1:{port}"


@curl
@pytest.mark.usefixtures("ports")
def test_the_first_requests_of_the_page_lead_to_a_token(origin: str, tmp_path: Path) -> None:
    made, token = re.findall(r"\{.*?\}(?=\{|$)", page.run(page.requests()[0], origin, tmp_path))
    assert json.loads(made)["nickname"] == "you"
    assert json.loads(token)["name"] == "my script"
    assert json.loads(token)["token"]


@curl
@pytest.mark.usefixtures("ports")
def test_the_page_leads_to_a_question_and_a_recording(origin: str, tmp_path: Path) -> None:
    said, sound = page.question_and_recording(origin, tmp_path)
    assert json.loads(said) == {}
    assert sound[:3] == b"ID3"
    again = json.loads(page.run(page.requests()[1], origin, tmp_path))
    assert again["question"]


def test_the_backup_of_the_page_is_the_one_that_the_check_makes() -> None:
    told = page.section("Back up and restore")
    for words, arrow, name in (
        (backup.DUMP, ">", backup.DATABASE),
        (backup.PACK, ">", backup.FILES),
        (backup.LOAD, "<", backup.DATABASE),
        (backup.UNPACK, "<", backup.FILES),
    ):
        assert f"\ndocker compose {' '.join(words)} {arrow} {name}\n" in told
