"""`efir doctor`: checks everything that the service needs."""

import asyncio
import contextlib
import time
from collections.abc import Sequence

import asyncpg
import redis

from efir.adapters.embedded import postgres, valkey
from efir.adapters.embedded.sockets import existing_socket_directory
from efir.bootstrap.commands import checks
from efir.bootstrap.processes.http_probe import answers
from efir.bootstrap.processes.revisions import find_newest_revisions
from efir.bootstrap.startup.settings_loading import load_settings
from efir.bootstrap.wiring.mail import mailer_of
from efir.domain.kernel.hosts import host_of, is_loopback
from efir.drivers.cli.doctor import Finding, doctor_arguments, present
from efir.drivers.cli.failures import CommandFailed
from efir.drivers.cli.up import mail_hint
from efir.ports.mail import MailServerUnavailable
from efir.settings import Settings, SettingsRefused

OLDEST_POSTGRES = 150_000
CLOCK_SECONDS = 5.0
PATIENCE = 5.0


def doctor(argv: Sequence[str]) -> int:
    """Run all checks; wrong settings are a finding, too."""
    changes, as_json = doctor_arguments(argv)
    try:
        settings = load_settings(changes)
    except CommandFailed as error:
        cause, _, step = str(error).partition("; ")
        return present([checks.python(), Finding("settings", "problem", cause, step)], as_json=as_json)
    return present(asyncio.run(examine(settings)), as_json=as_json)


async def examine(settings: Settings) -> list[Finding]:
    """Run all checks."""
    return [
        checks.python(),
        Finding("settings", "ok", "all known and readable"),
        checks.data_dir(settings),
        checks.disk(settings),
        checks.port(settings, answers=await answers(settings.host, settings.port, "/healthz")),
        checks.postgres_program(settings),
        await database(settings),
        checks.valkey_program(settings),
        cache(settings),
        await mail(settings),
        checks.ffmpeg(settings),
        *checks.libraries(),
        checks.sandbox(settings),
    ]


async def database(settings: Settings) -> Finding:
    """Check that the database responds, is new enough, has the newest schema, and agrees with this machine's clock."""
    url = settings.database.url
    if not url:
        sockets = existing_socket_directory(settings.home)
        if not postgres.is_ready(sockets):
            return Finding("database", "ok", "the embedded one is not running; `efir up` starts it")
        url = postgres.postgres_url(sockets)
    try:
        version, revision, drift = await _ask_database(url, settings.database.schema)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        cause = str(error) or type(error).__name__
        return Finding("database", "problem", f"it does not answer: {cause}", "check EFIR_DATABASE__URL and the server")
    known = ", ".join(sorted(find_newest_revisions()))
    detail = f"PostgreSQL {version // 10_000}.{version % 10_000}, schema at revision {revision or 'none'}"
    if version < OLDEST_POSTGRES:
        return Finding("database", "problem", f"{detail}: too old", "use PostgreSQL 15 or newer")
    if revision != known:
        return Finding("database", "problem", f"{detail}, this release has {known}", "run `efir migrate`")
    if drift > CLOCK_SECONDS:
        return Finding("database", "warning", f"{detail}; its clock differs by {drift:.0f} s", "synchronise the clocks")
    return Finding("database", "ok", detail)


async def _ask_database(url: str, schema: str) -> tuple[int, str | None, float]:
    connection = await asyncpg.connect(url, timeout=PATIENCE, command_timeout=PATIENCE)
    try:
        version = int(await connection.fetchval("show server_version_num"))
        there = float(await connection.fetchval("select extract(epoch from clock_timestamp())"))
        drift = abs(there - time.time())
        revision = None
        if await connection.fetchval("select to_regclass(quote_ident($1) || '.alembic_version')", schema) is not None:
            quoted = schema.replace('"', '""')
            revision = await connection.fetchval(f'select version_num from "{quoted}".alembic_version')  # noqa: S608  # a setting, quoted
        return version, revision, drift
    finally:
        await connection.close()


def cache(settings: Settings) -> Finding:
    """Check that the cache responds, keeps its data across a restart, and never evicts queued wake-ups."""
    url = settings.redis.url
    if not url:
        sockets = existing_socket_directory(settings.home)
        if not valkey.is_ready(sockets):
            return Finding("cache", "ok", "the embedded one is not running; `efir up` starts it")
        url = valkey.valkey_url(sockets)
    client = redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, decode_responses=True)
    told: dict[str, str] = {}
    try:
        facts = client.info("server")
        with contextlib.suppress(redis.ResponseError):  # managed servers disable CONFIG
            told = _read_redis_info(client)
    except (redis.RedisError, OSError, ValueError) as error:
        return Finding("cache", "problem", f"it does not answer: {error}", "check EFIR_REDIS__URL and the server")
    finally:
        client.close()
    detail = f"{facts.get('server_name', 'redis')} {facts.get('valkey_version', facts.get('redis_version', ''))}"
    if not told:
        return Finding(
            "cache", "warning", f"{detail}; it does not tell its settings", "see that appendonly is on there"
        )
    if told.get("appendonly") != "yes":
        return Finding(
            "cache", "problem", f"{detail} forgets everything when it restarts", "set `appendonly yes` there"
        )
    if told.get("maxmemory-policy") != "noeviction":
        policy = told.get("maxmemory-policy")
        return Finding(
            "cache", "warning", f"{detail} may drop wake-ups ({policy})", "set `maxmemory-policy noeviction`"
        )
    return Finding("cache", "ok", f"{detail}, append-only file on")


async def mail(settings: Settings) -> Finding:
    """Check that the mail server accepts the login, or report where mail goes without a server."""
    try:
        mailer = mailer_of(settings)
    except SettingsRefused as error:
        return Finding("mail", "problem", str(error), "correct the setting")
    if mailer is None:
        where = mail_hint(settings.origin).removeprefix("mail: ")
        if is_loopback(host_of(settings.origin)):
            return Finding("mail", "ok", where)
        return Finding("mail", "warning", where, "set EFIR_MAIL__SMTP_URL")
    try:
        async with asyncio.timeout(PATIENCE):
            await mailer.check()
    except (MailServerUnavailable, TimeoutError) as error:
        cause = str(error) or type(error).__name__
        return Finding("mail", "problem", f"the server does not take mail: {cause}", "check EFIR_MAIL__SMTP_URL")
    return Finding("mail", "ok", "the mail server answers")


def _read_redis_info(client: redis.Redis) -> dict[str, str]:
    found = client.config_get("appendonly", "maxmemory-policy")
    return {str(name): str(value) for name, value in found.items()}
