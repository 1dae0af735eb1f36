"""Roles, grants and permission checks over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import redis.asyncio
from redis.asyncio import Redis

from efir.application.context import Ports
from efir.bootstrap.wiring.http import served
from efir.settings import Settings
from kit.builders import Person, another, person, registered, signed_in, with_role
from kit.clocks import MovedClock

EDITOR = {"name": "editor", "description": "Edits.", "permissions": ["moderation", "cinema:watch.uhd"]}


@pytest.fixture
async def admin(client: httpx.AsyncClient, ports: Ports) -> Person:
    somebody = await person(client, "root-of-all")
    await with_role(ports, "root-of-all")
    return somebody


async def asked(client: httpx.AsyncClient, who: Person, method: str, path: str, **body: Any) -> httpx.Response:
    return await client.request(method, f"/api/v1{path}", headers=who.headers, json=body or None)


async def test_a_role_is_made_granted_checked_and_taken_away(client: httpx.AsyncClient, admin: Person) -> None:
    ada = await person(client, "ada")
    made = await asked(client, admin, "POST", "/roles", **EDITOR)
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/api/v1/roles/editor"
    path = "/auth/permissions/check?permission=cinema:watch.uhd"
    assert (await asked(client, ada, "GET", path)).json()["allowed"] is False
    granted = await asked(client, admin, "PUT", f"/users/{ada.id}/roles/editor", reason="She asked.")
    assert granted.status_code == 204
    assert (await asked(client, ada, "GET", path)).json() == {
        "permission": "cinema:watch.uhd", "allowed": True, "roles": ["editor"],
    }  # fmt: skip
    held = (await asked(client, admin, "GET", f"/users/{ada.id}/roles")).json()["items"]
    assert [(row["name"], row["granted_by"], row["reason"]) for row in held] == [
        ("editor", "root-of-all", "She asked.")
    ]
    assert (await asked(client, admin, "DELETE", f"/users/{ada.id}/roles/editor")).status_code == 204
    assert (await asked(client, ada, "GET", path)).json()["allowed"] is False
    again = await asked(client, admin, "DELETE", f"/users/{ada.id}/roles/editor")
    assert again.status_code == 204


async def test_changed_permissions_of_a_role_reach_its_holders_with_the_next_request(
    client: httpx.AsyncClient, admin: Person
) -> None:
    ada = await person(client, "ada")
    await asked(client, admin, "POST", "/roles", **EDITOR)
    await asked(client, admin, "PUT", f"/users/{ada.id}/roles/editor")
    path = "/auth/permissions/check?permission=audit.read"
    assert (await asked(client, ada, "GET", path)).json()["allowed"] is False
    changed = await asked(client, admin, "PATCH", "/roles/editor", permissions=["audit.read"], name="reader")
    assert changed.json()["permissions"] == ["audit.read"]
    assert (await asked(client, ada, "GET", path)).json() == {
        "permission": "audit.read", "allowed": True, "roles": ["reader"],
    }  # fmt: skip
    assert (await asked(client, ada, "GET", "/audit")).status_code == 200
    assert (await asked(client, admin, "DELETE", "/roles/reader")).status_code == 204
    denied = await asked(client, ada, "GET", "/audit")
    assert (denied.status_code, denied.json()["code"]) == (403, "permission-missing")
    assert denied.json()["required_permission"] == "audit.read"


@pytest.fixture
async def valkey(redis_url: str) -> AsyncIterator[Redis]:
    """What holds the copies of credentials."""
    async with redis.asyncio.from_url(redis_url) as opened:
        yield opened


@pytest.fixture
async def moving(ports: Ports, settings: Settings) -> AsyncIterator[tuple[httpx.AsyncClient, MovedClock]]:
    """The same application by a clock that can be moved."""
    clock = MovedClock(ports.clock)
    transport = httpx.ASGITransport(app=served(replace(ports, clock=clock), settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://efir.test") as http:
        yield http, clock


async def moderator_until(client: httpx.AsyncClient, admin: Person, ends: datetime) -> Person:
    """Somebody who may list accounts until then."""
    ada = await person(client, "ada")
    granted = await asked(client, admin, "PUT", f"/users/{ada.id}/roles/moderator", expires_at=ends.isoformat())
    assert granted.status_code == 204, granted.text
    return ada


async def test_a_grant_read_from_postgresql_ends_by_itself(
    moving: tuple[httpx.AsyncClient, MovedClock], admin: Person, valkey: Redis
) -> None:
    client, clock = moving
    ends = clock() + timedelta(hours=1)
    ada = await moderator_until(client, admin, ends)
    clock.move_to(ends - timedelta(microseconds=1))
    await valkey.flushdb()
    assert (await asked(client, ada, "GET", "/users")).status_code == 200
    held = (await asked(client, admin, "GET", f"/users/{ada.id}/roles")).json()["items"]
    assert [row["name"] for row in held] == ["moderator"]
    clock.move_to(ends)
    await valkey.flushdb()
    denied = await asked(client, ada, "GET", "/users")
    assert (denied.status_code, denied.json()["code"]) == (403, "permission-missing")
    assert (await asked(client, admin, "GET", f"/users/{ada.id}/roles")).json()["items"] == []


async def test_a_grant_read_from_a_copy_ends_by_itself(
    moving: tuple[httpx.AsyncClient, MovedClock], admin: Person, connection: Any
) -> None:
    client, clock = moving
    ends = clock() + timedelta(hours=1)
    ada = await moderator_until(client, admin, ends)
    assert (await asked(client, ada, "GET", "/users")).status_code == 200
    await connection.execute("delete from user_role where user_id = $1", ada.id)  # nobody tells the copy
    assert (await asked(client, ada, "GET", "/users")).status_code == 200
    clock.move_to(ends)
    assert (await asked(client, ada, "GET", "/users")).status_code == 403


async def test_a_copy_is_kept_no_longer_than_the_grant_it_stands_on(
    client: httpx.AsyncClient, ports: Ports, admin: Person, valkey: Redis
) -> None:
    ada = await moderator_until(client, admin, ports.clock() + timedelta(minutes=2))
    await valkey.flushdb()
    assert (await asked(client, ada, "GET", "/users")).status_code == 200
    (copy,) = await valkey.keys("c:*")
    assert 0 < await valkey.pttl(copy) <= 120_000


async def test_nobody_hands_out_more_than_they_hold(client: httpx.AsyncClient, admin: Person) -> None:
    ada, eve = await person(client, "ada"), await person(client, "eve")
    limited = {"name": "clerk", "permissions": ["roles.grant", "roles.manage", "roles.read"]}
    assert (await asked(client, admin, "POST", "/roles", **limited)).status_code == 201
    await asked(client, admin, "PUT", f"/users/{ada.id}/roles/clerk")
    refused = [
        await asked(client, ada, "PUT", f"/users/{eve.id}/roles/administrator"),
        await asked(client, ada, "PUT", f"/users/{ada.id}/roles/administrator"),
        await asked(client, ada, "POST", "/roles", name="wide", permissions=["audit.read"]),
        await asked(client, ada, "DELETE", f"/users/{admin.id}/roles/administrator"),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(403, "wider-than-own")}
    assert (await asked(client, ada, "PUT", f"/users/{eve.id}/roles/clerk")).status_code == 204


async def test_system_roles_stay_as_they_are(client: httpx.AsyncClient, admin: Person) -> None:
    for name in ("administrator", "moderator"):
        changed = await asked(client, admin, "PATCH", f"/roles/{name}", description="x")
        assert (changed.status_code, changed.json()["code"]) == (403, "system-role")
        assert (await asked(client, admin, "DELETE", f"/roles/{name}")).status_code == 403


async def test_the_last_administrator_stays(client: httpx.AsyncClient, admin: Person) -> None:
    last = await asked(client, admin, "DELETE", f"/users/{admin.id}/roles/administrator")
    assert (last.status_code, last.json()["code"]) == (409, "last-administrator")
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    limited = await asked(client, admin, "PUT", f"/users/{admin.id}/roles/administrator", expires_at=ends)
    assert limited.status_code == 409
    ada = await person(client, "ada")
    assert (await asked(client, admin, "PUT", f"/users/{ada.id}/roles/administrator")).status_code == 204
    assert (await asked(client, admin, "DELETE", f"/users/{admin.id}/roles/administrator")).status_code == 204
    assert (await asked(client, admin, "GET", "/roles")).status_code == 403


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"name": "", "permissions": []}, {"/name"}),
        ({"name": "a--b", "permissions": ["x"]}, {"/name", "/permissions"}),
        ({"name": "ok", "permissions": ["videos.*"], "description": "d" * 301}, {"/permissions", "/description"}),
    ],
)
async def test_every_wrong_field_of_a_role_is_named(
    client: httpx.AsyncClient, admin: Person, body: dict[str, Any], pointers: set[str]
) -> None:
    answer = await asked(client, admin, "POST", "/roles", **body)
    assert answer.status_code == 422
    assert {row["pointer"] for row in answer.json()["errors"]} == pointers


async def test_a_role_name_is_unique(client: httpx.AsyncClient, admin: Person) -> None:
    assert (await asked(client, admin, "POST", "/roles", **EDITOR)).status_code == 201
    again = await asked(client, admin, "POST", "/roles", **EDITOR)
    assert (again.status_code, again.json()["code"]) == (409, "role-name-taken")
    assert (await asked(client, admin, "GET", "/roles/nothing")).status_code == 404
    assert (await asked(client, admin, "PUT", f"/users/{admin.id}/roles/nothing")).status_code == 404
    nobody = "019a0c57-7a2c-7e6f-b4f2-5b3c7a1d2e3f"
    assert (await asked(client, admin, "PUT", f"/users/{nobody}/roles/editor")).status_code == 404
    assert (await asked(client, admin, "GET", f"/users/{nobody}/roles")).status_code == 404


async def test_roles_are_for_those_who_may_only(client: httpx.AsyncClient) -> None:
    ada = await person(client, "ada")
    paths = ["/roles", "/permissions", "/users", "/audit", f"/users/{ada.id}/roles", f"/users/{ada.id}/login-history"]
    for path in paths:
        assert (await client.get(f"/api/v1{path}")).status_code == 401, path
        assert (await asked(client, ada, "GET", path)).status_code == 403, path


async def test_a_token_without_the_admin_scope_has_no_use_of_its_owners_rights(
    client: httpx.AsyncClient, admin: Person
) -> None:
    headers = await signed_in(client, "root-of-all")
    body = {"name": "narrow", "scopes": ["account.read"]}
    token = (await client.post("/api/v1/users/me/tokens", json=body, headers=headers)).json()["token"]
    narrow = {"authorization": f"Bearer {token}"}
    client.cookies.clear()
    denied = await client.get("/api/v1/roles", headers=narrow)
    assert (denied.status_code, denied.json()["code"], denied.json()["required_scope"]) == (
        403,
        "scope-missing",
        "admin",
    )
    checked = await client.get("/api/v1/auth/permissions/check?permission=roles.read", headers=narrow)
    assert checked.json()["allowed"] is False


async def test_every_act_is_in_the_audit_log(client: httpx.AsyncClient, admin: Person) -> None:
    ada = await person(client, "ada")
    await asked(client, admin, "POST", "/roles", **EDITOR)
    await asked(client, admin, "PUT", f"/users/{ada.id}/roles/editor", reason="why")
    await asked(client, admin, "PUT", f"/users/{ada.id}/ban", reason="spam")
    await asked(client, admin, "DELETE", f"/users/{ada.id}/ban")
    rows = (await asked(client, admin, "GET", "/audit")).json()["items"]
    assert [row["action"] for row in rows] == [
        "user.unbanned", "user.banned", "role.granted", "role.created", "role.granted",
    ]  # fmt: skip
    assert rows[2]["facts"]["reason"] == "why"
    assert rows[2]["actor"] == "root-of-all"
    assert rows[4]["actor"] is None
    one = (await asked(client, admin, "GET", f"/audit?target=user:{ada.id}&action=user.banned")).json()["items"]
    assert [row["facts"]["reason"] for row in one] == ["spam"]


async def test_accounts_are_found_by_name_status_and_role(client: httpx.AsyncClient, admin: Person) -> None:
    for name in ("ada", "adele", "eve"):
        await registered(client, name)

    async def names(query: str) -> list[str]:
        answer = await asked(client, admin, "GET", f"/users?{query}")
        assert answer.status_code == 200, answer.text
        return [row["nickname"] for row in answer.json()["items"]]

    assert await names("q=AD") == ["adele", "ada"]
    assert await names("q=eve@example") == ["eve"]
    assert await names("role=administrator") == ["root-of-all"]
    assert await names("status=banned") == []
    assert await names("limit=2") == ["eve", "adele"]
    assert await names("q=%25") == []


async def test_two_administrators_cannot_remove_each_other_at_once(client: httpx.AsyncClient, admin: Person) -> None:
    ada = await person(client, "ada")
    await asked(client, admin, "PUT", f"/users/{ada.id}/roles/administrator")
    answers = await asyncio.gather(
        asked(client, admin, "DELETE", f"/users/{ada.id}/roles/administrator"),
        asked(client, ada, "DELETE", f"/users/{admin.id}/roles/administrator"),
    )
    assert sorted(answer.status_code for answer in answers) in ([204, 403], [204, 409])
    async with another(client) as browser:
        assert (await browser.get("/healthz")).status_code == 200
