"""A mail server, the whole application that sends to it, and the worker that does so."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import redis.asyncio

from efir.adapters.mail.smtp import SmtpMailer, sender_address, smtp_server
from efir.application.context import Ports
from efir.application.jobs.engine import run_next
from efir.bootstrap.wiring.http import served
from efir.bootstrap.wiring.work import WORK
from efir.domain.jobs import Queue
from efir.drivers.workers.actors import handlers_of
from efir.settings import Settings
from sinks import Sink, smtp_sink

Deliver = Callable[[], Awaitable[list[str]]]


@pytest.fixture(scope="session")
def server() -> Iterator[Sink]:
    """A mail server."""
    with smtp_sink() as sink:
        yield sink


@pytest.fixture
def sink(server: Sink) -> Sink:
    """The mail server, empty."""
    for kept in (server.messages, server.answers, server.refused):
        kept.clear()
    return server


@pytest.fixture(scope="session")
def session_mailing(session_ports: Ports, server: Sink) -> Ports:
    """All ports, with the mail server."""
    sender = sender_address("Efir <efir@efir.test>")
    mailer = SmtpMailer(smtp_server(f"smtp://127.0.0.1:{server.port}"), sender=sender, seconds=5)
    return replace(session_ports, mail=replace(session_ports.mail, mailer=mailer))


@pytest.fixture
def mailing(session_mailing: Ports, ports: Ports, sink: Sink) -> Ports:
    """All ports with the empty mail server, over an empty database."""
    return session_mailing


@pytest.fixture(scope="session")
def mailing_app(session_mailing: Ports, settings: Settings) -> Any:
    """The application that sends mail."""
    return served(session_mailing, settings)


@pytest.fixture
def deliver(mailing: Ports) -> Deliver:
    """Do the jobs of mails that are due; answers what was told of them."""
    return lambda: work_off(mailing)


async def work_off(ports: Ports, queue: Queue = Queue.MAIL) -> list[str]:
    """Do the jobs of a queue that are due."""
    told: list[str] = []
    while await run_next(
        ports,
        handlers_of(queue, WORK.jobs),
        queue=queue,
        worker="w",
        told=lambda event, job, _error: told.append(f"{job.kind} {event}"),
    ):
        pass
    return told


@pytest.fixture
def signed_in_long_ago(connection: Any, redis_url: str) -> Callable[[], Awaitable[None]]:
    """Let every login be older than credentials may be changed after."""

    async def age() -> None:
        await connection.execute("update login_session set auth_time = now() - interval '1 hour'")
        client = redis.asyncio.from_url(redis_url)
        await client.flushdb()  # copies of credentials hold the time too
        await client.aclose()

    return age


@pytest.fixture
async def api(mailing_app: Any, mailing: Ports) -> AsyncIterator[httpx.AsyncClient]:
    """A browser-like client of the application that sends mail."""
    transport = httpx.ASGITransport(app=mailing_app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://efir.test") as http:
        yield http
