"""Schemathesis against the live API: whatever is sent, the answer is one that the OpenAPI document promises."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from kit.builders import person
from kit.whole_service import whole_service

pytestmark = pytest.mark.slow

EXAMPLES = 10 if os.environ.get("EFFORT") == "short" else 200
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,missing_required_header"
)
STREAMS = "/uploads|/processing"  # tus has its own clients, an event stream does not end


@pytest.fixture(scope="module")
def live(environment: dict[str, str]) -> Iterator[int]:
    """The port of a server of this run, with a worker beside it: it would do the jobs of the tests after these too."""
    with whole_service(environment) as port:
        yield port


@pytest.mark.parametrize("signed_in", [False, True], ids=["anonymous", "with a token"])
async def test_every_answer_is_documented(
    live: int, client: httpx.AsyncClient, tmp_path: Path, *, signed_in: bool
) -> None:
    token = (await person(client)).token
    command = [  # one worker: before CPython 3.11.8 two threads that parse at once confuse it (gh-106905)
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"http://127.0.0.1:{live}/openapi.json"),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES), "--checks", CHECKS, "--seed", "1"),
        *("--exclude-path-regex", STREAMS, "--workers", "1", "--continue-on-failure", "--no-color"),
        *(("--header", f"Authorization: Bearer {token}") if signed_in else ()),
    ]
    run = partial(subprocess.run, command, cwd=tmp_path, capture_output=True, text=True, check=False)
    done = await asyncio.to_thread(run)
    assert done.returncode == 0, done.stdout
