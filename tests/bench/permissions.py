"""What a checked permission costs: round trips to Valkey, statements of PostgreSQL, and CPU against asking PostgreSQL.

Ours keeps copies in Valkey; the reference is the same application without Valkey, so it reads session, account, roles
and permissions by one statement a request. The CPU of API, PostgreSQL and Valkey counts on both sides.
"""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import asyncpg
import redis

from bench.reads import REQUESTS, cpu_per_request, instance
from bench.rounds import Outcome, compare, finish
from efir.domain.auth.sessions import token_text
from kit.programs import free_port, granian

PATH = "/api/v1/auth/permissions/check?permission=audit.read"
WHO = """
with someone as (insert into user_account (nickname, nick_skel, display_name) values ('eve', 'eve', 'Eve')
                 returning id),
     holds as (insert into user_role (user_id, role_id)
               select someone.id, role.id from someone, role where role.name = 'administrator')
insert into api_token (user_id, kind, name, secret_hash, scopes, created_at, expires_at)
select id, 'pat', 'bench', $1, '{admin}', now(), now() + interval '1 day' from someone"""
STATEMENTS = """
select coalesce(sum(calls), 0)::int from pg_stat_statements s join pg_database d on d.oid = s.dbid
 where d.datname = current_database() and query not like '%pg_stat_statements%'"""
PARENT = re.compile(r"\) \S (\d+)")


@dataclass(frozen=True, kw_only=True)
class Count:
    """How often something happens for one request, and how often it may."""

    name: str
    found: float
    most: float

    @property
    def holds(self) -> bool:
        """Whether it is no more than it may be."""
        return self.found <= self.most

    far_off = property(lambda self: not self.holds)

    def __str__(self) -> str:
        return f"{self.name}: {self.found:.4f} a request (limit {self.most:g}){'' if self.holds else '  MISSED'}"


class Servers:
    """The database and Valkey, seen from outside."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._postgres = environment["EFIR_DATABASE__URL"]
        self._valkey = redis.Redis.from_url(environment["EFIR_REDIS__URL"])

    def prepare(self) -> str:
        """Make somebody with a role and a token; answers the header that tells the token."""
        secret = secrets.token_hex(32)[:43]
        asyncio.run(self._execute(WHO, hashlib.sha256(secret.encode()).digest()))
        asyncio.run(self._execute("create extension pg_stat_statements"))
        return f"Authorization: Bearer {token_text(secret)}\r\n"

    def round_trips(self) -> int:
        """Commands that clients have sent to Valkey; what scripts call inside of it does not count."""
        told = self._valkey.info("commandstats")
        return sum(int(told.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in ("evalsha", "eval", "script|load"))

    def statements(self) -> int:
        """Statements that PostgreSQL has run."""
        return int(asyncio.run(self._value(STATEMENTS)))

    def pids(self) -> tuple[int, int]:
        """First processes of PostgreSQL and of Valkey."""
        backend = asyncio.run(self._value("select pg_backend_pid()", look=_parent))
        return backend, int(self._valkey.info("server")["process_id"])

    async def _execute(self, statement: str, *arguments: object) -> None:
        connection = await asyncpg.connect(self._postgres)
        try:
            await connection.execute(statement, *arguments)
        finally:
            await connection.close()

    async def _value(self, statement: str, *, look: Callable[[int], int] = int) -> int:
        """Ask for a number, and look at it while the connection lasts."""
        connection = await asyncpg.connect(self._postgres)
        try:
            return look(await connection.fetchval(statement))
        finally:
            await connection.close()


def _parent(pid: int) -> int:
    """The process that a process was started by."""
    found = PARENT.search(Path(f"/proc/{pid}/stat").read_text())
    return int(found[1]) if found else pid


def outcomes() -> Iterator[Count | Outcome]:
    """Counts first, then the comparison."""
    with instance({"shared_preload_libraries": "pg_stat_statements"}) as (environment, _):
        servers = Servers(environment)
        header, beside = servers.prepare(), servers.pids()
        nowhere = {"EFIR_REDIS__URL": f"redis://127.0.0.1:{free_port()}/0", "EFIR_LOG__LEVEL": "error"}
        app = "efir.bootstrap.wiring.http:application"
        with (
            granian(app, environment=environment) as ours,
            granian(app, environment=environment | nowhere) as theirs,
        ):
            ask = partial(cpu_per_request, path=PATH, headers=header, beside=beside)
            ask(ours)
            trips, statements = servers.round_trips(), servers.statements()
            ask(ours)
            yield Count(name="round trips to Valkey", found=(servers.round_trips() - trips) / REQUESTS, most=1.01)
            yield Count(name="SQL statements", found=(servers.statements() - statements) / REQUESTS, most=0.01)
            ask(theirs)
            statements = servers.statements()
            ask(theirs)
            asked = (servers.statements() - statements) / REQUESTS
            yield Count(name="SQL statements of the reference", found=asked, most=float("inf"))
            yield compare(
                "checked permission, CPU", partial(ask, ours), partial(ask, theirs), unit="µs", most=1.0,
            )  # fmt: skip


if __name__ == "__main__":
    finish(outcomes())
