"""One name and many who want it; a server killed while pictures arrive: nobody twice, nothing left over."""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from efir.application.accounts.registrations import ticket_hash
from efir.application.context import Ports
from efir.application.pictures import sweep_pictures
from efir.ports.kernel.blobs import blob_key
from kit.drawings import drawing
from kit.programs import free_port, wait_for

pytestmark = pytest.mark.slow
SHORT = os.environ.get("EFFORT", "full") == "short"
RACERS = 100 if SHORT else 500
PROCESSES, AT_ONCE = 4, 16
KILLS = 5 if SHORT else 50
PATH = "/api/v1/registrations"
RACE = f"""
import asyncio, json, sys
import httpx

async def main():
    origin, drafts = sys.argv[1], json.loads(sys.stdin.read())
    limits = httpx.Limits(max_connections={AT_ONCE})
    async with httpx.AsyncClient(base_url=origin, timeout=60, limits=limits) as client:
        async def finish(draft):
            answer = await client.post(f"{PATH}/{{draft[0]}}/finish", headers={{"x-registration-ticket": draft[1]}})
            return [answer.status_code, answer.json().get("code")]
        print(json.dumps(await asyncio.gather(*map(finish, drafts))))

asyncio.run(main())
"""


def server(environment: dict[str, str], port: int, workers: int) -> subprocess.Popen[bytes]:
    """The API in several processes on one port."""
    own = {"EFIR_PORT": str(port), "EFIR_API_WORKERS": str(workers), "EFIR_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    outer = {name: value for name, value in os.environ.items() if not name.startswith("EFIR_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "efir", "api"], env={**outer, **environment, **own}, stdin=subprocess.DEVNULL
    )
    wait_for(port, process)
    return process


async def drafts(ports: Ports, connection: Any, count: int, nickname: str = "ada") -> list[list[str]]:
    """Registrations that need nothing more and all want one name, as if every reservation had run out."""
    password, made = await ports.auth.passwords.hash("a long quiet evening"), []
    for number in range(count):
        ticket, registration_id = ports.new_secret(), ports.new_id()
        await connection.execute(
            """insert into registration (id, ticket_hash, nickname, email, email_key, password, expires_at)
               values ($1, $2, $3, $4, $4, $5, now() + interval '1 hour')""",
            registration_id, ticket_hash(ticket), nickname, f"{number}@example.org", password,
        )  # fmt: skip
        made.append([str(registration_id), ticket])
    return made


async def test_of_many_who_finish_with_one_name_exactly_one_gets_it(
    ports: Ports, connection: Any, environment: dict[str, str]
) -> None:
    port = free_port()
    process = await asyncio.to_thread(server, environment, port, 2)
    try:
        wanted = await drafts(ports, connection, RACERS)
        runners = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-c", RACE, f"http://127.0.0.1:{port}",
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )
            for _ in range(PROCESSES)
        ]  # fmt: skip
        said = await asyncio.gather(
            *(runner.communicate(json.dumps(wanted[n::PROCESSES]).encode()) for n, runner in enumerate(runners))
        )
    finally:
        process.terminate()
        process.wait(30)
    outcomes = Counter(tuple(outcome) for out, _ in said for outcome in json.loads(out))
    assert outcomes == {(201, None): 1, (409, "nickname-taken"): RACERS - 1}
    for table in ("user_account", "channels", "password_credential", "login_session"):
        assert await connection.fetchval(f"select count(*) from {table}") == 1, table  # noqa: S608  # own names


async def stored(ports: Ports) -> AsyncIterator[str]:
    """Pictures in the store, by id."""
    async for info in ports.blobs.list(blob_key("img")):
        yield info.key.split("/")[1]


async def test_a_server_killed_while_pictures_arrive_leaves_no_orphan_and_no_broken_owner(
    ports: Ports, connection: Any, environment: dict[str, str]
) -> None:
    await ports.blobs.delete_prefix(blob_key("img"))
    chance, port = random.Random(1), free_port()  # noqa: S311  # the same moments each time
    many = {**environment, "EFIR_LIMITS__REGISTRATION_PICTURES_NETWORK": "1000000"}
    for number in range(KILLS):
        process = await asyncio.to_thread(server, many, port, 1)
        [[registration_id, ticket]] = await drafts(ports, connection, 1, f"ada-{number}")
        sending = asyncio.ensure_future(_sending(port, registration_id, ticket))
        await asyncio.sleep(chance.uniform(0.05, 1.2))
        _kill(process.pid)
        process.wait(30)
        await sending
    await connection.execute("update registration set expires_at = now() where user_id is null")
    await connection.execute("delete from registration where expires_at <= now()")
    await connection.execute("update staged_upload set expires_at = now() where state <> 'claimed'")
    while await sweep_pictures(ports):
        pass
    owned = {
        str(row[0]) for row in await connection.fetch("select avatar_id from user_account where avatar_id is not null")
    }
    assert {name async for name in stored(ports)} == owned
    for picture in owned:
        for side in (64, 128, 256, 512):
            blob = await ports.blobs.open(blob_key(f"img/{picture}/{side}.webp"))
            content = await blob.read(0, blob.size)
            blob.close()
            assert content[8:12] == b"WEBP"


async def _sending(port: int, registration_id: str, ticket: str) -> None:
    one, headers = f"{PATH}/{registration_id}", {"x-registration-ticket": ticket}
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=10) as client:
            for _ in range(3):
                await client.put(f"{one}/avatar", content=drawing(1500, 1000))
            await client.post(f"{one}/finish")
    except httpx.HTTPError:
        return


def _kill(pid: int) -> None:
    """SIGKILL for a server with all its processes; children of pictures die with them."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        os.kill(int(child), 9)
    os.kill(pid, 9)
