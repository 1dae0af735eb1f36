"""Seeing the service as somebody else: nothing is changed, everybody knows, and it ends with the actor (attack 44)."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from access.test_requirements import routes
from efir.application.access.actors import OPERATOR
from efir.application.access.requirements import SAFE
from efir.application.access.roles import create_role
from efir.application.auth.signing_keys import tend_signing_keys
from efir.application.context import Ports
from kit.authenticator_app import forgotten
from kit.builders import PASSWORD, another, person, registered, signed_in, with_role

REASON = {"reason": "Ticket 4711."}


async def newcomer(client: httpx.AsyncClient, nickname: str) -> dict[str, Any]:
    """Register somebody in a browser of their own."""
    async with another(client) as browser:
        return await registered(browser, nickname)


@pytest.fixture
async def ada(client: httpx.AsyncClient, connection: Any) -> str:
    """Somebody who needs help; the address is confirmed."""
    found = await newcomer(client, "ada")
    await connection.execute("update user_account set email_verified_at = now() where id = $1", found["id"])
    return str(found["id"])


@pytest.fixture
async def root(client: httpx.AsyncClient, ports: Ports) -> dict[str, str]:
    """The client is an administrator's browser; answers the headers of their unsafe requests."""
    await newcomer(client, "root-of-all")
    await with_role(ports, "root-of-all")
    return await signed_in(client, "root-of-all")


async def taken(client: httpx.AsyncClient, root: dict[str, str], user_id: str) -> dict[str, str]:
    """Take somebody's place in the client; answers the headers of unsafe requests from there."""
    answer = await client.post(f"/api/v1/users/{user_id}/impersonate", json=REASON, headers=root)
    assert answer.status_code == 200, answer.text
    assert "access_token" not in answer.json()
    csrf = await client.get("/api/v1/auth/csrf")
    return {"x-csrf-token": csrf.json()["csrf_token"]}


async def who(client: httpx.AsyncClient, **headers: str) -> str:
    answer = await client.get("/api/v1/users/me", headers=headers)
    return str(answer.json()["nickname"]) if answer.status_code == 200 else str(answer.json()["code"])


@contextmanager
def without(client: httpx.AsyncClient, name: str) -> Iterator[None]:
    """A browser that has lost a cookie for a while."""
    kept = client.cookies.get(name)
    client.cookies.delete(name)
    yield
    client.cookies.set(name, kept or "", domain="efir.test")


async def test_an_administrator_sees_what_somebody_sees_and_is_themselves_again(
    client: httpx.AsyncClient, root: dict[str, str], ada: str
) -> None:
    assert await who(client) == "root-of-all"
    place = await taken(client, root, ada)
    assert await who(client) == "ada"
    assert (await client.get("/api/v1/auth/session")).json()["user"]["nickname"] == "ada"
    ended = await client.delete("/api/v1/auth/impersonation", headers=place)
    assert ended.status_code == 204
    assert await who(client) == "root-of-all"
    again = await client.delete("/api/v1/auth/impersonation", headers=root)
    assert (again.status_code, again.json()["code"]) == (409, "not-impersonating")


async def test_in_somebodys_place_every_unsafe_request_is_refused(
    app: Any, client: httpx.AsyncClient, root: dict[str, str], ada: str
) -> None:
    headers = await taken(client, root, ada) | {"accept": "application/json"}
    asked = 0
    for method, path, option in routes(app):
        if method in SAFE or option.get("anonymous") or option.get("harmless"):
            continue
        asked += 1
        answer = await client.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "impersonation-read-only"), (method, path)
    assert asked > 80
    assert await who(client) == "ada"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/auth/password/change", {"new_password": "another quiet evening"}),
        ("POST", "/auth/password/change", {"new_password": "another quiet one", "current_password": PASSWORD}),
        ("POST", "/auth/email/change", {"email": "root@example.org"}),
        ("POST", "/auth/totp", None),
        ("DELETE", "/auth/totp", None),
        ("POST", "/auth/recovery-codes", None),
        ("POST", "/auth/passkeys/registration/options", None),
        ("POST", "/users/me/tokens", {"name": "mine"}),
        ("POST", "/auth/sessions/revoke-others", None),
        ("DELETE", "/users/me", {"current_password": PASSWORD}),
        ("GET", "/users/me/export", None),
    ],
)
async def test_credentials_of_the_person_are_out_of_reach(
    client: httpx.AsyncClient, root: dict[str, str], ada: str, method: str, path: str, body: Any
) -> None:
    place = await taken(client, root, ada)
    answer = await client.request(method, f"/api/v1{path}", json=body, headers=place)
    assert (answer.status_code, answer.json()["code"]) == (403, "impersonation-read-only"), answer.text


async def test_nobody_takes_the_place_of_an_administrator_or_their_own(
    client: httpx.AsyncClient, ports: Ports, root: dict[str, str]
) -> None:
    other = await newcomer(client, "rival")
    await with_role(ports, "rival")
    own = (await client.get("/api/v1/users/me")).json()["id"]
    for user_id in (other["id"], own):
        answer = await client.post(f"/api/v1/users/{user_id}/impersonate", json=REASON, headers=root)
        assert (answer.status_code, answer.json()["code"]) == (403, "cannot-impersonate")
    assert await who(client) == "root-of-all"


async def test_who_becomes_administrator_is_not_looked_at_any_more(
    client: httpx.AsyncClient, ports: Ports, root: dict[str, str], ada: str
) -> None:
    await taken(client, root, ada)
    assert await who(client) == "ada"
    await with_role(ports, "ada")
    assert await who(client) == "root-of-all"


async def a_helper(ports: Ports, client: httpx.AsyncClient, nickname: str = "helper") -> str:
    """Somebody whose only role is to see as others see."""
    found = await newcomer(client, nickname)
    await create_role(
        ports, OPERATOR, name="helper", description="", permissions=["users.impersonate"], now=ports.clock()
    )
    await with_role(ports, nickname, "helper")
    return str(found["id"])


async def test_nobody_takes_a_place_with_wider_rights_nor_gets_them_later(
    client: httpx.AsyncClient, ports: Ports, ada: str
) -> None:
    await a_helper(ports, client)
    headers = await signed_in(client, "helper")
    await with_role(ports, "ada", "moderator")
    refused = await client.post(f"/api/v1/users/{ada}/impersonate", json=REASON, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "wider-than-own")
    eve = await newcomer(client, "eve")
    await taken(client, headers, eve["id"])
    await with_role(ports, "eve", "moderator")
    assert await who(client) == "eve"
    listed = await client.get("/api/v1/users")
    assert (listed.status_code, listed.json()["required_permission"]) == (403, "users.read")


async def test_it_needs_the_permission_and_a_fresh_session(
    client: httpx.AsyncClient, ports: Ports, root: dict[str, str], ada: str, connection: Any
) -> None:
    path = f"/api/v1/users/{ada}/impersonate"
    eve = await person(another(client), "eve")
    async with another(client) as browser:
        denied = await browser.post(path, json=REASON, headers=eve.headers)
        assert (denied.status_code, denied.json()["required_permission"]) == (403, "users.impersonate")
        mine = await client.post("/api/v1/users/me/tokens", json={"name": "all"}, headers=root)
        by_token = await browser.post(path, json=REASON, headers={"authorization": f"Bearer {mine.json()['token']}"})
        assert (by_token.status_code, by_token.json()["code"]) == (403, "forbidden")
    silent = await client.post(path, json={"reason": "  "}, headers=root)
    assert (silent.status_code, silent.json()["code"]) == (422, "invalid-reason")
    await connection.execute("update login_session set auth_time = now() - interval '1 hour'")
    await forgotten(ports)
    old = await client.post(path, json=REASON, headers=root)
    assert (old.status_code, old.json()["code"]) == (401, "step-up-needed")


async def test_the_place_ends_with_the_actors_session_role_or_ban_and_with_the_person(
    client: httpx.AsyncClient, ports: Ports, ada: str, connection: Any
) -> None:
    helper = await a_helper(ports, client)
    headers = await signed_in(client, "helper")
    await taken(client, headers, ada)
    secret = client.cookies["place"]
    assert await who(client) == "ada"
    # Signed out and in again: another session, which the place does not belong to.
    with without(client, "place"):
        await client.post("/api/v1/auth/logout", headers=headers)
        headers = await signed_in(client, "helper")
    assert await who(client) == "helper"
    # The role is gone.
    await client.delete("/api/v1/auth/impersonation", headers=headers)
    client.cookies.delete("place")
    await taken(client, headers, ada)
    await connection.execute("delete from user_role where user_id = $1", helper)
    await forgotten(ports)
    assert await who(client) == "helper"
    # The secret alone, and as the cookie of a login session, is worth nothing.
    async with another(client) as thief:
        thief.cookies.set("place", client.cookies["place"], domain="efir.test")
        assert await who(thief) == "no-session"
        for stolen in (secret, client.cookies["place"]):
            thief.cookies.set("sid", stolen, domain="efir.test")
            assert await who(thief) == "no-session"


async def test_the_person_is_told_and_can_end_it(
    client: httpx.AsyncClient, root: dict[str, str], ada: str, connection: Any
) -> None:
    await taken(client, root, ada)
    async with another(client) as own:
        headers = await signed_in(own)
        history = (await own.get("/api/v1/auth/login-history")).json()["items"]
        seen = [row for row in history if row["method"] == "impersonation"]
        assert [(row["outcome"], row["ip"], row["user_agent"]) for row in seen] == [("ok", None, "")]
        devices = (await own.get("/api/v1/auth/sessions")).json()["items"]
        place = next(row for row in devices if row["kind"] == "impersonation")
        assert seen[0]["session_id"] == place["id"]
        mails = await connection.fetch("select recipient, kind from mails where kind = 'account-seen'")
        assert [tuple(row) for row in mails] == [("ada@example.org", "account-seen")]
        assert await who(client) == "ada"
        assert (await own.delete(f"/api/v1/auth/sessions/{place['id']}", headers=headers)).status_code == 204
    assert await who(client) == "root-of-all"
    login = await connection.fetchval("select last_login_at from user_account where id = $1", ada)
    assert login is not None  # ada's own, just now
    assert login > await connection.fetchval("select created_at from login_session where kind = 'impersonation'")


async def test_beginning_and_end_are_in_the_audit_log_under_the_actors_name(
    client: httpx.AsyncClient, root: dict[str, str], ada: str
) -> None:
    place = await taken(client, root, ada)
    await client.delete("/api/v1/auth/impersonation", headers=place)
    rows = (await client.get(f"/api/v1/audit?target=user:{ada}")).json()["items"]
    assert [(row["action"], row["actor"]) for row in rows] == [
        ("user.impersonation-ended", "root-of-all"), ("user.impersonated", "root-of-all"),
    ]  # fmt: skip
    assert rows[1]["facts"]["reason"] == "Ticket 4711."
    assert rows[0]["facts"]["session"] == rows[1]["facts"]["session"]


async def test_it_lasts_half_an_hour_whatever_is_done(
    client: httpx.AsyncClient, root: dict[str, str], ada: str, ports: Ports, connection: Any
) -> None:
    await taken(client, root, ada)
    row = await connection.fetchrow("select * from login_session where kind = 'impersonation'")
    assert (row["abs_expires"] - row["created_at"]).total_seconds() == 1800
    assert row["idle_expires"] == row["abs_expires"]
    await connection.execute("update login_session set abs_expires = now() where kind = 'impersonation'")
    await forgotten(ports)
    assert await who(client) == "root-of-all"


async def test_an_app_gets_a_token_that_says_who_it_is_really(
    client: httpx.AsyncClient, ports: Ports, ada: str
) -> None:
    await tend_signing_keys(ports)
    await newcomer(client, "root-of-all")
    await with_role(ports, "root-of-all")
    login = {"login": "root-of-all", "password": PASSWORD}
    pair = (await client.post("/api/v1/auth/token", json=login)).json()
    own = {"authorization": f"Bearer {pair['access_token']}"}
    answer = await client.post(f"/api/v1/users/{ada}/impersonate", json=REASON, headers=own)
    assert answer.status_code == 200, answer.text
    assert "set-cookie" not in answer.headers
    token = answer.json()["access_token"]
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    me = (await client.get("/api/v1/users/me", headers=own)).json()["id"]
    assert (claims["sub"], claims["act"]["sub"]) == (ada, me)
    place = {"authorization": f"Bearer {token}"}
    assert await who(client, **place) == "ada"
    refused = await client.post("/api/v1/users/me/tokens", json={"name": "mine"}, headers=place)
    assert (refused.status_code, refused.json()["code"]) == (403, "impersonation-read-only")
    await client.post("/api/v1/auth/token/revoke", json={"token": pair["refresh_token"]})
    assert await who(client, **place) == "invalid-token"
