"""Other providers over HTTP: what a hostile one, or a hostile browser, says is not believed."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from efir.application.context import Ports
from efir.bootstrap.wiring.http import served
from efir.ports.auth.oidc import Provider
from efir.settings import Settings
from kit.authenticator_app import forgotten, with_app
from kit.builders import another, registered, signed_in
from kit.hostile_provider import CLIENT, ISSUER, LOGOUT, Hostile

REFUSED = "/login?trouble=oidc-error&back=%2F"


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


@pytest.fixture
def evil(key: RSAKey) -> Hostile:
    return Hostile(key)


@pytest.fixture(scope="module")
def providers() -> dict[str, Provider]:
    """What the application below has; each test fills it anew."""
    return {}


@pytest.fixture(scope="module")
def hostile_app(session_ports: Ports, settings: Settings, providers: dict[str, Provider]) -> Any:
    """An Efir whose one provider is the hostile one."""
    return served(replace(session_ports, auth=replace(session_ports.auth, providers=providers)), settings)


@pytest.fixture
async def browser(
    ports: Ports, hostile_app: Any, providers: dict[str, Provider], evil: Hostile
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of that Efir."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(evil)) as http:
        providers["evil"] = evil.provider(ports, http)
        transport = httpx.ASGITransport(app=hostile_app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://efir.test") as client:
            yield client


async def linked(browser: httpx.AsyncClient, evil: Hostile, nickname: str = "ada") -> dict[str, str]:
    """An account with an identity at the provider, its owner signed in; answers headers."""
    await registered(browser, nickname)
    headers = await signed_in(browser, nickname)
    asked = await evil.begun(browser, method="POST", path="link", headers=headers)
    done = await evil.back(browser, asked)
    assert (done.status_code, done.headers["location"]) == (303, "/settings/identities"), done.text
    return headers


async def test_somebody_known_is_signed_in(browser: httpx.AsyncClient, evil: Hostile, connection: Any) -> None:
    await linked(browser, evil)
    async with another(browser) as other:
        asked = await evil.begun(other, "?return_to=/studio")
        assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
        assert asked["redirect_uri"] == "http://efir.test/api/v1/auth/oidc/evil/callback"
        done = await evil.back(other, asked)
        assert (done.status_code, done.headers["location"]) == (303, "/studio")
        assert (await other.get("/api/v1/auth/session")).json()["user"]["nickname"] == "ada"
    row = await connection.fetchrow("select * from login_session order by created_at desc limit 1")
    assert (row["idp_issuer"], row["idp_sid"], row["aal"], row["amr"]) == (ISSUER, "session-there", 1, ["fed"])
    assert b"eyJ" not in row["idp_hint"]
    event = await connection.fetchrow("select outcome, method from login_event order by at desc limit 1")
    assert tuple(event) == ("ok", "oidc")


CLAIMS: dict[str, dict[str, Any]] = {
    "wrong nonce": {"claims": {"nonce": "another"}},
    "empty nonce": {"claims": {"nonce": ""}},
    "null nonce": {"claims": {"nonce": None}},
    "no nonce": {"dropped": ("nonce",)},
    "wrong issuer": {"claims": {"iss": "https://evil.example"}},
    "issuer with a slash": {"claims": {"iss": ISSUER + "/"}},
    "wrong audience": {"claims": {"aud": "another-client"}},
    "no audience": {"dropped": ("aud",)},
    "another party": {"claims": {"aud": [CLIENT, "other"], "azp": "other"}},
    "many audiences and no party": {"claims": {"aud": [CLIENT, "other"]}},
    "expired": {"claims": {"exp": int(time.time()) - 60, "iat": int(time.time()) - 360}},
    "without an end": {"dropped": ("exp",)},
    "endless": {"claims": {"exp": 1e308}},
    "from the future": {"claims": {"iat": int(time.time()) + 3600, "exp": int(time.time()) + 7200}},
    "times as text": {"claims": {"exp": "tomorrow"}},
    "nobody": {"claims": {"sub": ""}},
    "a number": {"claims": {"sub": 7}},
    "a long name": {"claims": {"sub": "x" * 256}},
    "hash of another access token": {"claims": {"at_hash": "MTIzNDU2Nzg5MDEyMzQ1Ng"}},
    "alg none": {"header": {"alg": "none"}, "forged": "empty"},
    "alg None": {"header": {"alg": "None"}, "forged": "empty"},
    "alg nOnE": {"header": {"alg": "nOnE"}, "forged": "empty"},
    "empty signature": {"forged": "empty"},
    "foreign signature": {"forged": "AAAA"},
    "unknown key": {"header": {"kid": "two"}},
    "logout token": {"header": {"typ": "logout+jwt"}},
    "access token": {"header": {"typ": "at+jwt"}},
    "critical header": {"header": {"crit": ["exp"]}},
    "no ID token": {"answer": {"id_token": None}},
    "no token at all": {"answer": {"id_token": "x.y.z"}},
    "64 KiB": {"answer": {"id_token": "a" * 65_536}},
    "deep header": {"answer": {"id_token": "W1t" * 5000 + ".e30.e30"}},
    "no access token": {"answer": {"access_token": 7}},
}


@pytest.mark.parametrize("lie", CLAIMS)
async def test_an_untrue_answer_signs_nobody_in(
    browser: httpx.AsyncClient, evil: Hostile, connection: Any, lie: str
) -> None:
    asked = await evil.begun(browser)
    for name, value in CLAIMS[lie].items():
        setattr(evil, name, value)
    done = await evil.back(browser, asked)
    assert (done.status_code, done.headers["location"]) == (303, REFUSED)
    assert "sid" not in browser.cookies
    assert "reg" not in browser.cookies
    event = await connection.fetchrow("select outcome, method, user_id from login_event")
    assert tuple(event) == ("oidc_error", "oidc", None)


async def test_the_public_key_is_no_shared_secret(browser: httpx.AsyncClient, evil: Hostile) -> None:
    asked = await evil.begun(browser)
    evil.secret = evil.key.as_pem(private=False)
    evil.header = {"alg": "HS256"}
    assert (await evil.back(browser, asked)).headers["location"] == REFUSED


async def test_a_key_that_comes_with_the_token_is_not_used(browser: httpx.AsyncClient, evil: Hostile) -> None:
    asked = await evil.begun(browser)
    own = RSAKey.generate_key(2048, {"kid": "one"})
    for header in ({"jwk": own.as_dict(private=False)}, {"jku": "https://evil.example/keys"},
                   {"x5u": "https://evil.example/cert"}):  # fmt: skip
        asked = await evil.begun(browser)
        honest, evil.key, evil.header = evil.key, own, header
        token = evil.id_token(asked)
        evil.key, evil.header, evil.answer = honest, {}, {"id_token": token}
        assert (await evil.back(browser, asked)).headers["location"] == REFUSED
        evil.answer = {}
    assert set(evil.asked) <= {"GET /.well-known/openid-configuration", "GET /keys", "POST /token"}


async def test_a_new_key_is_looked_for_once_a_minute(browser: httpx.AsyncClient, evil: Hostile) -> None:
    await evil.back(browser, await evil.begun(browser))
    evil.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    evil.header = {"kid": "two"}
    done = await evil.back(browser, await evil.begun(browser))
    assert done.headers["location"] == "/register/name"
    evil.header = {"kid": "three"}
    for _ in range(3):
        assert (await evil.back(browser, await evil.begun(browser))).headers["location"] == REFUSED
    assert evil.asked.count("GET /keys") == 2


@pytest.mark.parametrize("iss", ["https://evil.example", None, ""])
async def test_an_answer_of_another_issuer_is_refused(
    browser: httpx.AsyncClient, evil: Hostile, iss: str | None
) -> None:
    done = await evil.back(browser, await evil.begun(browser), iss=iss)
    assert done.headers["location"] == REFUSED
    assert "POST /token" not in evil.asked


@pytest.mark.parametrize(
    "description",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "http://provider.example/token"},
     {"jwks_uri": "ftp://provider.example/keys"}, {"authorization_endpoint": 7}],
)  # fmt: skip
async def test_a_provider_that_describes_another_is_not_used(
    browser: httpx.AsyncClient, evil: Hostile, description: dict[str, Any]
) -> None:
    evil.description = description
    answer = await browser.get("/api/v1/auth/oidc/evil/login")
    assert answer.status_code in {303, 401}
    assert "provider.example" not in answer.headers.get("location", "")


async def test_a_state_counts_once_and_in_its_browser(browser: httpx.AsyncClient, evil: Hostile) -> None:
    await linked(browser, evil)
    async with another(browser) as victim, another(browser) as attacker:
        asked = await evil.begun(victim)
        assert (await evil.back(attacker, asked)).headers["location"] == REFUSED
        assert (await evil.back(victim, asked)).headers["location"] == REFUSED  # it was taken, by whomever
        asked = await evil.begun(victim)
        for missing in (None, "", "x" * 43, "y" * 3000):
            assert (await evil.back(victim, asked, state=missing)).headers["location"] == REFUSED
        assert (await evil.back(victim, asked)).headers["location"] == "/"
        assert (await evil.back(victim, asked)).headers["location"] == REFUSED
        asked = await evil.begun(attacker)
        victim.cookies.delete("sid")
        assert (await evil.back(victim, asked)).headers["location"] == REFUSED
        assert "sid" not in victim.cookies


async def test_two_tabs_of_one_browser_do_not_disturb_each_other(browser: httpx.AsyncClient, evil: Hostile) -> None:
    await linked(browser, evil)
    async with another(browser) as other:
        one, two = await evil.begun(other), await evil.begun(other)
        assert (await evil.back(other, one)).headers["location"] == "/"
        assert (await evil.back(other, two)).headers["location"] == "/"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "/%2fevil.example", "/%5Cevil",
     "/.//evil.example", "/\tevil", "/%09/evil.example", "javascript:alert(1)", "https:evil.example", "@evil.example",
     "http://efir.test@evil.example", "/a//b", "", "/" + "a" * 601],
)  # fmt: skip
async def test_nobody_is_sent_to_another_site(browser: httpx.AsyncClient, evil: Hostile, target: str) -> None:
    await linked(browser, evil)
    answer = await browser.get("/api/v1/auth/oidc/evil/login", params={"return_to": target})
    if answer.status_code == 422:  # longer than any path of ours
        return
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    evil.questions[f"code-{asked['state']}"] = asked
    assert (await evil.back(browser, asked)).headers["location"] == "/"


async def test_the_same_address_is_not_the_same_person(
    browser: httpx.AsyncClient, evil: Hostile, connection: Any
) -> None:
    await registered(browser)
    await connection.execute("update user_account set email_verified_at = now()")
    evil.claims = {"email": "ada@example.org", "email_verified": True}
    done = await evil.back(browser, await evil.begun(browser))
    assert done.headers["location"] == "/register/name"
    assert "sid" not in browser.cookies
    assert await connection.fetchval("select count(*) from external_identity") == 0


async def test_who_cancels_is_told_so(browser: httpx.AsyncClient, evil: Hostile) -> None:
    done = await evil.back(browser, await evil.begun(browser), error="access_denied", code=None)
    assert done.headers["location"] == "/login?trouble=oidc-cancelled&back=%2F"


async def test_a_provider_that_is_away_is_told_in_words(browser: httpx.AsyncClient, evil: Hostile) -> None:
    asked = await evil.begun(browser)
    evil.status = 500
    done = await evil.back(browser, asked)
    assert done.headers["location"] == "/login?trouble=provider-away&back=%2F"
    assert (await browser.get("/api/v1/auth/oidc/nobody/login")).status_code == 404


async def test_the_second_factor_is_not_skipped(browser: httpx.AsyncClient, evil: Hostile, ports: Ports) -> None:
    app, _ = await with_app(browser, ports.clock())
    headers = {"x-csrf-token": (await browser.get("/api/v1/auth/session")).json()["csrf_token"]}
    await evil.back(browser, await evil.begun(browser, method="POST", path="link", headers=headers))
    async with another(browser) as other:
        done = await evil.back(other, await evil.begun(other, "?return_to=/studio"))
        assert done.headers["location"] == "/login/second-factor?back=%2Fstudio"
        assert "sid" not in other.cookies
        body = {"challenge": other.cookies["mfa"], "code": app.code(ports.clock())}
        assert (await other.post("/api/v1/auth/mfa/verify", json=body)).status_code == 200
        assert (await other.get("/api/v1/auth/session")).status_code == 200


async def test_linking_needs_a_fresh_session_and_a_fresh_proof(
    browser: httpx.AsyncClient, evil: Hostile, ports: Ports, connection: Any
) -> None:
    await registered(browser)
    headers = await signed_in(browser)
    path = "/api/v1/auth/oidc/evil/link"
    assert (await browser.post(path)).json()["code"] == "csrf-failed"
    asked = await evil.begun(browser, method="POST", path="link", headers=headers)
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    evil.claims = {"auth_time": int(time.time()) - 3600}
    assert (await evil.back(browser, asked)).headers["location"] == REFUSED
    evil.claims, evil.dropped = {}, ("auth_time",)
    asked = await evil.begun(browser, method="POST", path="link", headers=headers)
    assert (await evil.back(browser, asked)).headers["location"] == REFUSED
    await connection.execute("update login_session set auth_time = auth_time - interval '11 minutes'")
    await forgotten(ports)
    assert (await browser.post(path, headers=headers)).json()["code"] == "step-up-needed"


async def test_a_link_belongs_to_the_session_that_began(browser: httpx.AsyncClient, evil: Hostile) -> None:
    await registered(browser)
    await registered(browser, "eve")
    headers = await signed_in(browser)
    asked = await evil.begun(browser, method="POST", path="link", headers=headers)
    await signed_in(browser, "eve")
    assert (await evil.back(browser, asked)).headers["location"] == REFUSED


async def test_an_old_proof_at_the_provider_is_no_step_up_here(browser: httpx.AsyncClient, evil: Hostile) -> None:
    await linked(browser, evil)
    for claims, dropped in (({"auth_time": int(time.time()) - 3600}, ()), ({}, ("auth_time",))):
        evil.claims, evil.dropped = claims, dropped
        await evil.back(browser, await evil.begun(browser))
        headers = {"x-csrf-token": (await browser.get("/api/v1/auth/session")).json()["csrf_token"]}
        assert (await browser.post("/api/v1/auth/totp", headers=headers)).json()["code"] == "step-up-needed"
    evil.claims, evil.dropped = {}, ()
    await evil.back(browser, await evil.begun(browser, "?fresh=true"))
    headers = {"x-csrf-token": (await browser.get("/api/v1/auth/session")).json()["csrf_token"]}
    assert (await browser.post("/api/v1/auth/totp", headers=headers)).status_code == 200


async def test_an_identity_belongs_to_one_account(browser: httpx.AsyncClient, evil: Hostile) -> None:
    await linked(browser, evil)
    async with another(browser) as other:
        await registered(other, "eve")
        headers = await signed_in(other, "eve")
        asked = await evil.begun(other, method="POST", path="link", headers=headers)
        taken = await evil.back(other, asked)
        assert taken.headers["location"] == "/settings/identities?trouble=identity-taken&back=%2F"
        assert (await other.get("/api/v1/auth/identities")).json()["items"] == []


async def test_own_identities_are_listed_and_unlinked(
    browser: httpx.AsyncClient, evil: Hostile, connection: Any
) -> None:
    headers = await linked(browser, evil)
    rows = (await browser.get("/api/v1/auth/identities")).json()["items"]
    assert [(row["provider"], row["shown"]) for row in rows] == [("evil", "ada@example.org")]
    async with another(browser) as other:
        await registered(other, "eve")
        hers = await signed_in(other, "eve")
        foreign = await other.delete(f"/api/v1/auth/identities/{rows[0]['id']}", headers=hers)
        assert foreign.status_code == 404
    wrapped = await connection.fetch("delete from password_credential returning user_id, wrapped")
    last = await browser.delete(f"/api/v1/auth/identities/{rows[0]['id']}", headers=headers)
    assert (last.status_code, last.json()["code"]) == (409, "last-way-in")
    await connection.executemany("insert into password_credential (user_id, wrapped) values ($1, $2)", wrapped)
    assert (await browser.delete(f"/api/v1/auth/identities/{rows[0]['id']}", headers=headers)).status_code == 204
    async with another(browser) as other:
        assert (await evil.back(other, await evil.begun(other))).headers["location"] == "/register/name"


async def test_a_banned_person_stays_out(browser: httpx.AsyncClient, evil: Hostile, connection: Any) -> None:
    await linked(browser, evil)
    await connection.execute("update user_account set status = 'banned'")
    async with another(browser) as other:
        done = await evil.back(other, await evil.begun(other))
        assert done.headers["location"] == "/login?trouble=user-banned&back=%2F"
        assert "sid" not in other.cookies


async def test_a_deleted_account_is_not_entered(browser: httpx.AsyncClient, evil: Hostile, connection: Any) -> None:
    await linked(browser, evil)
    await connection.execute("update user_account set status = 'deleted'")
    async with another(browser) as other:
        done = await evil.back(other, await evil.begun(other))
        assert done.headers["location"] == "/login?trouble=wrong-credentials&back=%2F"
        assert "sid" not in other.cookies


async def test_who_has_no_password_is_refused_like_everybody(
    browser: httpx.AsyncClient, evil: Hostile, connection: Any
) -> None:
    await linked(browser, evil)
    await connection.execute("delete from password_credential")
    async with another(browser) as other:
        answer = await other.post("/api/v1/auth/login", json={"login": "ada", "password": "a long quiet evening"})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong-credentials")


async def test_a_token_of_a_provider_opens_nothing_here(browser: httpx.AsyncClient, evil: Hostile) -> None:
    await linked(browser, evil)
    browser.cookies.clear()
    token = evil.id_token({"nonce": "x"})
    answer = await browser.get("/api/v1/users/me", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid-token")


def notice(evil: Hostile, **changes: Any) -> str:
    at = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER, "aud": CLIENT, "iat": at, "exp": at + 120, "jti": f"jti-{time.time_ns()}",
        "sid": "session-there", "events": {LOGOUT: {}},
    } | changes  # fmt: skip
    return evil.signed({name: value for name, value in claims.items() if value is not None}, typ="logout+jwt")


async def told(browser: httpx.AsyncClient, token: str) -> httpx.Response:
    return await browser.post("/api/v1/auth/oidc/evil/backchannel-logout", data={"logout_token": token})


async def test_a_session_ends_here_when_it_ends_there(browser: httpx.AsyncClient, evil: Hostile) -> None:
    await linked(browser, evil)
    async with another(browser) as one, another(browser) as two:
        await evil.back(one, await evil.begun(one))
        evil.claims = {"sid": "another-session"}
        await evil.back(two, await evil.begun(two))
        token = notice(evil)
        answer = await told(browser, token)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), answer.text
        assert (await one.get("/api/v1/auth/session")).status_code == 401
        assert (await two.get("/api/v1/auth/session")).status_code == 200
        again = await told(browser, token)
        assert (again.status_code, again.json()["code"]) == (400, "logout-token-refused")
        assert (await told(browser, notice(evil, sid=None, sub="ada-there"))).status_code == 200
        assert (await two.get("/api/v1/auth/session")).status_code == 401
        assert (await browser.get("/api/v1/auth/session")).status_code == 200  # a password's


async def test_a_forged_logout_token_ends_nothing(browser: httpx.AsyncClient, evil: Hostile) -> None:
    await linked(browser, evil)
    async with another(browser) as other:
        await evil.back(other, await evil.begun(other))
        at = int(time.time())
        forged = [
            notice(evil, aud="other"), notice(evil, iss="https://evil.example"), notice(evil, iat=at - 3600, exp=None),
            notice(evil, exp=at - 120), notice(evil, events={}), notice(evil, events=None), notice(evil, nonce="x"),
            notice(evil, jti=None), notice(evil, sid=None), notice(evil, iat=None), "", "x.y.z",
            evil.id_token({"nonce": "x"}),
        ]  # fmt: skip
        evil.forged = "AAAA"
        forged.append(notice(evil))
        for token in forged:
            answer = await told(browser, token)
            assert (answer.status_code, answer.json()["code"]) == (400, "logout-token-refused"), token
        assert (await browser.post("/api/v1/auth/oidc/evil/backchannel-logout")).status_code == 400
        assert (await other.get("/api/v1/auth/session")).status_code == 200


async def test_logging_out_tells_where_it_ends_at_the_provider(browser: httpx.AsyncClient, evil: Hostile) -> None:
    await linked(browser, evil)
    asked = await evil.begun(browser)
    await evil.back(browser, asked)
    headers = {"x-csrf-token": (await browser.get("/api/v1/auth/session")).json()["csrf_token"]}
    answer = await browser.post("/api/v1/auth/oidc/evil/logout", headers=headers)
    parts = urlsplit(answer.json()["redirect_to"])
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{ISSUER}/end"
    assert query["post_logout_redirect_uri"] == "http://efir.test/"
    assert query["id_token_hint"].count(".") == 2
    assert (await browser.get("/api/v1/auth/session")).status_code == 401
    headers = await signed_in(browser)
    answer = await browser.post("/api/v1/auth/oidc/evil/logout", headers=headers)
    assert answer.json() == {"redirect_to": None}


async def test_providers_are_listed(browser: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    shown = (await browser.get("/api/v1/auth/oidc")).json()
    login = "http://efir.test/api/v1/auth/oidc/evil/login"
    assert shown == {"providers": [{"name": "evil", "label": "Evil", "login_url": login}]}
    assert (await client.get("/api/v1/auth/oidc")).json() == {"providers": []}
