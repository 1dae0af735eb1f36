"""Addresses: confirmed by who reads them, changed without a gap, never by a machine that opens links."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from efir.application.context import Ports
from kit.builders import PASSWORD, registered, signed_in
from kit.fixtures.mails import Deliver
from kit.mail_server import Sink, code_of, plain, scan, token_of

CONFIRM, RESEND, CHANGE = (f"/api/v1/auth/email/{name}" for name in ("confirm", "resend", "change"))


async def me(api: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get("/api/v1/users/me")).json()
    return found


async def test_registering_mails_a_code_that_confirms_the_address(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver
) -> None:
    await registered(api)
    await deliver()
    headers = await signed_in(api)
    assert (await me(api))["email_verified"] is False
    (message,) = sink.to("ada@example.org")
    spaced = f"{code_of(message)[:4]} {code_of(message)[4:]}"
    answer = await api.post(CONFIRM, json={"code": spaced}, headers=headers)
    assert answer.status_code == 204, answer.text
    assert (await me(api))["email_verified"] is True
    again = await api.post(CONFIRM, json={"code": code_of(message)}, headers=headers)
    assert (again.status_code, again.json()["code"]) == (410, "proof-gone")


async def test_the_link_confirms_without_a_login_and_once(api: httpx.AsyncClient, sink: Sink, deliver: Deliver) -> None:
    await registered(api)
    await deliver()
    token = token_of(sink.messages[0])
    assert (await api.post(CONFIRM, json={"token": token})).status_code == 204
    assert (await api.post(CONFIRM, json={"token": token})).status_code == 410
    by_address = await api.post("/api/v1/auth/login", json={"login": "ada@example.org", "password": PASSWORD})
    assert by_address.status_code == 200


async def test_a_scanner_that_opens_links_and_sends_forms_confirms_nothing(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver, connection: Any
) -> None:
    await registered(api)
    await deliver()
    (message,) = sink.messages
    answers = await scan(api, message)
    assert len(answers) >= 6
    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
    assert await connection.fetchval("select email_verified_at from user_account") is None
    headers = await signed_in(api)
    assert (await api.post(CONFIRM, json={"code": code_of(message)}, headers=headers)).status_code == 204


async def test_five_wrong_codes_end_a_code_and_a_new_one_ends_the_old(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver
) -> None:
    await registered(api)
    await deliver()
    headers = await signed_in(api)
    code = code_of(sink.messages[0])
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    for _ in range(5):
        answer = await api.post(CONFIRM, json={"code": wrong}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong-code")
    assert (await api.post(CONFIRM, json={"code": code}, headers=headers)).status_code == 410
    assert (await api.post(RESEND, headers=headers)).status_code == 204
    await deliver()
    fresh = sink.messages[1]
    assert (await api.post(CONFIRM, json={"token": token_of(sink.messages[0])}, headers=headers)).status_code == 410
    assert (await api.post(CONFIRM, json={"code": code_of(fresh)}, headers=headers)).status_code == 204
    done = await api.post(RESEND, headers=headers)
    assert (done.status_code, done.json()["code"]) == (409, "email-confirmed")


@pytest.mark.parametrize(("column", "status"), [("code_until", 410), ("expires_at", 410)])
async def test_a_code_that_is_too_old_is_worth_nothing(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver, connection: Any, column: str, status: int
) -> None:
    await registered(api)
    await deliver()
    headers = await signed_in(api)
    await connection.execute(f"update mailbox_proof set {column} = now() - interval '1 s'")  # noqa: S608  # own names
    assert (await api.post(CONFIRM, json={"code": code_of(sink.messages[0])}, headers=headers)).status_code == status
    by_link = await api.post(CONFIRM, json={"token": token_of(sink.messages[0])}, headers=headers)
    assert by_link.status_code == (204 if column == "code_until" else 410)


async def test_guesses_at_once_are_all_counted(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver, connection: Any
) -> None:
    await registered(api)
    await deliver()
    headers = await signed_in(api)
    code = int(code_of(sink.messages[0]))
    guesses = [f"{(code + offset) % 10**8:08d}" for offset in range(1, 13)]
    answers = await asyncio.gather(*(api.post(CONFIRM, json={"code": guess}, headers=headers) for guess in guesses))
    assert sorted(answer.status_code for answer in answers) == [410] * 7 + [422] * 5
    assert await connection.fetchval("select tries from mailbox_proof") == 5


async def test_nobody_squats_an_address_and_the_first_to_confirm_has_it(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver
) -> None:
    for nickname in ("eve", "ada"):
        body = {"email": "Ada@Example.org", "nickname": nickname, "password": PASSWORD}
        assert (await api.post("/api/v1/users", json=body)).status_code == 201
    await deliver()
    first, second = sink.messages
    assert (await api.post(CONFIRM, json={"token": token_of(second)})).status_code == 204
    late = await api.post(CONFIRM, json={"token": token_of(first)})
    assert (late.status_code, late.json()["code"]) == (409, "email-taken")


async def test_a_new_address_counts_once_it_is_confirmed_and_the_old_one_is_told(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver
) -> None:
    headers = await confirmed(api, sink, deliver)
    assert (await api.post(CHANGE, json={"email": "new@example.org"}, headers=headers)).status_code == 204
    found = await me(api)
    assert (found["email"], found["pending_email"]) == ("ada@example.org", "new@example.org")
    await deliver()
    assert (await api.post(CONFIRM, json={"token": token_of(sink.messages[-1])}, headers=headers)).status_code == 204
    found = await me(api)
    assert (found["email"], found["email_verified"], found["pending_email"]) == ("new@example.org", True, None)
    await deliver()
    assert "new@example.org" in plain(sink.to("ada@example.org")[-1])
    login = {"login": "ada@example.org", "password": PASSWORD}
    assert (await api.post("/api/v1/auth/login", json=login)).status_code == 401


async def test_a_change_that_waits_is_ended_by_naming_the_present_address(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver
) -> None:
    headers = await confirmed(api, sink, deliver)
    await api.post(CHANGE, json={"email": "new@example.org"}, headers=headers)
    await deliver()
    assert (await api.post(CHANGE, json={"email": "ada@example.org"}, headers=headers)).status_code == 204
    assert (await me(api))["pending_email"] is None
    assert (await api.post(CONFIRM, json={"token": token_of(sink.messages[-1])}, headers=headers)).status_code == 410


async def test_changing_the_address_long_after_the_login_needs_the_password(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver, signed_in_long_ago: Callable[[], Awaitable[None]]
) -> None:
    headers = await confirmed(api, sink, deliver)
    await signed_in_long_ago()
    body = {"email": "new@example.org"}
    stale = await api.post(CHANGE, json=body, headers=headers)
    assert (stale.status_code, stale.json()["code"]) == (401, "step-up-needed")
    wrong = await api.post(CHANGE, json={**body, "current_password": "not the password"}, headers=headers)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/current_password")
    right = await api.post(CHANGE, json={**body, "current_password": PASSWORD}, headers=headers)
    assert right.status_code == 204


async def test_a_mailbox_is_not_flooded(api: httpx.AsyncClient, mailing: Ports, sink: Sink, deliver: Deliver) -> None:
    await registered(api)
    headers = await signed_in(api)
    most = mailing.limits.max_mails_an_hour
    answers = [await api.post(RESEND, headers=headers) for _ in range(most)]
    assert [answer.status_code for answer in answers] == [204] * (most - 1) + [429]
    assert answers[-1].headers["retry-after"] == "3600"
    await deliver()
    assert len(sink.messages) == most


async def test_a_link_leads_to_the_configured_address_whatever_host_was_asked(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver
) -> None:
    body = {"email": "ada@example.org", "nickname": "ada", "password": PASSWORD}
    evil = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    assert (await api.post("/api/v1/users", json=body, headers=evil)).status_code == 201
    await deliver()
    assert "evil.example" not in str(sink.messages[0])
    assert "http://efir.test/confirm" in plain(sink.messages[0])


@pytest.mark.parametrize("body", [{}, {"code": "12345678"}, {"token": "short"}, {"token": "x" * 43}])
async def test_a_proof_that_is_none_is_told(api: httpx.AsyncClient, body: dict[str, str]) -> None:
    assert (await api.post(CONFIRM, json=body)).status_code in {410, 422}


async def test_the_language_of_the_account_is_that_of_its_mails(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver
) -> None:
    body = {"email": "ada@example.org", "nickname": "ada", "password": PASSWORD, "locale": "ru"}
    await api.post("/api/v1/users", json=body)
    await deliver()
    assert "Здравствуйте, ada!" in plain(sink.messages[0])
    assert (await api.post("/api/v1/users", json=body | {"nickname": "eve", "locale": "xx"})).status_code == 422


async def confirmed(api: httpx.AsyncClient, sink: Sink, deliver: Deliver) -> dict[str, str]:
    """Somebody with a confirmed address, signed in."""
    await registered(api)
    await deliver()
    assert (await api.post(CONFIRM, json={"token": token_of(sink.messages[0])})).status_code == 204
    return await signed_in(api)
