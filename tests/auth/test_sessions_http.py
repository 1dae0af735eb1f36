"""Devices, login history, bans and tokens of apps over HTTP: what ends counts nowhere any more."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from efir.application.access.bans import ban_user, lift_ended_bans
from efir.application.auth.signing_keys import rotate_signing_keys, tend_signing_keys
from efir.application.context import Actor, Ports
from efir.bootstrap.wiring.http import served
from efir.domain.access.permissions import EVERY
from efir.domain.access.roles import LastAdministrator
from efir.domain.kernel.ids import UserId
from efir.settings import Settings
from kit.builders import PASSWORD, Person, another, person, registered, signed_in, with_role

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

WAITING = """
select count(*) from pg_locks l join pg_database d on d.oid = l.database
 where d.datname = current_database() and l.locktype = 'advisory' and not l.granted"""


async def pair(client: httpx.AsyncClient, nickname: str = "ada", **headers: str) -> dict[str, Any]:
    body = {"login": nickname, "password": PASSWORD}
    answer = await client.post("/api/v1/auth/token", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refreshed(client: httpx.AsyncClient, token: str, **headers: str) -> httpx.Response:
    return await client.post("/api/v1/auth/token/refresh", json={"refresh_token": token}, headers=headers)


async def me(client: httpx.AsyncClient, tokens: dict[str, Any]) -> httpx.Response:
    return await client.get("/api/v1/users/me", headers={"authorization": f"Bearer {tokens['access_token']}"})


@pytest.fixture(autouse=True)
async def signing_key(ports: Ports) -> None:
    await tend_signing_keys(ports)


async def test_devices_are_listed_and_ended_one_by_one_or_all_at_once(client: httpx.AsyncClient) -> None:
    await registered(client)
    async with another(client) as phone, another(client) as tablet:
        for browser in (phone, tablet):
            browser.headers["user-agent"] = FIREFOX
            await signed_in(browser)
        headers = await signed_in(client)
        rows = (await client.get("/api/v1/auth/sessions")).json()["items"]
        assert [(row["current"], row["device"]) for row in rows][1:] == [(False, "Firefox, Linux")] * 2
        assert rows[0]["current"] is True
        gone = await client.delete(f"/api/v1/auth/sessions/{rows[1]['id']}", headers=headers)
        assert gone.status_code == 204
        assert (await tablet.get("/api/v1/auth/session")).status_code == 401
        assert (await phone.get("/api/v1/auth/session")).status_code == 200
        ended = await client.post("/api/v1/auth/sessions/revoke-others", headers=headers)
        assert ended.json() == {"ended": 1}
        assert (await phone.get("/api/v1/auth/session")).status_code == 401
        assert (await client.get("/api/v1/auth/session")).status_code == 200


async def test_nobody_ends_the_session_of_somebody_else(client: httpx.AsyncClient) -> None:
    await registered(client)
    await registered(client, "eve")
    await signed_in(client)
    hers = (await client.get("/api/v1/auth/sessions")).json()["items"][0]["id"]
    async with another(client) as browser:
        headers = await signed_in(browser, "eve")
        answer = await browser.delete(f"/api/v1/auth/sessions/{hers}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "session-not-found")
    assert (await client.get("/api/v1/auth/session")).status_code == 200


async def test_every_attempt_to_sign_in_is_in_the_history(client: httpx.AsyncClient, connection: Any) -> None:
    await registered(client)
    client.headers["user-agent"] = FIREFOX
    await client.post("/api/v1/auth/login", json={"login": "ada", "password": "wrong password"})
    await client.post("/api/v1/auth/login", json={"login": "a password by mistake", "password": "x" * 12})
    await signed_in(client)
    rows = (await client.get("/api/v1/auth/login-history")).json()["items"]
    assert [(row["outcome"], row["method"], row["device"]) for row in rows] == [
        ("ok", "password", "Firefox, Linux"), ("bad_secret", "password", "Firefox, Linux"),
    ]  # fmt: skip
    assert rows[0]["session_id"] is not None
    unknown = await connection.fetch("select * from login_event where outcome = 'unknown'")
    assert len(unknown) == 1
    assert "mistake" not in str(unknown[0])
    assert len(unknown[0]["ident_mac"]) == 16


async def test_a_banned_person_is_out_everywhere_at_once_and_back_when_the_ban_ends(
    client: httpx.AsyncClient, ports: Ports, connection: Any
) -> None:
    ada = await person(client)
    admin = await person(client, "root-of-all")
    await with_role(ports, "root-of-all")
    tokens = await pair(client)
    async with another(client) as browser:
        await signed_in(browser)
        until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        ban = {"reason": "Spam in comments.", "until": until}
        answer = await client.put(f"/api/v1/users/{ada.id}/ban", json=ban, headers=admin.headers)
        assert answer.status_code == 204, answer.text
        assert (await browser.get("/api/v1/auth/session")).status_code == 401
        assert (await client.get("/api/v1/users/me", headers=ada.headers)).status_code == 401
        assert (await me(client, tokens)).status_code == 401
        assert (await refreshed(client, tokens["refresh_token"])).status_code == 401
        refused = await browser.post("/api/v1/auth/login", json={"login": "ada", "password": PASSWORD})
        assert (refused.status_code, refused.json()["code"]) == (403, "user-banned")
        assert "Spam in comments." in refused.json()["detail"]
        wrong = await browser.post("/api/v1/auth/login", json={"login": "ada", "password": "wrong password"})
        assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong-credentials")
    shown = (await client.get("/api/v1/users?status=banned", headers=admin.headers)).json()["items"]
    assert [(row["nickname"], row["ban_reason"]) for row in shown] == [("ada", "Spam in comments.")]
    await connection.execute("update ban set ends_at = now()")
    await lift_ended_bans(ports)
    assert (await client.get("/api/v1/users/me", headers=ada.headers)).status_code == 200
    async with another(client) as browser:
        await signed_in(browser)


async def test_nobody_bans_themselves_or_somebody_with_wider_rights(client: httpx.AsyncClient, ports: Ports) -> None:
    admin, moderator = await person(client, "root-of-all"), await person(client, "mod")
    await with_role(ports, "root-of-all")
    await with_role(ports, "mod", "moderator")
    path = "/api/v1/users/{}/ban"
    ban = {"reason": "x"}
    own = await client.put(path.format(moderator.id), json=ban, headers=moderator.headers)
    assert (own.status_code, own.json()["code"]) == (403, "cannot-ban")
    wider = await client.put(path.format(admin.id), json=ban, headers=moderator.headers)
    assert (wider.status_code, wider.json()["code"]) == (403, "wider-than-own")
    empty = await client.put(path.format(moderator.id), json={"reason": " "}, headers=admin.headers)
    assert empty.status_code == 422


async def test_the_last_administrator_is_not_banned_by_one_for_a_while(
    client: httpx.AsyncClient, ports: Ports, connection: Any
) -> None:
    last, clerk = await person(client, "root-of-all"), await person(client, "clerk")
    for name in ("root-of-all", "clerk"):
        await with_role(ports, name)
    await connection.execute("update user_role set expires_at = now() + interval '1 h' where user_id = $1", clerk.id)
    path = f"/api/v1/users/{last.id}/ban"
    refused = await client.put(path, json={"reason": "x"}, headers=clerk.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "last-administrator")
    assert (await client.get("/api/v1/users/me", headers=last.headers)).status_code == 200


async def test_of_two_administrators_who_ban_each_other_at_once_one_is_left(
    client: httpx.AsyncClient, ports: Ports, connection: Any
) -> None:
    one, two = [UserId(UUID((await person(client, name)).id)) for name in ("root-of-all", "ada")]
    for name in ("root-of-all", "ada"):
        await with_role(ports, name)

    async def bans(by: UserId, whom: UserId) -> None:
        actor = Actor(user_id=by, permissions=EVERY)
        await ban_user(ports, actor, user_id=whom, reason="x", until=None, now=ports.clock())

    async with ports.begin() as tx:
        await tx.roles.lock_administration()
        both = [asyncio.ensure_future(bans(one, two)), asyncio.ensure_future(bans(two, one))]
        while await connection.fetchval(WAITING) < 2:
            assert not any(ban.done() for ban in both)
            await asyncio.sleep(0.02)
    ends = await asyncio.gather(*both, return_exceptions=True)
    assert [type(end) for end in ends if end is not None] == [LastAdministrator]


async def test_an_access_token_works_until_its_session_ends(client: httpx.AsyncClient) -> None:
    await registered(client)
    tokens = await pair(client)
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 300
    assert (await me(client, tokens)).json()["nickname"] == "ada"
    ended = await client.post("/api/v1/auth/token/revoke", json={"token": tokens["refresh_token"]})
    assert ended.status_code == 204
    assert (await me(client, tokens)).status_code == 401
    assert (await client.post("/api/v1/auth/token/revoke", json={"token": "foreign"})).status_code == 204


async def test_two_tabs_that_refresh_at_once_get_the_same_successor(client: httpx.AsyncClient) -> None:
    await registered(client)
    first = await pair(client)
    one = (await refreshed(client, first["refresh_token"])).json()
    two = (await refreshed(client, first["refresh_token"])).json()
    assert one["refresh_token"] == two["refresh_token"] != first["refresh_token"]
    assert (await refreshed(client, two["refresh_token"])).status_code == 200


async def test_an_old_refresh_token_that_comes_back_ends_its_session(
    client: httpx.AsyncClient, connection: Any
) -> None:
    await registered(client)
    first = await pair(client)
    second = (await refreshed(client, first["refresh_token"])).json()
    third = (await refreshed(client, second["refresh_token"])).json()
    stolen = await refreshed(client, first["refresh_token"])
    assert (stolen.status_code, stolen.json()["code"]) == (401, "invalid-refresh-token")
    assert (await refreshed(client, third["refresh_token"])).status_code == 401
    assert (await me(client, third)).status_code == 401
    assert await connection.fetchval("select count(*) from login_event where outcome = 'reuse_detected'") == 1


async def test_the_grace_is_for_the_same_browser_and_some_seconds_only(
    client: httpx.AsyncClient, connection: Any
) -> None:
    await registered(client)
    first = await pair(client)
    await refreshed(client, first["refresh_token"])
    assert (await refreshed(client, first["refresh_token"], **{"user-agent": "other"})).status_code == 401
    first = await pair(client)
    await refreshed(client, first["refresh_token"])
    await connection.execute("update login_session set rt_rotated_at = rt_rotated_at - interval '11 seconds'")
    assert (await refreshed(client, first["refresh_token"])).status_code == 401


async def test_an_invented_refresh_token_ends_nobodys_session(client: httpx.AsyncClient) -> None:
    await registered(client)
    tokens = await pair(client)
    token = tokens["refresh_token"]
    for other in (token[:-1] + ("A" if token[-1] != "A" else "B"), "efr_" + "A" * 80, "efr_", "", token.upper()):
        assert (await refreshed(client, other)).status_code == 401, other
    assert (await refreshed(client, token)).status_code == 200


async def test_keys_are_replaced_while_tokens_stay_good_unless_compromised(
    client: httpx.AsyncClient, ports: Ports
) -> None:
    await registered(client)
    tokens = await pair(client)
    published = (await client.get("/.well-known/jwks.json")).json()["keys"]
    assert all("d" not in key for key in published)
    await rotate_signing_keys(ports, compromised=False, now=ports.clock())
    assert (await me(client, tokens)).status_code == 200
    fresh = await pair(client)
    await rotate_signing_keys(ports, compromised=True, now=ports.clock())
    assert (await me(client, tokens)).status_code == 401
    assert (await me(client, fresh)).status_code == 401
    assert (await refreshed(client, fresh["refresh_token"])).status_code == 200


async def test_a_cookie_and_a_bearer_token_do_not_stand_in_for_each_other(
    client: httpx.AsyncClient, connection: Any
) -> None:
    await registered(client)
    await signed_in(client)
    cookie = client.cookies["sid"]
    client.cookies.clear()
    for bearer in (cookie, "x.y.z", "a" * 5000, f"efir_pat_{cookie}_00000000"):
        answer = await client.get("/api/v1/users/me", headers={"authorization": f"Bearer {bearer}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid-token"), bearer


async def test_too_many_attempts_are_told_with_a_time(
    client: httpx.AsyncClient, session_ports: Ports, settings: Settings
) -> None:
    await registered(client, "limited")
    limits = replace(session_ports.limits, sign_in_attempts=3)
    app = served(replace(session_ports, limits=limits), settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://efir.test") as browser:
        body = {"login": f"limited{datetime.now(UTC).timestamp()}", "password": PASSWORD}
        answers = [await browser.post("/api/v1/auth/login", json=body) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0", "0"]
    assert answers[3].json()["code"] == "rate-limited"
    assert 890 <= int(answers[3].headers["retry-after"]) <= 900
    assert answers[0].headers["ratelimit-policy"] == '"sign-in";q=3;w=900'


async def test_a_person_with_a_role_uses_the_same_rights_by_every_credential(
    client: httpx.AsyncClient, ports: Ports
) -> None:
    admin: Person = await person(client, "root-of-all")
    await with_role(ports, "root-of-all")
    tokens = await pair(client, "root-of-all")
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get("/api/v1/roles", headers=bearer)).status_code == 200
    assert (await client.get("/api/v1/roles", headers=admin.headers)).status_code == 200
    await signed_in(client, "root-of-all")
    assert (await client.get("/api/v1/roles")).status_code == 200
