"""Passwords: changed by who knows them, reset by who reads the mailbox, and by nobody else."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from accounts.test_email_verification import confirmed
from efir.application.context import Ports
from kit.builders import PASSWORD, registered, signed_in
from kit.fixtures.mails import Deliver
from kit.mail_server import Sink, scan, token_of

CHANGE, FORGOT, RESET = (f"/api/v1/auth/password/{name}" for name in ("change", "forgot", "reset"))
OTHER = "another quiet evening"


async def test_a_changed_password_ends_other_login_sessions_and_the_person_is_told(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver
) -> None:
    await confirmed(api, sink, deliver)
    old = api.cookies["sid"]
    api.cookies.clear()
    headers = await signed_in(api)
    answer = await api.post(CHANGE, json={"current_password": PASSWORD, "new_password": OTHER}, headers=headers)
    assert answer.status_code == 204, answer.text
    assert (await api.get("/api/v1/auth/session")).status_code == 200
    await deliver()
    assert sink.messages[-1]["Subject"] == "Your password at Efir was changed"
    api.cookies.clear()
    api.cookies.set("sid", old, domain="efir.test")
    assert (await api.get("/api/v1/auth/session")).status_code == 401
    api.cookies.clear()
    for password, status in ((PASSWORD, 401), (OTHER, 200)):
        assert (await api.post("/api/v1/auth/login", json={"login": "ada", "password": password})).status_code == status


async def test_a_wrong_present_or_new_password_changes_nothing(api: httpx.AsyncClient) -> None:
    await registered(api)
    headers = await signed_in(api)
    for present, new, field in (("wrong", OTHER, "/current_password"), (PASSWORD, "short", "/new_password")):
        answer = await api.post(CHANGE, json={"current_password": present, "new_password": new}, headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, field)
    await signed_in(api)


@pytest.mark.parametrize(
    ("password", "code"),
    [("1234567890", "common"), ("QWERTYUIOP", "common"), ("dragonball", "common"), ("ada@example.org", "personal"),
     ("efirefirefir", "personal"), ("example2026", "personal"), ("ababababab", "common")],
)  # fmt: skip
async def test_what_anybody_would_try_is_no_password(api: httpx.AsyncClient, password: str, code: str) -> None:
    body = {"email": "ada@example.org", "nickname": "ada", "password": password}
    answer = await api.post("/api/v1/users", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


async def test_a_mailed_link_sets_a_password_once_and_ends_every_session(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver
) -> None:
    await confirmed(api, sink, deliver)
    assert (await api.post(FORGOT, json={"email": " ADA@example.org"})).status_code == 204
    await deliver()
    body = {"token": token_of(sink.messages[-1]), "new_password": OTHER}
    weak = await api.post(RESET, json=body | {"new_password": "ada@example.org"})
    assert (weak.status_code, weak.json()["errors"][0]["pointer"]) == (422, "/new_password")
    done = await api.post(RESET, json=body)
    assert done.status_code == 204, done.text
    assert "set-cookie" not in done.headers, "nobody is signed in by a link"
    assert (await api.get("/api/v1/auth/session")).status_code == 401
    assert (await api.post(RESET, json=body)).status_code == 410
    assert (await api.post("/api/v1/auth/login", json={"login": "ada", "password": OTHER})).status_code == 200


async def test_of_two_uses_at_once_of_one_link_one_counts(api: httpx.AsyncClient, sink: Sink, deliver: Deliver) -> None:
    await confirmed(api, sink, deliver)
    await api.post(FORGOT, json={"email": "ada@example.org"})
    await deliver()
    token = token_of(sink.messages[-1])
    answers = await asyncio.gather(
        *(api.post(RESET, json={"token": token, "new_password": f"{OTHER} {number}"}) for number in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [204, 410, 410, 410]


async def test_a_scanner_that_opens_links_and_sends_forms_sets_no_password(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver
) -> None:
    await confirmed(api, sink, deliver)
    await api.post(FORGOT, json={"email": "ada@example.org"})
    await deliver()
    api.cookies.clear()
    answers = await scan(api, sink.messages[-1])
    assert len(answers) >= 6
    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
    await signed_in(api)
    body = {"token": token_of(sink.messages[-1]), "new_password": OTHER}
    assert (await api.post(RESET, json=body)).status_code == 204


@pytest.mark.parametrize("change", ["expires_at = now() - interval '1 s'", "user_id = user_id"])
async def test_a_newer_link_or_time_ends_a_link(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver, connection: Any, change: str
) -> None:
    await confirmed(api, sink, deliver)
    await api.post(FORGOT, json={"email": "ada@example.org"})
    await deliver()
    token = token_of(sink.messages[-1])
    if "expires" in change:
        await connection.execute(f"update mailbox_proof set {change}")  # noqa: S608  # own names
    else:
        await api.post(FORGOT, json={"email": "ada@example.org"})
        await deliver()
    assert (await api.post(RESET, json={"token": token, "new_password": OTHER})).status_code == 410


async def test_an_unknown_address_is_answered_like_a_known_one_and_gets_no_mail(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver, connection: Any
) -> None:
    await confirmed(api, sink, deliver)
    await connection.execute("delete from mails")
    before = len(sink.messages)
    work = []
    for address in ("ada@example.org", "nobody@example.org"):
        rows = await connection.fetchval("select (select count(*) from mails) + (select count(*) from jobs)")
        answer = await api.post(FORGOT, json={"email": address})
        assert (answer.status_code, answer.content) == (204, b"")
        work.append(
            await connection.fetchval("select (select count(*) from mails) + (select count(*) from jobs)") - rows
        )
    assert work == [2, 2], "the request writes the same, so it takes the same time"
    await deliver()
    assert [message["To"] for message in sink.messages[before:]] == ["ada@example.org"]
    assert await connection.fetchval("select count(*) from mails where recipient like 'nobody%'") == 0


async def test_an_address_that_is_not_confirmed_resets_nothing(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver
) -> None:
    await registered(api)
    await deliver()
    before = len(sink.messages)
    assert (await api.post(FORGOT, json={"email": "ada@example.org"})).status_code == 204
    await deliver()
    assert len(sink.messages) == before


async def test_a_huge_password_is_refused_before_it_is_hashed(api: httpx.AsyncClient) -> None:
    body = json.dumps({"login": "ada", "password": "x" * 1_000_000})
    answer = await api.post("/api/v1/auth/login", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    too_much = json.dumps({"login": "ada", "password": "x" * 1_100_000})
    answer = await api.post("/api/v1/auth/login", content=too_much, headers={"content-type": "application/json"})
    assert answer.status_code == 413


async def test_a_login_brings_an_old_hash_up_to_date(api: httpx.AsyncClient, ports: Ports, connection: Any) -> None:
    await registered(api)
    wrapped = await connection.fetchval("select wrapped from password_credential")
    assert not ports.auth.passwords.stale(wrapped)
    await signed_in(api)
    assert await connection.fetchval("select wrapped from password_credential") == wrapped
