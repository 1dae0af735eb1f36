"""Registering in steps over HTTP: a ticket owns what is told; the account is made at the end, at once and once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import redis.asyncio

from efir.application.accounts.availability import check_email
from efir.application.accounts.registrations import forget_registrations
from efir.application.context import Ports, Visitor
from efir.application.pictures import sweep_pictures
from efir.domain.accounts.registrations import EmailCheck, proves_work
from efir.ports.accounts.registrations import Availability
from efir.ports.kernel.blobs import blob_key
from kit.builders import PASSWORD, registered
from kit.drawings import drawing
from kit.published_videos import worked

PATH = "/api/v1/registrations"
ANSWERS = {"nickname": "ada", "email": "ada@example.org", "password": PASSWORD, "display_name": "Ada Lovelace"}


@pytest.fixture(autouse=True)
async def nothing_counted(ports: Ports, redis_url: str) -> AsyncIterator[None]:
    """No attempts and no pictures of other tests."""
    await ports.blobs.delete_prefix(blob_key("img"))
    yield
    valkey = redis.asyncio.from_url(redis_url)
    await valkey.flushdb()
    await valkey.aclose()


async def started(client: httpx.AsyncClient) -> dict[str, Any]:
    """A registration; its ticket is in the client's cookies."""
    answer = await client.post(PATH)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def described(client: httpx.AsyncClient, **other: str) -> str:
    """A registration that needs nothing more; answers its address."""
    one = f"{PATH}/{(await started(client))['id']}"
    answer = await client.patch(one, json=ANSWERS | other)
    assert answer.status_code == 200, answer.text
    return one


def nonce_for(view: dict[str, Any]) -> str:
    """The proof of work."""
    work = view["work"]
    return next(str(number) for number in range(10**7) if proves_work(work["challenge"], str(number), work["bits"]))


async def test_an_account_is_made_in_steps_and_signs_in(client: httpx.AsyncClient) -> None:
    view = await started(client)
    one = f"{PATH}/{view['id']}"
    assert (view["missing"], view["step"]) == (["nickname", "email", "password"], "name")
    for told, step in (
        ({"nickname": "Ada", "display_name": "Ada Lovelace"}, "email"),
        ({"email": "ada@example.org", "locale": "en"}, "password"),
        ({"password": PASSWORD, "phone": "+31 20 123 4567"}, "picture"),
    ):
        answer = await client.patch(one, json=told)
        assert answer.status_code == 200, answer.text
        assert answer.json()["step"] == step
        assert PASSWORD not in answer.text
    shown = (await client.get(one)).json()
    assert (shown["nickname"], shown["password_set"], shown["phone"]) == ("ada", True, "+31201234567")
    assert shown["ticket"] is None
    sent = await client.put(f"{one}/avatar", content=drawing())
    assert sent.status_code == 200
    assert (await client.get(one)).json()["step"] == "check"
    done = await client.post(f"{one}/finish")
    assert done.status_code == 201
    user = done.json()["user"]
    assert (user["nickname"], user["display_name"]) == ("ada", "Ada Lovelace")
    assert (await client.get("/api/v1/auth/session")).json()["user"] == user
    assert (await client.get("/api/v1/channels/ada")).status_code == 200
    for side in (64, 128, 256, 512):
        kept = await client.get(user["avatar"].replace("256", str(side)))
        assert (kept.status_code, kept.headers["content-type"]) == (200, "image/webp")
    logins = (await client.get("/api/v1/auth/login-history")).json()["items"]
    assert [(row["outcome"], row["method"]) for row in logins] == [("ok", "registration")]
    assert "reg" not in client.cookies


async def test_a_ticket_in_a_header_does_as_well_as_the_cookie(client: httpx.AsyncClient) -> None:
    view = await started(client)
    client.cookies.clear()
    one, ticket = f"{PATH}/{view['id']}", {"x-registration-ticket": view["ticket"]}
    assert (await client.patch(one, json=ANSWERS, headers=ticket)).status_code == 200
    client.cookies.clear()
    assert (await client.post(f"{one}/finish", headers=ticket)).status_code == 201


async def test_nobody_without_the_ticket_sees_or_changes_anything(client: httpx.AsyncClient) -> None:
    one = await described(client)
    client.cookies.clear()
    calls = [
        ("GET", one, None), ("PATCH", one, {"email": "eve@example.org"}), ("POST", f"{one}/finish", None),
        ("PUT", f"{one}/avatar", None), ("DELETE", f"{one}/avatar", None),
        ("PATCH", f"{one}/avatar", {"x": 0, "y": 0, "size": 1}), ("GET", f"{PATH}/availability?nickname=ada", None),
    ]  # fmt: skip
    for method, address, body in calls:
        without = await client.request(method, address, json=body)
        assert (without.status_code, without.json()["code"]) == (401, "registration-ticket-missing"), address
    await started(client)
    for method, address, body in calls[:6]:
        content = {"content": drawing()} if method == "PUT" else {"json": body}
        foreign = await client.request(method, address, **content)
        assert (foreign.status_code, foreign.json()["code"]) == (404, "registration-not-found"), address


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}])
async def test_another_sites_page_cannot_use_the_cookie(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    one = await described(client)
    for method, address in (("PATCH", one), ("POST", f"{one}/finish"), ("DELETE", f"{one}/avatar")):
        answer = await client.request(method, address, json={} if method == "PATCH" else None, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf-failed")


async def test_every_wrong_answer_is_named_and_none_is_kept(client: httpx.AsyncClient) -> None:
    one = f"{PATH}/{(await started(client))['id']}"
    wrong = {
        "nickname": "a!",
        "email": "no",
        "password": "short",
        "phone": "12",
        "locale": "xx",
        "display_name": "\u202e",
    }
    answer = await client.patch(one, json=wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-user")
    assert {row["pointer"] for row in answer.json()["errors"]} == {f"/{name}" for name in wrong}
    shown = (await client.get(one)).json()
    assert [shown[name] for name in ("nickname", "email", "phone", "locale", "display_name")] == [None] * 5
    assert (await client.patch(one, json={"role": "admin"})).status_code == 422


async def test_null_clears_an_answer_and_absence_keeps_it(client: httpx.AsyncClient) -> None:
    one = await described(client, phone="+31201234567")
    view = (await client.patch(one, json={"phone": None, "email": None})).json()
    assert (view["phone"], view["email"], view["nickname"], view["missing"]) == (None, None, "ada", ["email"])


async def test_finishing_too_early_names_what_is_missing(client: httpx.AsyncClient) -> None:
    one = f"{PATH}/{(await started(client))['id']}"
    await client.patch(one, json={"nickname": "ada"})
    answer = await client.post(f"{one}/finish")
    assert (answer.status_code, answer.json()["code"]) == (422, "registration-unfinished")
    assert [row["pointer"] for row in answer.json()["errors"]] == ["/email", "/password"]


@pytest.mark.parametrize("told", [
    {"password": "ada-lovelace-1815", "nickname": "ada-lovelace-1815"},
    {"password": "somebody@example.org", "email": "somebody@example.org"},
])  # fmt: skip
@pytest.mark.parametrize("password_first", [True, False])
async def test_a_password_is_neither_name_nor_address_in_whatever_order_they_are_told(
    client: httpx.AsyncClient, told: dict[str, str], *, password_first: bool
) -> None:
    one = f"{PATH}/{(await started(client))['id']}"
    first, second = sorted(told, key=lambda name: (name == "password") is not password_first)
    assert (await client.patch(one, json={first: told[first]})).status_code == 200
    answer = await client.patch(one, json={second: told[second]})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "personal")


async def test_a_free_nickname_is_kept_for_who_asked(client: httpx.AsyncClient, app: Any, ports: Ports) -> None:
    await started(client)
    free = await client.get(f"{PATH}/availability?nickname=Ada")
    assert free.json() == {"available": True, "reason": None}
    assert free.headers["cache-control"] == "no-store"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://efir.test") as other:
        await started(other)
        for name in ("ada", "a-da", "ADA"):
            taken = await other.get(f"{PATH}/availability?nickname={name}")
            assert taken.json() == {"available": False, "reason": "taken"}
        body = {"nickname": "ada", "email": "b@example.org", "password": PASSWORD}
        assert (await other.post("/api/v1/users", json=body)).json()["code"] == "nickname-taken"
        await client.get(f"{PATH}/availability?nickname=grace")  # another name takes the place of the kept one
        assert (await other.get(f"{PATH}/availability?nickname=ada")).json()["available"] is True


@pytest.mark.parametrize(("name", "reason"), [
    ("ab", "length"), ("a b c", "characters"), ("admin", "reserved"), ("аdmin", "characters"), ("grace", "taken"),
])  # fmt: skip
async def test_a_nickname_that_cannot_be_had_says_why(client: httpx.AsyncClient, name: str, reason: str) -> None:
    await registered(client, "grace")
    await started(client)
    answer = await client.get(f"{PATH}/availability", params={"nickname": name})
    assert answer.json() == {"available": False, "reason": reason}


@pytest.mark.parametrize("query", ["", "?email=a@b.org&nickname=ada"])
async def test_a_check_asks_about_one_thing(client: httpx.AsyncClient, query: str) -> None:
    await started(client)
    assert (await client.get(f"{PATH}/availability{query}")).json()["code"] == "invalid-check"


async def test_addresses_are_answered_truly_three_times_after_a_proof_of_work(
    client: httpx.AsyncClient, connection: Any
) -> None:
    await registered(client, "grace")
    await connection.execute("update user_account set email_verified_at = now()")
    view = await started(client)
    by_mail = {"available": True, "reason": "by-mail"}

    async def asked(address: str) -> Any:
        return (await client.get(f"{PATH}/availability", params={"email": address})).json()

    assert await asked("grace@example.org") == by_mail  # no work, no truth
    assert (await client.patch(f"{PATH}/{view['id']}", json={"work": "wrong"})).json()["code"] == "work-refused"
    done = await client.patch(f"{PATH}/{view['id']}", json={"work": nonce_for(view)})
    assert done.json()["work"]["done"] is True
    assert await asked("GRACE@example.org") == {"available": False, "reason": "taken"}
    assert await asked("new@example.org") == {"available": True, "reason": None}
    assert await asked("grace@EXAMPLE.org") == {"available": False, "reason": "taken"}
    assert await asked("grace@example.org") == await asked("new@example.org") == by_mail
    assert await asked("no") == {"available": False, "reason": "email"}


async def test_addresses_over_the_budget_of_a_neighbourhood_are_left_to_the_mailbox(
    client: httpx.AsyncClient, connection: Any, ports: Ports
) -> None:
    told: list[str | None] = []
    for _ in range(4):
        client.cookies.clear()
        await started(client)
        await connection.execute("update registration set worked = true")
        asked = [await client.get(f"{PATH}/availability?email=a@example.org") for _ in range(3)]
        told += [answer.json()["reason"] for answer in asked]
    assert told == [None] * ports.limits.email_checks_network + ["by-mail"] * 2


async def test_with_the_mailbox_setting_no_address_is_ever_answered_truly(
    client: httpx.AsyncClient, connection: Any, ports: Ports
) -> None:
    await registered(client, "grace")
    await connection.execute("update user_account set email_verified_at = now()")
    ticket = (await started(client))["ticket"]
    await connection.execute("update registration set worked = true")
    strict = replace(ports, accounts=replace(ports.accounts, email_check=EmailCheck.MAILBOX))
    asked = [
        await check_email(strict, ticket=ticket, email=f"{name}@example.org", visitor=Visitor(), now=ports.clock())
        for name in ("grace", "nobody")
    ]
    assert asked == [Availability(available=True, reason="by-mail")] * 2


async def test_a_taken_name_at_the_end_changes_nothing_and_can_be_mended(
    client: httpx.AsyncClient, connection: Any
) -> None:
    one = await described(client)
    await client.put(f"{one}/avatar", content=drawing())
    await connection.execute("delete from name_reservation")
    await registered(client, "ada")
    answer = await client.post(f"{one}/finish")
    assert (answer.status_code, answer.json()["code"]) == (409, "nickname-taken")
    assert await connection.fetchval("select count(*) from user_account") == 1
    assert (await client.get(one)).json()["avatar"] is not None
    assert (await client.patch(one, json={"nickname": "countess"})).status_code == 200
    assert (await client.post(f"{one}/finish")).status_code == 201


async def test_finishing_twice_makes_one_account_and_signs_in_twice(client: httpx.AsyncClient, connection: Any) -> None:
    one = await described(client)
    ticket = {"x-registration-ticket": client.cookies["reg"]}
    answers = await asyncio.gather(*(client.post(f"{one}/finish", headers=ticket) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["user"]["id"] for answer in answers}) == 1
    assert await connection.fetchval("select count(*) from user_account") == 1
    assert await connection.fetchval("select count(*) from channels") == 1
    assert (await client.patch(one, json={"nickname": "eve"}, headers=ticket)).json()["code"] == "registration-finished"


async def test_an_idempotency_key_gives_the_same_answer_and_belongs_to_the_ticket(client: httpx.AsyncClient) -> None:
    one = await described(client)
    headers = {"x-registration-ticket": client.cookies["reg"], "idempotency-key": "finish-1"}
    client.cookies.clear()
    first = await client.post(f"{one}/finish", headers=headers)
    client.cookies.clear()
    again = await client.post(f"{one}/finish", headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again.headers["set-cookie"]) == (first.content, first.headers["set-cookie"])
    assert again.headers["idempotency-replayed"] == "true"
    client.cookies.clear()
    stranger = await client.post(f"{one}/finish", headers={"idempotency-key": "finish-1"})
    assert stranger.status_code == 401
    assert "set-cookie" not in stranger.headers


async def test_a_draft_picture_is_shown_to_the_ticket_only(client: httpx.AsyncClient) -> None:
    one = await described(client)
    view = (await client.put(f"{one}/avatar", files={"image": ("x.jpg", drawing())})).json()
    assert set(view["sizes"]) == {"64", "128", "256", "512"}
    for address in view["sizes"].values():
        answer = await client.get(address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    client.cookies.clear()
    assert (await client.get(view["sizes"]["64"])).status_code == 401
    await started(client)
    assert (await client.get(view["sizes"]["64"])).status_code == 404
    assert (await client.get(f"/i/{view['id']}/64.webp")).status_code == 404


async def test_a_picture_is_cut_again_without_being_sent_again(client: httpx.AsyncClient) -> None:
    one = await described(client)
    nothing = await client.patch(f"{one}/avatar", json={"x": 0, "y": 0, "size": 1})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "image-not-cuttable")
    first = (await client.put(f"{one}/avatar", content=drawing(1200, 800))).json()
    before = (await client.get(first["sizes"]["256"])).content
    cut = await client.patch(f"{one}/avatar", json={"x": 0.6, "y": 0.1, "size": 0.5})
    assert cut.status_code == 200, cut.text
    after = await client.get(cut.json()["sizes"]["256"])
    assert after.content != before
    assert (await client.get(first["sizes"]["256"])).status_code == 404
    again = await client.patch(f"{one}/avatar", json={"x": 0, "y": 0, "size": 1})
    assert again.status_code == 200
    assert (await client.patch(f"{one}/avatar", json={"x": 2, "y": 0, "size": 1})).json()["code"] == "invalid-crop"


async def test_a_bad_picture_leaves_the_good_one(client: httpx.AsyncClient) -> None:
    one = await described(client)
    good = (await client.put(f"{one}/avatar", content=drawing())).json()
    bad = await client.put(f"{one}/avatar", content=drawing()[:5_000])
    assert (bad.status_code, bad.json()["code"]) == (422, "image-broken")
    assert (await client.get(one)).json()["avatar"]["id"] == good["id"]
    assert (await client.get(good["sizes"]["128"])).status_code == 200
    assert (await client.delete(f"{one}/avatar")).status_code == 204
    assert (await client.get(one)).json()["avatar"] is None


async def test_a_slow_older_picture_does_not_take_the_place_of_a_newer_one(client: httpx.AsyncClient) -> None:
    one = await described(client)
    half, gate = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield drawing()[:5_000]
        half.set()
        await gate.wait()
        yield drawing()[5_000:]

    older = asyncio.ensure_future(client.put(f"{one}/avatar", content=slow(), headers={"content-type": "image/jpeg"}))
    await half.wait()
    newer = (await client.put(f"{one}/avatar", content=drawing(kind=".png"))).json()
    gate.set()
    late = await older
    assert (late.status_code, late.json()["code"]) == (409, "image-overtaken")
    assert (await client.get(one)).json()["avatar"]["id"] == newer["id"]


async def test_cutting_has_an_end_too(client: httpx.AsyncClient, connection: Any) -> None:
    one = await described(client)
    await client.put(f"{one}/avatar", content=drawing())
    await connection.execute("update registration set avatar_gen = 41")
    answer = await client.patch(f"{one}/avatar", json={"x": 0, "y": 0, "size": 1})
    assert (answer.status_code, answer.json()["code"]) == (429, "registration-pictures-too-many")


async def stored(ports: Ports) -> set[str]:
    """Pictures in the store."""
    return {info.key.split("/")[1] async for info in ports.blobs.list(blob_key("img"))}


async def test_what_is_left_behind_vanishes(client: httpx.AsyncClient, ports: Ports, connection: Any) -> None:
    one = await described(client)
    await client.put(f"{one}/avatar", content=drawing())
    await client.put(f"{one}/avatar", content=drawing(kind=".png"))
    await connection.execute("update registration set expires_at = now()")
    await connection.execute("update staged_upload set expires_at = now()")
    assert (await client.get(one)).status_code == 404
    await forget_registrations(ports)
    await sweep_pictures(ports)
    assert await stored(ports) == set()
    assert await connection.fetchval("select count(*) from registration") == 0
    assert await connection.fetchval("select count(*) from name_reservation") == 0
    await connection.execute("update staged_upload set created_at = now() - interval '2 minutes'")
    await forget_registrations(ports)
    await sweep_pictures(ports)
    assert await connection.fetchval("select count(*) from staged_upload") == 0


async def test_the_picture_of_a_living_draft_is_never_swept(
    client: httpx.AsyncClient, ports: Ports, connection: Any
) -> None:
    one = await described(client)
    view = (await client.put(f"{one}/avatar", content=drawing())).json()
    await connection.execute("update staged_upload set expires_at = now() - interval '1 hour'")
    await sweep_pictures(ports)
    await forget_registrations(ports)
    assert (await client.get(view["sizes"]["512"])).status_code == 200
    assert await stored(ports) == {view["id"]}


async def test_the_working_copy_goes_when_the_account_is_made(
    client: httpx.AsyncClient, ports: Ports, connection: Any
) -> None:
    one = await described(client)
    view = (await client.put(f"{one}/avatar", content=drawing())).json()
    async with asyncio.timeout(10):
        while not await connection.fetchval("select working from staged_upload"):  # noqa: ASYNC110  # made beside
            await asyncio.sleep(0.05)
    assert (await client.post(f"{one}/finish")).status_code == 201
    await connection.execute("update jobs set run_at = now()")
    await worked(ports)
    names = sorted([info.key.rpartition("/")[2] async for info in ports.blobs.list(blob_key(f"img/{view['id']}"))])
    assert names == ["128.webp", "256.webp", "512.webp", "64.webp"]


async def test_one_registration_may_send_five_pictures_and_cut_them_oftener(client: httpx.AsyncClient) -> None:
    one = await described(client)
    sent = [(await client.put(f"{one}/avatar", content=drawing(100, 80))).status_code for _ in range(6)]
    assert sent == [200] * 5 + [429]
    crop = await client.patch(f"{one}/avatar", json={"x": 0, "y": 0, "size": 1})
    assert crop.status_code == 200
    last = await client.put(f"{one}/avatar", content=drawing(100, 80))
    assert (last.json()["code"], int(last.headers["retry-after"]) > 0) == ("registration-pictures-too-many", True)


@pytest.mark.slow
async def test_one_network_may_send_twenty_pictures_an_hour(client: httpx.AsyncClient, ports: Ports) -> None:
    statuses = []
    for name in ("ada", "grace", "linus", "edsger", "barbara"):
        client.cookies.clear()
        one = await described(client, nickname=name, email=f"{name}@example.org")
        statuses += [(await client.put(f"{one}/avatar", content=drawing(100, 80))) for _ in range(4)]
    assert [answer.status_code for answer in statuses] == [200] * ports.limits.registration_pictures_network
    refused = await client.put(f"{one}/avatar", content=drawing(100, 80))
    assert (refused.status_code, refused.json()["code"]) == (429, "rate-limited")


async def test_pictures_of_registrations_have_a_bound_of_space_that_empties_with_them(
    client: httpx.AsyncClient, ports: Ports, connection: Any
) -> None:
    one = await described(client)
    view = (await client.put(f"{one}/avatar", content=drawing())).json()
    row = await connection.fetchrow("select bytes, state from staged_upload")
    assert (row["bytes"] >= view["bytes"], row["state"]) == (True, "staged")
    await connection.execute("update staged_upload set bytes = $1", ports.limits.staging_bytes)
    full = await client.put(f"{one}/avatar", content=drawing())
    assert (full.status_code, full.json()["code"], full.headers["retry-after"]) == (503, "images-staging-full", "300")
    assert (await client.patch(f"{one}/avatar", json={"x": 0, "y": 0, "size": 1})).status_code == 200
    await sweep_pictures(ports)  # the one that was cut has gone
    assert (await client.put(f"{one}/avatar", content=drawing())).status_code == 200
    await connection.execute("update staged_upload set bytes = $1", ports.limits.staging_bytes)
    assert (await client.post(f"{one}/finish")).status_code == 201
    await sweep_pictures(ports)
    client.cookies.clear()
    another = await described(client, nickname="grace", email="grace@example.org")
    assert (await client.put(f"{another}/avatar", content=drawing())).status_code == 200  # a kept one does not count


async def test_a_step_keeps_the_registration_for_another_hour(client: httpx.AsyncClient, connection: Any) -> None:
    one = await described(client)
    soon = "update registration set expires_at = now() + interval '1 minute', created_at = now() - $1::interval"
    await connection.execute(soon, timedelta(hours=2))
    before = (await client.get(one)).json()["expires_at"]
    assert (await client.patch(one, json={})).json()["expires_at"] > before
    await connection.execute(soon, timedelta(hours=24) - timedelta(seconds=30))
    later = datetime.fromisoformat((await client.patch(one, json={})).json()["expires_at"])
    assert later < datetime.now(UTC) + timedelta(seconds=31)  # a day is the end in any case
