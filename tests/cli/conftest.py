"""A live server with a worker, and `efir upload` as a process of its own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from builders import person
from live import whole_service

PATIENCE = 60


@dataclass(frozen=True)
class Ended:
    """How a run of the command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Uploading:
    """Runs `efir upload` as a person would, with a home of its own."""

    home: Path
    port: int
    token: str

    async def __call__(self, *arguments: object, **environ: str) -> Ended:
        process = self.start(*arguments, **environ)
        out, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
        return Ended(process.returncode, out, err)

    def start(self, *arguments: object, **environ: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "efir", "upload", *map(str, arguments)]
        address = {"EFIR_URL": f"http://127.0.0.1:{self.port}", "EFIR_TOKEN": self.token}
        given = {"PATH": os.environ["PATH"], "HOME": str(self.home), **address, **environ}
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=given, cwd=self.home, stdout=pipe, stderr=pipe, text=True)

    def through(self, port: int) -> "Uploading":
        """Reach the server by another port."""
        return replace(self, port=port)


@pytest.fixture(scope="module")  # its worker would take jobs that other modules put into the same database
def live(environment: dict[str, str]) -> Iterator[int]:
    """The port of a server, with a worker beside it."""
    with whole_service(environment) as port:
        yield port


@pytest.fixture
async def uploading(live: int, client: httpx.AsyncClient, tmp_path: Path) -> Uploading:
    """The command, with the token of somebody who has a channel."""
    return Uploading(tmp_path, live, (await person(client)).token)
