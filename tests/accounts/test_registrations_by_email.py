"""Registering where an address must be confirmed first, and with an address that somebody has already."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import redis.asyncio

from efir.application.context import Ports
from efir.bootstrap.wiring.http import served
from efir.domain.accounts.registrations import EmailCheck, RequireEmail
from efir.settings import Settings
from kit.builders import PASSWORD, registered
from kit.fixtures.mails import Deliver
from kit.mail_server import Sink, links_of, plain

PATH = "/api/v1/registrations"
ANSWERS = {"nickname": "grace", "email": "ada@example.org", "password": PASSWORD}
CODE = re.compile(r"\b\d{8}\b")


@pytest.fixture(autouse=True)
async def nothing_counted(redis_url: str) -> AsyncIterator[None]:
    """No attempts of other tests."""
    yield
    valkey = redis.asyncio.from_url(redis_url)
    await valkey.flushdb()
    await valkey.aclose()


@pytest.fixture
async def strict(mailing: Ports, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A browser-like client of an instance that makes no account before its address is confirmed."""
    app = served(replace(mailing, accounts=replace(mailing.accounts, require_email=RequireEmail.FINISH)), settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://efir.test", follow_redirects=True) as http:
        yield http


@pytest.fixture
async def secretive(mailing: Ports, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A browser-like client of an instance that tells nobody which addresses it knows."""
    app = served(replace(mailing, accounts=replace(mailing.accounts, email_check=EmailCheck.MAILBOX)), settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://efir.test") as http:
        yield http


async def described(client: httpx.AsyncClient, **other: str) -> str:
    """A registration that needs no further answer; gives its address."""
    view = (await client.post(PATH)).json()
    one = f"{PATH}/{view['id']}"
    answer = await client.patch(one, json=ANSWERS | other)
    assert answer.status_code == 200, answer.text
    return one


async def ada_has_confirmed(api: httpx.AsyncClient, connection: Any) -> None:
    """The owner of an address, and an empty mailbox."""
    await registered(api)
    await connection.execute("update user_account set email_verified_at = now(), locale = 'ru'; delete from mails")


async def test_an_account_is_made_only_after_its_address_is_confirmed(
    strict: httpx.AsyncClient, sink: Sink, deliver: Deliver, connection: Any
) -> None:
    one = await described(strict, email="grace@example.org")
    assert (await strict.get(one)).json()["missing"] == ["email_code"]
    early = await strict.post(f"{one}/finish")
    assert (early.status_code, early.json()["code"]) == (422, "registration-unfinished")
    assert [row["pointer"] for row in early.json()["errors"]] == ["/email_code"]
    assert (await strict.post(f"{one}/email-code")).status_code == 204
    await deliver()
    (mail,) = sink.messages
    assert mail["To"] == "grace@example.org"
    assert "http://efir.test/register/code" in links_of(mail)
    code = CODE.findall(plain(mail))[0]
    view = await strict.post(f"{one}/email-code/verify", json={"code": f"{code[:4]} {code[4:]}"})
    assert (view.status_code, view.json()["missing"], view.json()["email_verified"]) == (200, [], True)
    done = await strict.post(f"{one}/finish")
    assert done.status_code == 201, done.text
    me = (await strict.get("/api/v1/users/me")).json()
    assert (me["email"], me["email_verified"]) == ("grace@example.org", True)
    await deliver()
    assert len(sink.messages) == 1  # nothing more to confirm


async def test_another_address_has_to_be_confirmed_anew(
    strict: httpx.AsyncClient, sink: Sink, deliver: Deliver
) -> None:
    one = await described(strict)
    await strict.post(f"{one}/email-code")
    await deliver()
    code = {"code": CODE.findall(plain(sink.messages[0]))[0]}
    changed = await strict.patch(one, json={"email": "other@example.org"})
    assert (changed.json()["missing"], changed.json()["email_code_sent"]) == (["email_code"], False)
    gone = await strict.post(f"{one}/email-code/verify", json=code)
    assert (gone.status_code, gone.json()["code"]) == (410, "proof-gone")
    await strict.patch(one, json={"email": "ada@example.org"})
    assert (await strict.post(f"{one}/email-code/verify", json=code)).status_code == 410


async def test_five_wrong_codes_end_it_and_another_one_begins_anew(
    strict: httpx.AsyncClient, sink: Sink, deliver: Deliver
) -> None:
    one = await described(strict)
    for number in range(2):
        await strict.post(f"{one}/email-code")
        await deliver()
        code = CODE.findall(plain(sink.messages[number]))[0]
        wrong = f"{(int(code) + 1) % 10**8:08}"
        for _ in range(5 - number):
            answer = await strict.post(f"{one}/email-code/verify", json={"code": wrong})
            assert (answer.status_code, answer.json()["code"]) == (422, "wrong-code")
        if number == 0:  # five of them
            right = await strict.post(f"{one}/email-code/verify", json={"code": code})
            assert (right.status_code, right.json()["code"]) == (410, "proof-gone")
    earlier = CODE.findall(plain(sink.messages[0]))[0]
    assert (await strict.post(f"{one}/email-code/verify", json={"code": earlier})).status_code in {410, 422}
    await strict.post(f"{one}/email-code")
    await deliver()
    code = CODE.findall(plain(sink.messages[2]))[0]
    assert (await strict.post(f"{one}/email-code/verify", json={"code": code})).status_code == 200


async def test_a_code_is_too_old_after_ten_minutes_and_too_many_are_refused(
    strict: httpx.AsyncClient, sink: Sink, deliver: Deliver, connection: Any
) -> None:
    one = await described(strict)
    await strict.post(f"{one}/email-code")
    await deliver()
    code = CODE.findall(plain(sink.messages[0]))[0]
    await connection.execute("update registration set email_code_until = now() - interval '1 second'")
    late = await strict.post(f"{one}/email-code/verify", json={"code": code})
    assert (late.status_code, late.json()["code"]) == (410, "proof-gone")
    answers = [(await strict.post(f"{one}/email-code")).status_code for _ in range(6)]
    assert answers == [204] * 5 + [429]


async def test_one_request_makes_no_account_where_addresses_are_confirmed_first(
    strict: httpx.AsyncClient, connection: Any
) -> None:
    answer = await strict.post("/api/v1/users", json=ANSWERS)
    assert (answer.status_code, answer.json()["code"]) == (403, "registration-in-steps-only")
    assert await connection.fetchval("select count(*) from user_account") == 0


async def test_the_wizard_asks_for_the_code(strict: httpx.AsyncClient, sink: Sink, deliver: Deliver) -> None:
    page = await strict.get("/register")
    for field, value, then in (
        ("nickname", "grace", "email"), ("email", "grace@example.org", "code"),
    ):  # fmt: skip
        page = await strict.post(
            "/register/name" if field == "nickname" else f"/register/{field}",
            data={"csrf_token": token_of(page), field: value},
        )
        assert page.url.path == f"/register/{then}", page.text
    assert "step 3 of 5" in page.text
    assert (await strict.get("/register/password")).url.path == "/register/code"
    await deliver()
    assert len(sink.messages) == 1
    wrong = await strict.post("/register/code", data={"csrf_token": token_of(page), "code": "1"})
    assert wrong.status_code == 422
    assert "The code is wrong" in wrong.text
    again = await strict.post("/register/code", data={"csrf_token": token_of(page), "send": "1"})
    assert "A new mail is on its way" in again.text
    await deliver()
    code = CODE.findall(plain(sink.messages[1]))[0]
    page = await strict.post("/register/code", data={"csrf_token": token_of(again), "code": code})
    assert page.url.path == "/register/password"
    assert (await strict.get("/register/code")).url.path == "/register/password"


async def test_the_owner_of_an_address_gets_one_mail_and_who_asks_sees_no_difference(
    api: httpx.AsyncClient, secretive: httpx.AsyncClient, sink: Sink, deliver: Deliver, connection: Any
) -> None:
    await ada_has_confirmed(api, connection)
    answers = []
    for nickname, email in (("grace", "ada@example.org"), ("linus", "new@example.org")):
        sink.messages.clear()
        one = await described(secretive, nickname=nickname, email=email)
        asked = await secretive.get(f"{PATH}/availability", params={"email": email})
        done = await secretive.post(f"{one}/finish")
        me = await secretive.get("/api/v1/users/me")
        answers.append((asked, done, me))
        await deliver()
        (mail,) = sink.messages
        known = email == "ada@example.org"
        assert mail["To"] == email
        assert ("У вас уже есть учётная запись" in str(mail["Subject"])) is known
        assert bool(CODE.findall(plain(mail))) is not known
        assert ("ada" in plain(mail).splitlines()[0]) is known  # the owner is greeted by name
        secretive.cookies.clear()
    for first, second in zip(*answers, strict=True):
        assert first.status_code == second.status_code
        assert len(first.content) == len(second.content)
        assert first.headers.keys() == second.headers.keys()
    assert answers[0][0].json() == {"available": True, "reason": "by-mail"}
    assert answers[0][2].json()["pending_email"] == answers[1][2].json()["pending_email"]
    row = await connection.fetchrow("select email_verified_at from user_account where nickname = 'grace'")
    assert row["email_verified_at"] is None


async def test_the_one_request_way_tells_the_owner_too(
    api: httpx.AsyncClient, secretive: httpx.AsyncClient, sink: Sink, deliver: Deliver, connection: Any
) -> None:
    await ada_has_confirmed(api, connection)
    answer = await secretive.post("/api/v1/users", json=ANSWERS)
    assert answer.status_code == 201
    await deliver()
    (mail,) = sink.messages
    assert mail["To"] == "ada@example.org"
    assert CODE.findall(plain(mail)) == []
    assert not [link for link in links_of(mail) if "token" in link]


async def test_a_code_for_a_known_address_is_told_to_nobody(
    api: httpx.AsyncClient, strict: httpx.AsyncClient, sink: Sink, deliver: Deliver, connection: Any
) -> None:
    await ada_has_confirmed(api, connection)
    one = await described(strict)
    answer = await strict.post(f"{one}/email-code")
    assert (answer.status_code, answer.content) == (204, b"")
    view = (await strict.get(one)).json()
    assert (view["email_code_sent"], view["missing"]) == (True, ["email_code"])
    await deliver()
    (mail,) = sink.messages
    assert "уже есть" in str(mail["Subject"])
    assert CODE.findall(plain(mail)) == []
    assert (await strict.post(f"{one}/email-code/verify", json={"code": "00000000"})).status_code == 422


def token_of(page: httpx.Response) -> str:
    """The token of a form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]
