"""The pages that mails lead to and the pages of the settings, in a browser without scripts."""

import functools
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from accounts.test_email_verification import confirmed
from efir.application.context import Ports
from efir.bootstrap.wiring.http import served
from efir.domain.jobs import Queue
from efir.settings import Settings
from kernel.test_pages import BROWSER, send, token_of, told
from kit.builders import PASSWORD, registered, signed_in
from kit.fixtures.mails import Deliver, work_off
from kit.mail_server import Sink, code_of, links_of

OTHER = "another quiet evening"


@pytest.fixture
def reader(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser without scripts."""
    api.headers.update(BROWSER)
    return api


def path_of(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


async def test_a_signed_in_reader_confirms_by_a_button(reader: httpx.AsyncClient, sink: Sink, deliver: Deliver) -> None:
    await told(reader, nickname="ada", email="ada@example.org", password=PASSWORD)
    await send(reader, "/register/finish", "/register/check")
    await deliver()
    link = path_of(links_of(sink.messages[0])[0])
    page = await reader.get(link)
    assert "ada@example.org" in page.text
    assert 'name="code"' not in page.text
    answer = await send(reader, "/confirm", link, token=link.partition("=")[2])
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/security?notice=email-confirmed")
    assert "Your address is confirmed." in (await reader.get(answer.headers["location"])).text
    assert (await reader.get(link)).status_code == 410


async def test_elsewhere_the_code_is_typed(reader: httpx.AsyncClient, sink: Sink, deliver: Deliver) -> None:
    await registered(reader)
    await deliver()
    link, code = path_of(links_of(sink.messages[0])[0]), code_of(sink.messages[0])
    wrong = await send(
        reader, "/confirm", link, token=link.partition("=")[2], code="00000000" if code[0] != "0" else "9"
    )
    assert wrong.status_code == 422
    assert 'href="#code"' in wrong.text
    answer = await send(reader, "/confirm", link, token=link.partition("=")[2], code=code)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?notice=email-confirmed")


async def test_a_new_code_is_sent_on_demand(reader: httpx.AsyncClient, sink: Sink, deliver: Deliver) -> None:
    await registered(reader)
    await signed_in(reader)
    await deliver()
    answer = await send(reader, "/confirm/resend", "/confirm")
    assert (answer.status_code, answer.headers["location"]) == (303, "/confirm?notice=mail-sent")
    await deliver()
    answer = await send(reader, "/confirm", code=code_of(sink.messages[1]))
    assert answer.headers["location"] == "/settings/security?notice=email-confirmed"


async def test_a_forgotten_password_is_set_anew(reader: httpx.AsyncClient, sink: Sink, deliver: Deliver) -> None:
    await confirmed(reader, sink, deliver)
    reader.cookies.clear()
    answers = [await send(reader, "/forgot", email=email) for email in ("nobody@example.org", "ada@example.org")]
    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {
        (303, "/forgot?notice=reset-asked")
    }
    await deliver()
    link = path_of(links_of(sink.messages[-1])[0])
    token = link.partition("=")[2]
    weak = await send(reader, "/reset", link, token=token, new_password="short")
    assert weak.status_code == 422
    assert 'href="#new_password"' in weak.text
    answer = await send(reader, "/reset", link, token=token, new_password=OTHER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?notice=password-set")
    assert (await reader.get(link)).status_code == 410
    assert (await send(reader, "/login", login="ada@example.org", password=OTHER)).status_code == 303


@pytest.mark.parametrize(
    "path", ["/confirm?token=x", f"/confirm?token={'x' * 43}", "/reset", f"/reset?token={'x' * 43}"]
)
async def test_a_link_that_is_not_good_says_what_to_do(reader: httpx.AsyncClient, path: str) -> None:
    page = await reader.get(path)
    assert page.status_code == 410
    assert "This link is not good any more" in page.text
    assert 'class="button primary" href="/' in page.text


async def test_the_profile_is_changed(reader: httpx.AsyncClient) -> None:
    await registered(reader)
    await signed_in(reader)
    fields = {"display_name": "Ада Лавлейс", "nickname": "lovelace", "locale": "ru", "phone": " +44 20 7946 0958 "}
    answer = await send(reader, "/settings/profile", **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/profile?notice=saved")
    page = (await reader.get("/settings/profile")).text
    for value in ("Ада Лавлейс", "lovelace", "+442079460958"):
        assert f'value="{value}"' in page
    assert '<option value="ru" selected>' in page
    wrong = await send(reader, "/settings/profile", **fields | {"nickname": "ada", "phone": "12"})
    assert wrong.status_code == 422
    assert 'href="#phone"' in wrong.text
    again = await send(reader, "/settings/profile", **fields | {"nickname": "countess"})
    assert "A nickname can be changed once in 30 days" in again.text
    assert 'value="countess"' in again.text


async def test_the_password_is_changed_in_the_settings(reader: httpx.AsyncClient) -> None:
    await registered(reader)
    await signed_in(reader)
    wrong = await send(reader, "/settings/security/password", current_password="no", new_password=OTHER)
    assert 'href="#current_password"' in wrong.text
    assert OTHER not in wrong.text
    answer = await send(reader, "/settings/security/password", current_password=PASSWORD, new_password=OTHER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/security?notice=password-changed")


async def test_the_password_is_asked_again_some_time_after_signing_in(
    reader: httpx.AsyncClient, signed_in_long_ago: Callable[[], Awaitable[None]]
) -> None:
    await registered(reader)
    await signed_in(reader)
    for path in ("/settings/security/email", "/settings/data", "/settings/data/delete"):
        assert 'name="current_password"' not in (await reader.get(path)).text
    await signed_in_long_ago()
    for path in ("/settings/security/email", "/settings/data", "/settings/data/delete"):
        assert 'name="current_password"' in (await reader.get(path)).text
        answer = await send(reader, path, email="new@example.org")
        assert (answer.status_code, 'href="#current_password"' in answer.text) == (422, True), path


async def test_a_file_with_all_data_is_made_and_fetched(reader: httpx.AsyncClient, mailing: Ports) -> None:
    await registered(reader)
    await signed_in(reader)
    assert (await send(reader, "/settings/data")).status_code == 303
    assert "Your file is being made" in (await reader.get("/settings/data")).text
    await work_off(mailing, Queue.FAST)
    page = (await reader.get("/settings/data")).text
    found = re.search(r'href="(/api/v1/users/me/exports/[^"]+)"', page)
    assert found
    assert (await reader.get(found[1])).content.startswith(b"PK")


async def test_an_account_is_deleted_and_kept_after_all(reader: httpx.AsyncClient) -> None:
    await registered(reader)
    await signed_in(reader)
    answer = await send(reader, "/settings/data/delete")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?notice=account-closed")
    assert "sid" not in reader.cookies
    closed = await send(reader, "/login", login="ada", password=PASSWORD)
    assert closed.status_code == 403
    assert 'href="/restore"' in closed.text
    assert (await send(reader, "/restore", login="ada", password="wrong")).status_code == 422
    kept = await send(reader, "/restore", login="ada", password=PASSWORD)
    assert (kept.status_code, kept.headers["location"]) == (303, "/login?notice=account-kept")
    assert (await send(reader, "/login", login="ada", password=PASSWORD)).status_code == 303


@pytest.mark.parametrize(
    "path", ["", "/profile", "/security", "/security/email", "/security/password", "/data", "/data/delete"]
)
async def test_the_settings_are_for_who_is_signed_in(reader: httpx.AsyncClient, path: str) -> None:
    page = await reader.get(f"/settings{path}")
    assert (page.status_code, page.headers["location"].partition("?")[0]) == (303, "/login")
    if path not in {"", "/security"}:
        await registered(reader)
        await signed_in(reader)
        for body in ({}, {"csrf_token": "x.y"}):
            assert (await reader.post(f"/settings{path}", data=body)).status_code == 403


LOCAL = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def app_at(session_ports: Ports, settings: Settings) -> Callable[[str], Any]:
    """The application without a mail server, under some public address."""
    return functools.cache(lambda origin: served(replace(session_ports, origin=origin), settings))


@pytest.fixture
async def at_home(ports: Ports, app_at: Callable[[str], Any]) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on the machine where the service runs without a mail server."""
    transport = httpx.ASGITransport(app=app_at(LOCAL), client=("127.0.0.1", 5000))
    async with httpx.AsyncClient(transport=transport, base_url=LOCAL, headers=BROWSER) as http:
        yield http


async def test_without_a_mail_server_mails_are_read_at_the_machine(at_home: httpx.AsyncClient) -> None:
    assert "No mails yet." in (await at_home.get("/mailbox")).text
    await registered(at_home)
    page = (await at_home.get("/mailbox")).text
    assert "ada@example.org" in page
    assert re.search(r'<a href="[^"]*/confirm\?token=[0-9A-Za-z]{43}" rel="noopener">', page)


@pytest.mark.parametrize(
    ("origin", "host", "client", "headers"),
    [
        ("https://efir.example", "127.0.0.1:8000", "127.0.0.1", {}),
        ("http://efir.test", "127.0.0.1:8000", "127.0.0.1", {}),
        (LOCAL, "efir.example", "127.0.0.1", {}),
        (LOCAL, "127.0.0.1.evil.example", "127.0.0.1", {}),
        (LOCAL, "127.0.0.1:8000", "10.0.0.7", {}),
        (LOCAL, "127.0.0.1:8000", "127.0.0.1", {"x-forwarded-for": "127.0.0.1"}),
        (LOCAL, "127.0.0.1:8000", "127.0.0.1", {"forwarded": "for=127.0.0.1"}),
    ],
)
async def test_nobody_else_finds_a_mailbox(
    ports: Ports, app_at: Callable[[str], Any], origin: str, host: str, client: str, headers: dict[str, str]
) -> None:
    transport = httpx.ASGITransport(app=app_at(origin), client=(client, 5000))
    async with httpx.AsyncClient(transport=transport, base_url=LOCAL) as http:
        answer = await http.get("/mailbox", headers={**BROWSER, "host": host, **headers})
    assert answer.status_code == 404


async def test_with_a_mail_server_there_is_no_mailbox(mailing: Ports, settings: Settings) -> None:
    app = served(replace(mailing, origin=LOCAL), settings)
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 5000))
    async with httpx.AsyncClient(transport=transport, base_url=LOCAL) as http:
        assert (await http.get("/mailbox", headers=BROWSER)).status_code == 404


async def test_a_form_of_the_settings_carries_a_token(reader: httpx.AsyncClient) -> None:
    await registered(reader)
    await signed_in(reader)
    assert token_of(await reader.get("/settings/profile"))
