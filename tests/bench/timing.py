"""Whether the time of an answer tells who has an account: sign-in, forgotten passwords, the check of an address.

Requests for known and unknown names follow each other in random order on one connection. AUC is how often a guess by
time alone would be right: 0.5 is chance. Hashes cost the least that OWASP names (19 MiB, two passes), a fraction of the
default, so they blur less than they do for an attacker. Status, size and headers must be equal too.
"""

import asyncio
import json
import math
import random
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

import asyncpg

from bench.reads import instance
from bench.rounds import SHORT, finish
from kit.programs import granian

SAMPLES = 400 if SHORT else 10_000
PEOPLE = 20
LIMIT = 0.52
SURE = 3.0  # standard errors that chance may add in the short form
SETTINGS = {
    "EFIR_LIMITS__SIGN_IN_ATTEMPTS": "1000000",
    "EFIR_LIMITS__SIGN_IN_ATTEMPTS_NAME": "1000000",
    "EFIR_LIMITS__SIGN_IN_ATTEMPTS_NETWORK": "1000000",
    "EFIR_LIMITS__RESETS_NETWORK": "1000000",
    "EFIR_LIMITS__REGISTRATIONS_NETWORK": "1000000",
    "EFIR_LIMITS__PASSWORD_PASSES": "2",
    "EFIR_LIMITS__PASSWORD_MEMORY_KIB": "19456",
}
VOLATILE = re.compile(rb'(?im)("request_id":")[^"]*|(^(?:x-request-id|(?:x-)?ratelimit[a-z-]*|date): )[^\r]*')


@dataclass(frozen=True, kw_only=True)
class Told:
    """How well time tells two kinds of names apart, and whether anything else does."""

    name: str
    auc: float
    samples: int
    equal: bool

    @property
    def chance(self) -> float:
        """Standard error of an AUC of so many samples when there is nothing to tell (Hanley and McNeil, 1982)."""
        half = self.samples / 2
        return math.sqrt((2 * half + 1) / (12 * half * half))

    @property
    def holds(self) -> bool:
        """Whether time tells next to nothing."""
        return self.equal and abs(self.auc - 0.5) <= LIMIT - 0.5

    @property
    def far_off(self) -> bool:
        """Whether more is told than a few samples tell by chance."""
        return not self.equal or abs(self.auc - 0.5) > LIMIT - 0.5 + SURE * self.chance

    def __str__(self) -> str:
        verdict = "" if self.holds else "  MISSED"
        same = "equal" if self.equal else "DIFFERENT"
        return (
            f"{self.name}: AUC {self.auc:.4f} (limit {LIMIT}, chance ±{self.chance:.4f}) of {self.samples} samples, "
            f"answers {same}{verdict}"
        )


def auc(known: list[float], unknown: list[float]) -> float:
    """How often a known name took longer than an unknown one; ties count half (Mann and Whitney)."""
    ranked = sorted([(seconds, True) for seconds in known] + [(seconds, False) for seconds in unknown])
    ranks, start = 0.0, 0
    while start < len(ranked):
        end = start
        while end < len(ranked) and ranked[end][0] == ranked[start][0]:
            end += 1
        ranks += (start + end + 1) / 2 * sum(is_known for _, is_known in ranked[start:end])
        start = end
    return (ranks - len(known) * (len(known) + 1) / 2) / (len(known) * len(unknown))


class Line:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[float, bytes]:
        """Send a request; answers the seconds until the whole answer was there, and the answer."""
        started = time.perf_counter()
        self._socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._part()
        head, _, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        while length and len(body) < int(length[1]):
            body += self._part()
        return time.perf_counter() - started, head + b"\r\n\r\n" + body

    def _part(self) -> bytes:
        part = self._socket.recv(65_536)
        if not part:
            raise ConnectionError
        return part


def written(method: str, path: str, body: dict[str, str] | None = None, ticket: str = "") -> bytes:
    """Write a request."""
    text = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {len(text)}"]
    lines += ["Content-Type: application/json"] * bool(text) + [f"X-Registration-Ticket: {ticket}"] * bool(ticket)
    return "\r\n".join([*lines, "", ""]).encode() + text


def told(name: str, line: Line, known: list[str], unknown: list[str], write: Callable[[str], bytes]) -> Told:
    """Measure names of both kinds in random order."""
    times: dict[bool, list[float]] = {True: [], False: []}
    answers: dict[bool, set[bytes]] = {True: set(), False: set()}
    for someone in known + unknown:
        line.ask(write(someone))
    for _ in range(SAMPLES // 2):
        for is_known in random.sample((True, False), 2):
            someone = secrets.choice(known if is_known else unknown)
            seconds, answer = line.ask(write(someone))
            times[is_known].append(seconds)
            answers[is_known].add(VOLATILE.sub(rb"\1\2", answer))
    if len(answers[True]) != 1:
        raise RuntimeError(sorted(answers[True])[:2])
    return Told(
        name=name, auc=auc(times[True], times[False]), samples=2 * len(times[True]),
        equal=answers[True] == answers[False],
    )  # fmt: skip


async def _prepared(url: str) -> None:
    """Confirm all addresses, take the passwords of half, and use up the checks of the registration."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "update user_account set email_verified_at = now();"
            "delete from password_credential p using user_account u where u.id = p.user_id and u.nickname like 'o%';"
            "update registration set worked = true, email_checks = 1000"
        )
    finally:
        await connection.close()


def outcomes() -> Iterator[Told]:
    """Every question that could tell."""
    with (
        instance() as (environment, _),
        granian("efir.bootstrap.wiring.http:application", environment=environment | SETTINGS) as (port, _),
    ):
        line = Line(port)
        with_password, without, nobody = (
            [f"{kind}{secrets.token_hex(6)}" for _ in range(PEOPLE)] for kind in ("p", "o", "n")
        )
        for nickname in with_password + without:
            body = {"email": f"{nickname}@example.org", "nickname": nickname, "password": "a long quiet evening"}
            _, answer = line.ask(written("POST", "/api/v1/users", body))
            if b" 201 " not in answer.partition(b"\r\n")[0]:
                raise RuntimeError(answer)
        _, answer = line.ask(written("POST", "/api/v1/registrations", {}))
        ticket = json.loads(answer.partition(b"\r\n\r\n")[2])["ticket"]
        asyncio.run(_prepared(environment["EFIR_DATABASE__URL"]))

        def login(name: str) -> bytes:
            return written("POST", "/api/v1/auth/login", {"login": name, "password": "not the right one"})

        def reset(name: str) -> bytes:
            return written("POST", "/api/v1/auth/password/forgot", {"email": f"{name}@example.org"})

        def available(name: str) -> bytes:
            address = quote(f"{name}@example.org")
            return written("GET", f"/api/v1/registrations/availability?email={address}", ticket=ticket)

        yield told("sign-in, known by a password and unknown", line, with_password, nobody, login)
        yield told("sign-in, known without a password and unknown", line, without, nobody, login)
        yield told("forgotten password, known and unknown", line, with_password, nobody, reset)
        yield told("address over the budget, known and unknown", line, with_password, nobody, available)


if __name__ == "__main__":
    finish(outcomes())
