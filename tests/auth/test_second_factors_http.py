"""Second factors over HTTP: each code counts once, guessing ends, and no way in goes around them."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest

from efir.application.auth.mfa_verification import verify_second_factor
from efir.application.auth.sessions import start_session
from efir.application.auth.signing_keys import tend_signing_keys
from efir.application.context import Ports, Visitor
from efir.domain.auth.login_history import Method
from efir.domain.auth.second_factors import SecondFactorNeeded, WrongCode
from efir.domain.kernel.ids import UserId
from efir.ports.users import UserView
from kit.authenticator_app import App, forgotten, with_app
from kit.builders import PASSWORD, another, person, registered, signed_in

LOGIN = {"login": "ada", "password": PASSWORD}


async def challenged(client: httpx.AsyncClient, path: str = "login") -> str:
    answer = await client.post(f"/api/v1/auth/{path}", json=LOGIN)
    assert (answer.status_code, answer.json()["code"]) == (401, "mfa-required"), answer.text
    assert "set-cookie" not in answer.headers
    return str(answer.json()["challenge"])


async def verified(client: httpx.AsyncClient, challenge: str, code: str) -> httpx.Response:
    return await client.post("/api/v1/auth/mfa/verify", json={"challenge": challenge, "code": code})


@pytest.fixture
async def ada(client: httpx.AsyncClient, ports: Ports) -> tuple[App, list[str]]:
    return await with_app(client, ports.clock())


async def test_a_code_of_the_app_finishes_a_sign_in(
    client: httpx.AsyncClient, ports: Ports, ada: tuple[App, list[str]], connection: Any
) -> None:
    app, _ = ada
    async with another(client) as browser:
        challenge = await challenged(browser)
        assert (await browser.get("/api/v1/auth/session")).status_code == 401
        done = await verified(browser, challenge, app.code(ports.clock()))
        assert done.status_code == 200, done.text
        assert done.json()["user"]["nickname"] == "ada"
        assert (await browser.get("/api/v1/auth/session")).status_code == 200
        headers = {"x-csrf-token": done.json()["csrf_token"]}
        assert (await browser.post("/api/v1/auth/recovery-codes", headers=headers)).status_code == 200
        rows = (await browser.get("/api/v1/auth/login-history")).json()["items"]
    assert [(row["outcome"], row["method"]) for row in rows[:2]] == [("ok", "totp"), ("mfa_needed", "password")]
    newest = await connection.fetchrow("select aal, amr from login_session order by created_at desc limit 1")
    assert (newest["aal"], newest["amr"]) == (2, ["pwd", "otp", "mfa"])


async def test_the_same_code_counts_once_also_at_once(
    client: httpx.AsyncClient, ports: Ports, ada: tuple[App, list[str]]
) -> None:
    code = ada[0].code(ports.clock())
    challenges = [await challenged(client) for _ in range(4)]
    answers = await asyncio.gather(*(verified(client, challenge, code) for challenge in challenges))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 3}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 401} == {"wrong-code"}
    again = await verified(client, await challenged(client), code)
    assert (again.status_code, again.json()["code"]) == (401, "wrong-code")


async def test_the_code_that_confirmed_the_app_signs_nobody_in(
    client: httpx.AsyncClient, ada: tuple[App, list[str]]
) -> None:
    assert (await verified(client, await challenged(client), ada[0].first)).status_code == 401


async def test_a_challenge_ends_in_one_session(
    client: httpx.AsyncClient, ports: Ports, ada: tuple[App, list[str]]
) -> None:
    app, codes = ada
    challenge = await challenged(client)
    assert (await verified(client, challenge, "000000")).json()["code"] == "wrong-code"
    assert (await verified(client, challenge, app.code(ports.clock()))).status_code == 200
    again = await verified(client, challenge, codes[0])
    assert (again.status_code, again.json()["code"]) == (401, "mfa-challenge-gone")
    invented = await verified(client, "x" * 43, codes[0])
    assert invented.json()["code"] == "mfa-challenge-gone"


async def test_guessing_ends_after_five_codes_and_recovery_still_works(
    client: httpx.AsyncClient, ports: Ports, ada: tuple[App, list[str]]
) -> None:
    app, codes = ada
    challenges = [await challenged(client) for _ in range(8)]
    wrong = [await verified(client, challenge, "not a code") for challenge in challenges[:3]]
    wrong += await asyncio.gather(*(verified(client, challenge, "123456") for challenge in challenges))
    assert Counter(answer.status_code for answer in wrong) == {401: 5, 429: 6}
    locked = await verified(client, challenges[0], app.code(ports.clock()))
    assert (locked.status_code, locked.json()["code"]) == (429, "mfa-locked")
    assert 890 <= int(locked.headers["retry-after"]) <= 900
    assert (await verified(client, challenges[0], codes[0])).status_code == 200


async def test_wrong_codes_are_forgotten_after_a_quarter_of_an_hour(
    client: httpx.AsyncClient, ports: Ports, ada: tuple[App, list[str]]
) -> None:
    app, _ = ada
    challenge = await challenged(client)
    for _ in range(5):
        await verified(client, challenge, "123456")
    later = ports.clock() + timedelta(minutes=15, seconds=1)
    with pytest.raises(WrongCode):
        await verify_second_factor(ports, challenge=challenge, code="123456", visitor=Visitor(), now=later)
    signed = await verify_second_factor(ports, challenge=challenge, code=app.code(later), visitor=Visitor(), now=later)
    assert signed.user.nickname == "ada"  # type: ignore[union-attr]  # a browser's challenge


async def test_a_recovery_code_counts_once_and_is_written_any_way(
    client: httpx.AsyncClient, ada: tuple[App, list[str]], connection: Any
) -> None:
    _, codes = ada
    assert len(set(codes)) == 10
    await connection.execute("update user_account set email_verified_at = now()")
    spelled = f" {codes[3].upper().replace('-', ' ')} "
    assert (await verified(client, await challenged(client), spelled)).status_code == 200
    assert (await verified(client, await challenged(client), codes[3])).status_code == 401
    stored = await connection.fetch("select code_hash from recovery_code")
    assert all(code.encode() not in row[0] and len(row[0]) == 32 for row in stored for code in codes)
    kinds = await connection.fetch("select kind from mails where kind = 'security-changed'")
    assert len(kinds) == 1  # the address was confirmed after the app was set up


async def test_a_recovery_code_of_somebody_else_is_worth_nothing(
    client: httpx.AsyncClient, ports: Ports, ada: tuple[App, list[str]]
) -> None:
    async with another(client) as browser:
        _, hers = await with_app(browser, ports.clock(), "eve")
    assert (await verified(client, await challenged(client), hers[0])).status_code == 401


async def test_new_recovery_codes_end_the_old_ones(client: httpx.AsyncClient, ada: tuple[App, list[str]]) -> None:
    headers = {"x-csrf-token": (await client.get("/api/v1/auth/session")).json()["csrf_token"]}
    fresh = (await client.post("/api/v1/auth/recovery-codes", headers=headers)).json()["codes"]
    assert (await client.get("/api/v1/auth/totp")).json()["recovery_codes_left"] == 10
    assert (await verified(client, await challenged(client), ada[1][0])).status_code == 401
    assert (await verified(client, await challenged(client), fresh[0])).status_code == 200
    assert (await client.get("/api/v1/auth/totp")).json()["recovery_codes_left"] == 9


async def test_an_app_gets_its_tokens_after_the_code(
    client: httpx.AsyncClient, ports: Ports, ada: tuple[App, list[str]]
) -> None:
    await tend_signing_keys(ports)
    client.cookies.clear()
    challenge = await challenged(client, "token")
    done = await verified(client, challenge, ada[0].code(ports.clock()))
    assert done.status_code == 200, done.text
    assert "set-cookie" not in done.headers
    assert set(done.json()) == {"access_token", "token_type", "expires_in", "refresh_token"}
    claims = await ports.auth.access_tokens.read(done.json()["access_token"], now=ports.clock())
    assert (claims.aal, claims.amr) == (2, ["pwd", "otp", "mfa"])
    mine = await client.get("/api/v1/users/me", headers={"authorization": f"Bearer {done.json()['access_token']}"})
    assert mine.json()["nickname"] == "ada"
    refreshed = await client.post("/api/v1/auth/token/refresh", json={"refresh_token": done.json()["refresh_token"]})
    claims = await ports.auth.access_tokens.read(refreshed.json()["access_token"], now=ports.clock())
    assert (claims.aal, claims.amr) == (2, ["pwd", "otp", "mfa"])


async def test_other_sessions_end_when_a_second_factor_begins(client: httpx.AsyncClient, ports: Ports) -> None:
    await registered(client)
    async with another(client) as old:
        await signed_in(old)
        headers = await signed_in(client)
        secret = (await client.post("/api/v1/auth/totp", headers=headers)).json()["secret"]
        assert (await old.get("/api/v1/auth/session")).status_code == 200
        code = pyotp.TOTP(secret).at(ports.clock())
        done = await client.post("/api/v1/auth/totp/confirm", json={"code": code}, headers=headers)
        assert done.status_code == 200
        assert (await old.get("/api/v1/auth/session")).status_code == 401
        assert (await client.get("/api/v1/auth/session")).status_code == 200


async def test_an_app_counts_only_after_a_right_code(client: httpx.AsyncClient, ports: Ports) -> None:
    await registered(client)
    headers = await signed_in(client)
    early = await client.post("/api/v1/auth/totp/confirm", json={"code": "123456"}, headers=headers)
    assert (early.status_code, early.json()["code"]) == (409, "totp-off")
    first = (await client.post("/api/v1/auth/totp", headers=headers)).json()
    assert first["uri"].startswith("otpauth://totp/efir.test:ada?secret=")
    assert first["qr_svg"].startswith("<svg")
    second = (await client.post("/api/v1/auth/totp", headers=headers)).json()
    for code in (pyotp.TOTP(first["secret"]).at(ports.clock()), "", "12345", "abcd-efgh-ijkl-mnop"):
        wrong = await client.post("/api/v1/auth/totp/confirm", json={"code": code}, headers=headers)
        assert (wrong.status_code, wrong.json()["code"]) == (422, "code-refused"), code
        assert wrong.json()["errors"][0]["pointer"] == "/code"
    await signed_in(client)  # still without a code
    headers = await signed_in(client)
    right = {"code": pyotp.TOTP(second["secret"]).at(ports.clock())}
    assert (await client.post("/api/v1/auth/totp/confirm", json=right, headers=headers)).status_code == 200
    for path in ("totp", "totp/confirm"):
        again = await client.post(f"/api/v1/auth/{path}", json=right, headers=headers)
        assert (again.status_code, again.json()["code"]) == (409, "totp-on"), path


async def test_who_removes_the_factor_signs_in_without_it(
    client: httpx.AsyncClient, ada: tuple[App, list[str]], connection: Any
) -> None:
    headers = {"x-csrf-token": (await client.get("/api/v1/auth/session")).json()["csrf_token"]}
    assert (await client.get("/api/v1/auth/totp")).json()["enabled"] is True
    assert (await client.delete("/api/v1/auth/totp", headers=headers)).status_code == 204
    assert (await client.delete("/api/v1/auth/totp", headers=headers)).status_code == 409
    assert (await client.post("/api/v1/auth/recovery-codes", headers=headers)).status_code == 409
    assert await connection.fetchval("select count(*) from recovery_code") == 0
    await signed_in(client)


async def test_changing_the_factor_needs_a_fresh_sign_in_of_a_browser(
    client: httpx.AsyncClient, ports: Ports, ada: tuple[App, list[str]], connection: Any
) -> None:
    headers = {"x-csrf-token": (await client.get("/api/v1/auth/session")).json()["csrf_token"]}
    await connection.execute("update login_session set auth_time = auth_time - interval '11 minutes'")
    await forgotten(ports)
    for method, path in (("DELETE", "totp"), ("POST", "recovery-codes"), ("POST", "totp")):
        stale = await client.request(method, f"/api/v1/auth/{path}", headers=headers)
        assert (stale.status_code, stale.json()["code"]) == (401, "step-up-needed"), path


async def test_an_api_token_neither_changes_factors_nor_becomes_a_session(
    client: httpx.AsyncClient, ports: Ports
) -> None:
    eve = await person(client, "eve")
    for method, path in (("POST", "totp"), ("DELETE", "totp"), ("POST", "recovery-codes"), ("GET", "totp")):
        answer = await client.request(method, f"/api/v1/auth/{path}", headers=eve.headers)
        assert answer.status_code == 403, (method, path)
    confirm = await client.post("/api/v1/auth/totp/confirm", json={"code": "123456"}, headers=eve.headers)
    assert confirm.status_code == 403
    tokens = await client.post("/api/v1/users/me/tokens", json={"name": "wider"}, headers=eve.headers)
    assert tokens.status_code == 403


async def test_a_session_of_one_factor_cannot_be_made_for_somebody_with_two(
    client: httpx.AsyncClient, ports: Ports, ada: tuple[App, list[str]]
) -> None:
    me = (await client.get("/api/v1/users/me")).json()
    user = UserView(id=UserId(me["id"]), nickname="ada", display_name="ada", created_at=ports.clock())
    for method in Method:
        with pytest.raises(SecondFactorNeeded):
            async with ports.begin() as tx:
                await start_session(
                    ports, tx, user=user, method=method, amr=["pwd"], aal=1, visitor=Visitor(), now=ports.clock()
                )


async def test_secrets_lie_sealed_and_belong_to_their_user(
    client: httpx.AsyncClient, ports: Ports, ada: tuple[App, list[str]], connection: Any
) -> None:
    app, _ = ada
    async with another(client) as browser:
        eves, _ = await with_app(browser, ports.clock(), "eve")
    await connection.execute(
        "update totp_credential set last_step = 0, secret_sealed = "
        "(select secret_sealed from totp_credential t join user_account u on u.id = t.user_id where nickname = 'eve') "
        "where user_id = (select id from user_account where nickname = 'ada')"
    )
    for code in (eves.code(ports.clock()), app.code(ports.clock())):
        assert (await verified(client, await challenged(client), code)).status_code == 401


async def test_a_challenge_is_no_credential(client: httpx.AsyncClient, ada: tuple[App, list[str]]) -> None:
    challenge = await challenged(client)
    client.cookies.clear()
    for token in (challenge, f"efir_pat_{challenge}_00000000", f"efr_{challenge}"):
        answer = await client.get("/api/v1/users/me", headers={"authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid-token")
    assert (await client.get("/api/v1/auth/session", headers={"cookie": f"sid={challenge}"})).status_code == 401


@pytest.mark.parametrize("path", ["login", "mfa/verify", "passkeys/authentication/verify", "token"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_a_form_of_another_site_signs_nobody_in(
    client: httpx.AsyncClient, ports: Ports, path: str, kind: str
) -> None:
    await registered(client)
    body = json.dumps(LOGIN | {"challenge": "x", "code": "123456", "credential": {}})
    headers = {"content-type": kind} if kind else {}
    answer = await client.post(f"/api/v1/auth/{path}", content=body, headers=headers)
    assert answer.status_code in {400, 415, 422}, answer.text
    assert "set-cookie" not in answer.headers
