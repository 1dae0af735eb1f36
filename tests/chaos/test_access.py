"""What ended counts nowhere: several processes over TCP, under load, while Valkey forgets, dies and comes back."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import redis as redis_client

from efir.application.auth.signing_keys import tend_signing_keys
from efir.application.context import Ports
from kit.builders import PASSWORD, registered, signed_in, with_role
from kit.programs import free_port, running
from kit.servers import Server, start_valkey

pytestmark = pytest.mark.slow
SHORT = os.environ.get("EFFORT", "full") == "short"
LATER = 2_000 if SHORT else 100_000  # requests after a revocation
PROCESSES = 3
REFRESHES = 200 if SHORT else 10_000


@dataclass
class House:
    """Several API processes over one database and one Valkey of their own."""

    ports: list[int]
    valkey: Server
    home: Path
    client: httpx.AsyncClient = field(repr=False)
    environment: dict[str, str] = field(repr=False)

    def url(self, number: int, path: str) -> str:
        return f"http://127.0.0.1:{self.ports[number % len(self.ports)]}{path}"

    def kill_valkey(self) -> None:
        """End Valkey as a power cut would, and start it again over what it had written."""
        os.kill(self.valkey.pid, signal.SIGKILL)
        self.valkey.stop()
        self.valkey = start_valkey(self.home)


@pytest.fixture(scope="module")
async def processes(
    environment: dict[str, str], session_ports: Ports, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    home = tmp_path_factory.mktemp("valkey")
    valkey = start_valkey(home)
    own = {**environment, "EFIR_REDIS__URL": valkey.url, "EFIR_PUBLIC_URL": "http://127.0.0.1:1"}
    await tend_signing_keys(session_ports)
    with ExitStack() as stack:
        addresses = [free_port() for _ in range(PROCESSES)]
        for port in addresses:
            words = [sys.executable, "-m", "efir", "api", "--port", str(port)]
            stack.enter_context(running(words, port, {**os.environ, **own}))
        limits = httpx.Limits(max_connections=64)
        async with httpx.AsyncClient(limits=limits, timeout=30) as client:
            client.base_url = httpx.URL(f"http://127.0.0.1:{addresses[0]}")
            made = House(addresses, valkey, home, client, own)
            yield made
    made.valkey.stop()


@pytest.fixture
def house(processes: House, ports: Ports) -> House:
    """The processes over an empty database."""
    return processes


async def asked(port: int, head: bytes, times: int) -> Counter[int]:
    """Send one request many times over one connection and count the statuses."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found: Counter[int] = Counter()
    for _ in range(times):
        writer.write(head)
        answer = await reader.readuntil(b"\r\n\r\n")
        found[int(answer[9:12])] += 1
        length = next(
            (int(line.split(b":")[1]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length")),
            0,
        )
        if length:
            await reader.readexactly(length)
    writer.close()
    return found


async def everywhere(house: House, head: bytes, times: int) -> Counter[int]:
    """Spread requests over all processes, two connections each."""
    share = times // (2 * len(house.ports)) + 1
    parts = await asyncio.gather(*(asked(port, head, share) for port in house.ports for _ in range(2)))
    return sum(parts, Counter())


def by_cookie(secret: str) -> bytes:
    return f"GET /api/v1/users/me HTTP/1.1\r\nhost: x\r\ncookie: sid={secret}\r\n\r\n".encode()


def by_bearer(token: str) -> bytes:
    return f"GET /api/v1/users/me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n".encode()


async def session_of(house: House, nickname: str) -> tuple[str, dict[str, str]]:
    """Sign in; answers the cookie's secret and the headers of unsafe requests by it."""
    house.client.cookies.clear()
    headers = await signed_in(house.client, nickname)
    secret = house.client.cookies["sid"]
    house.client.cookies.clear()
    return secret, {**headers, "cookie": f"sid={secret}"}


async def tokens_of(house: House, nickname: str) -> dict[str, str]:
    answer = await house.client.post("/api/v1/auth/token", json={"login": nickname, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_is_signed_out_is_refused_by_every_process_from_the_answer_on(house: House) -> None:
    await registered(house.client)
    secret, headers = await session_of(house, "ada")
    assert await everywhere(house, by_cookie(secret), 60) == Counter({200: 60 + 6})
    ended = await house.client.post(house.url(1, "/api/v1/auth/logout"), headers=headers)
    assert ended.status_code == 204
    started = time.monotonic()
    later = await everywhere(house, by_cookie(secret), LATER)
    assert set(later) == {401}
    print(f"{sum(later.values())} requests after signing out, 0 accepted, {time.monotonic() - started:.1f} s")


async def test_a_ban_refuses_cookies_and_tokens_in_every_process_while_requests_are_on_their_way(
    house: House, ports: Ports
) -> None:
    ada = await registered(house.client)
    await registered(house.client, "root-of-all")
    await with_role(ports, "root-of-all")
    secret, _ = await session_of(house, "ada")
    tokens = await tokens_of(house, "ada")
    _, admin = await session_of(house, "root-of-all")
    heads = [by_cookie(secret), by_bearer(tokens["access_token"])]
    for head in heads:
        assert set(await everywhere(house, head, 30)) == {200}
    load = [asyncio.ensure_future(everywhere(house, head, 600)) for head in heads]
    await asyncio.sleep(0.2)
    path = f"/api/v1/users/{ada['id']}/ban"
    banned = await house.client.put(house.url(2, path), json={"reason": "x"}, headers=admin)
    assert banned.status_code == 204, banned.text
    for head in heads:
        assert set(await everywhere(house, head, LATER // 2)) == {401}
    for part in load:
        assert set(await part) <= {200, 401}


async def test_flushing_and_killing_valkey_signs_nobody_out_and_revives_nobody(house: House) -> None:
    await registered(house.client)
    kept, _ = await session_of(house, "ada")
    gone, headers = await session_of(house, "ada")
    assert set(await everywhere(house, by_cookie(gone), 30)) == {200}
    assert (await house.client.post(house.url(0, "/api/v1/auth/logout"), headers=headers)).status_code == 204

    stop = asyncio.Event()

    async def load(secret: str) -> Counter[int]:
        found: Counter[int] = Counter()
        while not stop.is_set():
            found += await everywhere(house, by_cookie(secret), 60)
        return found

    loads = [asyncio.ensure_future(load(secret)) for secret in (kept, gone)]
    for _ in range(3 if SHORT else 20):
        await asyncio.sleep(0.3)
        await asyncio.to_thread(_flush, house.valkey.url)
    await asyncio.to_thread(house.kill_valkey)
    await asyncio.sleep(2)
    stop.set()
    signed_in_all_along, signed_out = [await part for part in loads]
    assert set(signed_in_all_along) == {200}
    assert set(signed_out) == {401}


async def test_a_revocation_lost_by_valkey_stays_in_force(house: House) -> None:
    await registered(house.client)
    secret, headers = await session_of(house, "ada")
    assert set(await everywhere(house, by_cookie(secret), 30)) == {200}
    os.kill(house.valkey.pid, signal.SIGSTOP)  # away, but not gone: its copies will come back
    refused = await house.client.post(house.url(0, "/api/v1/auth/logout"), headers=headers)
    os.kill(house.valkey.pid, signal.SIGCONT)
    assert (refused.status_code, refused.json()["code"]) == (503, "not-everywhere-yet")
    again = await house.client.post(house.url(1, "/api/v1/auth/logout"), headers=headers)
    assert again.status_code in {204, 401}
    worker = [sys.executable, "-m", "efir", "worker", "--queues", "fast"]
    with subprocess.Popen(worker, env={**os.environ, **house.environment}) as process:  # noqa: ASYNC220  # starts once
        deadline = time.monotonic() + 30
        while set(await everywhere(house, by_cookie(secret), 12)) != {401}:
            assert time.monotonic() < deadline
        process.terminate()
    await asyncio.to_thread(house.kill_valkey)
    assert set(await everywhere(house, by_cookie(secret), 60)) == {401}


async def test_two_tabs_refresh_thousands_of_times_and_nobody_is_signed_out(house: House) -> None:
    await registered(house.client)
    token = (await tokens_of(house, "ada"))["refresh_token"]
    first = token
    for number in range(REFRESHES // 2):
        body = {"refresh_token": token}
        answers = await asyncio.gather(
            *(house.client.post(house.url(number + tab, "/api/v1/auth/token/refresh"), json=body) for tab in (0, 1))
        )
        assert [answer.status_code for answer in answers] == [200, 200], (number, [one.text for one in answers])
        found = {answer.json()["refresh_token"] for answer in answers}
        assert len(found) == 1
        token = found.pop()
    stolen = await house.client.post(house.url(0, "/api/v1/auth/token/refresh"), json={"refresh_token": first})
    assert stolen.status_code == 401
    dead = await house.client.post(house.url(1, "/api/v1/auth/token/refresh"), json={"refresh_token": token})
    assert dead.status_code == 401


LIMITED = """
import asyncio, sys
from efir.adapters.redis.connection import Valkey
from efir.adapters.redis.rate_limits import ValkeyRateLimiter
from efir.domain.kernel.rate_limits import Rate

async def main():
    valkey = Valkey(sys.argv[1])
    rates = ValkeyRateLimiter(valkey)
    async def one():
        return (await rates.take([Rate("chaos", "all", 200, 600)])).allowed
    allowed = 0
    for _ in range(int(sys.argv[2]) // 25):
        allowed += sum(await asyncio.gather(*(one() for _ in range(25))))
    print(allowed)
    await valkey.close()

asyncio.run(main())
"""


def test_eight_processes_together_allow_exactly_the_limit(house: House) -> None:
    times = 100 if SHORT else 1250
    command = [sys.executable, "-c", LIMITED, house.valkey.url, str(times)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    allowed = sum(int(process.communicate(timeout=120)[0]) for process in processes)
    assert allowed == 200


def _flush(url: str) -> None:
    client = redis_client.Redis.from_url(url)
    client.flushall()
    client.close()
