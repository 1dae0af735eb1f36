"""Accounts, login sessions and tokens over HTTP."""

import httpx
import pytest

from kit.builders import PASSWORD, person, registered, signed_in


async def test_a_registered_user_has_a_channel_of_the_same_name(client: httpx.AsyncClient) -> None:
    user = await registered(client, "ada")
    assert user["nickname"] == "ada"
    channel = await client.get("/api/v1/channels/ada")
    assert channel.status_code == 200
    assert channel.json()["handle"] == "ada"


async def test_every_wrong_field_of_a_registration_is_named_at_once(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/users", json={"email": "no", "nickname": "a", "password": "short"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "invalid-user"
    assert {row["pointer"] for row in problem["errors"]} == {"/email", "/nickname", "/password"}
    assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("other", ["Ada", "ada", "a-da"])
async def test_a_nickname_that_looks_taken_is_taken(client: httpx.AsyncClient, other: str) -> None:
    await registered(client, "ada")
    body = {"email": "other@example.org", "nickname": other, "password": PASSWORD}
    answer = await client.post("/api/v1/users", json=body)
    assert answer.status_code == 409
    assert answer.json()["code"] == "nickname-taken"


async def test_unknown_fields_are_refused(client: httpx.AsyncClient) -> None:
    body = {"email": "a@example.org", "nickname": "ada", "password": PASSWORD, "role": "administrator"}
    answer = await client.post("/api/v1/users", json=body)
    assert answer.status_code == 422
    assert "role" in answer.text


async def test_a_broken_body_is_malformed(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/users", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed"


async def test_signing_in_makes_a_new_session_each_time(client: httpx.AsyncClient) -> None:
    await registered(client)
    client.cookies.set("sid", "planted", domain="efir.test")
    await signed_in(client)
    first = client.cookies["sid"]
    assert first != "planted"
    await signed_in(client)
    assert client.cookies["sid"] != first
    client.cookies.clear()
    client.cookies.set("sid", first, domain="efir.test")
    assert (await client.get("/api/v1/auth/session")).status_code == 401


async def test_an_unknown_name_and_a_wrong_password_are_told_the_same(client: httpx.AsyncClient) -> None:
    await registered(client)
    answers = [
        await client.post("/api/v1/auth/login", json={"login": login, "password": "wrong password"})
        for login in ("ada", "nobody")
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert all("Bearer" in answer.headers["www-authenticate"] for answer in answers)
    bodies = [{**answer.json(), "request_id": ""} for answer in answers]
    assert bodies[0] == bodies[1]


async def test_an_unsafe_request_by_cookie_needs_the_token_of_its_session(client: httpx.AsyncClient) -> None:
    await registered(client)
    headers = await signed_in(client)
    without = await client.post("/api/v1/users/me/tokens", json={"name": "x"})
    assert (without.status_code, without.json()["code"]) == (403, "csrf-failed")
    anonymous = (await httpx_csrf(client)).json()["csrf_token"]
    foreign = await client.post("/api/v1/users/me/tokens", json={"name": "x"}, headers={"x-csrf-token": anonymous})
    assert foreign.status_code == 403
    cross = {**headers, "sec-fetch-site": "cross-site"}
    assert (await client.post("/api/v1/users/me/tokens", json={"name": "x"}, headers=cross)).status_code == 403
    assert (await client.post("/api/v1/users/me/tokens", json={"name": "x"}, headers=headers)).status_code == 201


async def httpx_csrf(client: httpx.AsyncClient) -> httpx.Response:
    cookies = dict(client.cookies)
    client.cookies.clear()
    answer = await client.get("/api/v1/auth/csrf")
    for name, value in cookies.items():
        client.cookies.set(name, value, domain="efir.test")
    return answer


async def test_signing_out_ends_the_session_for_good(client: httpx.AsyncClient) -> None:
    await registered(client)
    headers = await signed_in(client)
    secret = client.cookies["sid"]
    assert (await client.get("/api/v1/auth/session")).json()["user"]["nickname"] == "ada"
    assert (await client.post("/api/v1/auth/logout", headers=headers)).status_code == 204
    client.cookies.set("sid", secret, domain="efir.test")
    assert (await client.get("/api/v1/auth/session")).status_code == 401


async def test_a_token_works_until_it_is_revoked_and_only_within_its_scopes(client: httpx.AsyncClient) -> None:
    somebody = await person(client, scopes=["account.read"])
    me = await client.get("/api/v1/users/me", headers=somebody.headers)
    assert me.json()["channels"] == ["ada"]
    assert (await client.get("/api/v1/users/me/videos", headers=somebody.headers)).json()["code"] == "scope-missing"
    assert (await client.get("/api/v1/users/me/tokens", headers=somebody.headers)).status_code == 403
    headers = await signed_in(client)
    listed = (await client.get("/api/v1/users/me/tokens")).json()["items"]
    assert [row["name"] for row in listed] == ["tests"]
    gone = await client.delete(f"/api/v1/users/me/tokens/{listed[0]['id']}", headers=headers)
    assert gone.status_code == 204
    client.cookies.clear()
    assert (await client.get("/api/v1/users/me", headers=somebody.headers)).status_code == 401


async def test_a_mistyped_token_is_refused_before_the_database_is_asked(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/users/me", headers={"authorization": "Bearer efir_pat_nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid-token")


async def test_a_repeated_request_with_one_key_has_one_effect_and_one_answer(client: httpx.AsyncClient) -> None:
    body = {"email": "a@example.org", "nickname": "ada", "password": PASSWORD}
    headers = {"idempotency-key": "0001"}
    first = await client.post("/api/v1/users", json=body, headers=headers)
    again = await client.post("/api/v1/users", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    other = await client.post("/api/v1/users", json={**body, "nickname": "eve"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_a_refusal_is_replayed_too_and_leaves_nothing_behind(client: httpx.AsyncClient) -> None:
    await registered(client)
    body = {"email": "a@example.org", "nickname": "ada", "password": PASSWORD}
    answers = [await client.post("/api/v1/users", json=body, headers={"idempotency-key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert answers[0].content == answers[1].content


async def test_tokens_are_listed_in_pages_without_gap_or_repetition(client: httpx.AsyncClient) -> None:
    await registered(client)
    headers = await signed_in(client)
    for number in range(5):
        await client.post("/api/v1/users/me/tokens", json={"name": f"t{number}"}, headers=headers)
    seen, url = [], "/api/v1/users/me/tokens?limit=2"
    pages = 0
    while url:
        answer = await client.get(url)
        page = answer.json()
        seen += [row["name"] for row in page["items"]]
        url = f"/api/v1/users/me/tokens?limit=2&cursor={page['next']}" if page["next"] else ""
        pages += 1
        assert ('rel="next"' in answer.headers.get("link", "")) == bool(page["next"])
    assert seen == ["t4", "t3", "t2", "t1", "t0"]
    assert pages == 3
    back = await client.get(f"/api/v1/users/me/tokens?limit=2&cursor={page['prev']}")
    assert [row["name"] for row in back.json()["items"]] == ["t2", "t1"]


@pytest.mark.parametrize("query", ["cursor=forged", "cursor=%20", "limit=0", "limit=101", "limit=x"])
async def test_a_wrong_cursor_or_limit_is_told(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/api/v1/videos?{query}")
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/videos/not-an-id", 404),
        ("POST", "/healthz", 405),
        ("GET", "/api/v1/users/me", 401),
        ("GET", "/api/v1/videos/019a0c57-7a2c-7e6f-b4f2-5b3c7a1d2e3f", 404),
    ],
)
async def test_every_error_is_a_problem_with_a_code(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code", "request_id"} <= set(answer.json())


async def test_the_process_lives_and_every_part_answers(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert ready.status_code == 200
    assert {"database", "redis", "storage", "sandbox"} <= set(ready.json()["parts"])
