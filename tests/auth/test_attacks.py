"""Attacks on tokens, sessions and sign-ins that no other test makes; docs/reference/attacks.md lists them all."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey, import_key

from efir.adapters.secrets.sealing import Sealer
from efir.application.access.actors import OPERATOR
from efir.application.access.bans import ban_user
from efir.application.auth.signing_keys import tend_signing_keys
from efir.application.context import Ports
from efir.application.videos.videos import probe_job
from efir.bootstrap.startup.settings_loading import keys_of
from efir.bootstrap.wiring.http import served
from efir.domain.kernel.ids import UserId, VideoId
from efir.domain.videos.video import VideoState
from efir.settings import Settings
from kit.builders import PASSWORD, another, person, registered, signed_in
from kit.pages.seeds import a_video

Forge = Callable[[dict[str, Any], dict[str, Any]], str]


def part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def opened(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=="))
    return found


@pytest.fixture
async def token(client: httpx.AsyncClient, ports: Ports) -> str:
    """An access token of somebody."""
    await tend_signing_keys(ports)
    await registered(client)
    answer = await client.post("/api/v1/auth/token", json={"login": "ada", "password": PASSWORD})
    return str(answer.json()["access_token"])


@pytest.fixture
async def forge(token: str, connection: Any, settings: Settings) -> Forge:
    """Sign a changed token with the instance's own key: everything but the signature is wrong."""
    head, claims, _ = token.split(".")
    sealed = await connection.fetchval("select private_sealed from signing_key where kid = $1", opened(head)["kid"])
    key = import_key(json.loads(Sealer(keys_of(settings).key("sealing")).unseal(sealed)))

    def made(header: dict[str, Any], changes: dict[str, Any]) -> str:
        body = {name: value for name, value in (opened(claims) | changes).items() if value is not None}
        full = opened(head) | header
        return jwt.encode(full, body, key, algorithms=[full["alg"]])

    return made


async def refused(client: httpx.AsyncClient, bearer: str) -> None:
    answer = await client.get("/api/v1/users/me", headers={"authorization": f"Bearer {bearer}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid-token"), bearer[:200]


async def test_a_token_without_a_signature_is_refused_in_every_spelling(client: httpx.AsyncClient, token: str) -> None:
    head, claims, signature = token.split(".")
    for name in ("none", "None", "NONE", "nOnE"):
        header = part(json.dumps(opened(head) | {"alg": name}).encode())
        for end in ("", signature, "."):
            await refused(client, f"{header}.{claims}.{end}")
    await refused(client, f"{head}.{claims}.")
    await refused(client, f"{head}.{claims}")


async def test_the_public_key_is_no_secret_and_neither_is_nothing(client: httpx.AsyncClient, token: str) -> None:
    head, claims, _ = token.split(".")
    kid = opened(head)["kid"]
    published = (await client.get("/.well-known/jwks.json")).json()["keys"]
    public = next(key for key in published if key["kid"] == kid)
    known = import_key(public)
    secrets = [b"", b"\0", public["x"].encode(), json.dumps(public).encode(), known.as_pem(private=False)]
    for secret in secrets:
        for name, digest in (("HS256", hashlib.sha256), ("HS384", hashlib.sha384), ("HS512", hashlib.sha512)):
            signed = f"{part(json.dumps(opened(head) | {'alg': name}).encode())}.{claims}"
            await refused(client, f"{signed}.{part(hmac.new(secret, signed.encode(), digest).digest())}")


async def test_a_key_that_comes_with_the_token_is_not_used_and_nobody_is_called(
    client: httpx.AsyncClient, token: str
) -> None:
    calls: list[int] = []
    server = await asyncio.start_server(lambda _reader, writer: (calls.append(1), writer.close()), "127.0.0.1", 0)
    place = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
    head, claims, _ = token.split(".")
    own = OKPKey.generate_key("Ed25519", {"kid": opened(head)["kid"]})
    shown = own.as_dict(private=False)
    for extra in (
        {"jwk": shown},
        {"jku": place},
        {"x5u": place},
        {"x5c": ["AAAA"]},
        {"crit": ["exp"]},
        {"kid": place},
        {},
    ):
        header = opened(head) | extra
        signed = f"{part(json.dumps(header).encode())}.{claims}"
        raw = jwt.encode({"alg": "Ed25519"}, opened(claims), own, algorithms=["Ed25519"])
        await refused(client, f"{signed}.{raw.rpartition('.')[2]}")
        await refused(client, f"{part(json.dumps(header).encode())}.{raw.split('.')[1]}.{raw.split('.')[2]}")
    server.close()
    assert calls == []


async def test_what_is_signed_for_another_purpose_or_place_opens_nothing(
    client: httpx.AsyncClient, forge: Forge
) -> None:
    good = forge({}, {})
    answer = await client.get("/api/v1/users/me", headers={"authorization": f"Bearer {good}"})
    assert answer.status_code == 200, answer.text
    for header, changes in (
        ({"typ": "JWT"}, {}), ({"typ": "mfa+jwt"}, {}), ({"typ": "logout+jwt"}, {}), ({"kid": "another"}, {}),
        ({}, {"aud": "https://elsewhere.example"}), ({}, {"aud": None}), ({}, {"iss": "https://elsewhere.example"}),
        ({}, {"iss": None}), ({}, {"sid": None}), ({}, {"sub": "0199d1e0-0000-7000-8000-000000000000"}),
        ({}, {"exp": 1e308}), ({}, {"exp": None}), ({}, {"iat": None}), ({}, {"exp": 1}),
        ({}, {"iat": 4e9, "exp": 4e9 + 60}),
        ({}, {"act": {"sub": "0199d1e0-0000-7000-8000-000000000000", "sid": "0199d1e0-0000-7000-8000-000000000000"}}),
    ):  # fmt: skip
        await refused(client, forge(header, changes))


async def test_a_huge_or_deep_token_is_refused_at_once(client: httpx.AsyncClient, token: str) -> None:
    _, claims, signature = token.split(".")
    deep = part(("[" * 10_000 + "]" * 10_000).encode())
    for bearer in ("a" * 65_536, f"{deep}.{claims}.{signature}", f"{token}{'A' * 65_536}", deep[:3000], ".", "..", "…"):
        await refused(client, bearer.encode("ascii", "replace").decode())


async def test_requests_on_their_way_do_not_revive_a_session(
    client: httpx.AsyncClient, connection: Any, ports: Ports
) -> None:
    await registered(client)
    headers = await signed_in(client)
    secret = client.cookies["sid"]
    await connection.execute("update login_session set seen_at = now() - interval '1 hour'")  # each one touches it

    async def asked() -> int:
        return (await client.get("/api/v1/users/me", headers={"cookie": f"sid={secret}"})).status_code

    answers = await asyncio.gather(
        *(asked() for _ in range(10)),
        client.post("/api/v1/auth/logout", headers=headers),
        *(asked() for _ in range(10)),
    )
    assert {answer for answer in answers if isinstance(answer, int)} <= {200, 401}
    assert await asked() == 401
    assert await connection.fetchval("select revoked_at from login_session") is not None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("login", {"login": "ada", "password": PASSWORD}),
        ("mfa/verify", {"challenge": "x", "code": "123456"}),
        ("passkeys/authentication/options", {}),
        ("passkeys/authentication/verify", {}),
    ],
)
async def test_a_page_of_another_site_signs_nobody_in(client: httpx.AsyncClient, path: str, body: Any) -> None:
    await registered(client)
    for foreign in (
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        for kind in ("text/plain", "application/json"):
            answer = await client.post(
                f"/api/v1/auth/{path}", content=json.dumps(body), headers=foreign | {"content-type": kind}
            )
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf-failed"), foreign
            assert "set-cookie" not in answer.headers
    own = {"origin": "http://efir.test", "sec-fetch-site": "same-origin"}
    assert (
        await client.post("/api/v1/auth/login", json={"login": "ada", "password": PASSWORD}, headers=own)
    ).is_success


async def test_a_header_does_not_change_the_method(client: httpx.AsyncClient) -> None:
    ada = await person(client)
    tokens = (await client.get("/api/v1/users/me/tokens", headers=ada.headers)).json()
    assert tokens.get("code") == "scope-missing"  # a token does not see tokens
    await signed_in(client)
    found = (await client.get("/api/v1/users/me/tokens")).json()["items"][0]["id"]
    for name in ("x-http-method-override", "x-method-override", "x-http-method"):
        for method in ("GET", "POST"):
            path = f"/api/v1/users/me/tokens/{found}?_method=DELETE"
            answer = await client.request(method, path, headers={name: "DELETE"})
            assert answer.status_code in {403, 405}, (name, method)
    assert (await client.get("/api/v1/users/me/tokens")).json()["items"][0]["id"] == found


def limited_app(ports: Ports, settings: Settings, *, trusted: str = "", **limits: int) -> httpx.ASGITransport:
    """The application with narrow limits."""
    narrow = replace(ports, limits=replace(ports.limits, **limits))
    app = served(narrow, msgspec.structs.replace(settings, trusted_proxies=trusted))
    return httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("203.0.113.9", 123))


async def tried(browser: httpx.AsyncClient, login: str, **headers: str) -> int:
    body = {"login": login, "password": "not the right one"}
    return (await browser.post("/api/v1/auth/login", json=body, headers=headers)).status_code


async def test_one_password_for_many_names_ends_at_the_limit_of_the_network(
    session_ports: Ports, settings: Settings
) -> None:
    transport = limited_app(session_ports, settings, sign_in_attempts_network=5)
    async with httpx.AsyncClient(transport=transport, base_url="http://efir.test") as browser:
        answers = [await tried(browser, f"spray-{number}-{session_ports.new_id()}") for number in range(12)]
    assert answers == [401] * 5 + [429] * 7


async def test_many_passwords_from_many_networks_end_and_the_owner_still_signs_in(
    client: httpx.AsyncClient, session_ports: Ports, settings: Settings
) -> None:
    name = f"target{session_ports.new_id().hex[-12:]}"
    await registered(client, name)
    narrow = replace(session_ports, limits=replace(session_ports.limits, sign_in_attempts_name=5, sign_in_attempts=4))
    app = served(narrow, settings)

    async def sent(address: str, password: str, cookies: httpx.Cookies | None = None) -> httpx.Response:
        transport = httpx.ASGITransport(app=app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://efir.test", cookies=cookies) as browser:
            return await browser.post("/api/v1/auth/login", json={"login": name, "password": password})

    own = httpx.Cookies({"device": (await sent("192.0.2.1", PASSWORD)).cookies["device"]})
    guesses = [(await sent(f"198.51.100.{number}", "not the right one")).status_code for number in range(10)]
    assert guesses == [401] * 4 + [429] * 6
    assert (await sent("192.0.2.2", PASSWORD)).status_code == 429  # a new device waits
    assert (await sent("192.0.2.2", PASSWORD, own)).status_code == 200
    # The mark is for one name, and its own tries end too.
    forged = httpx.Cookies({"device": own["device"][:-1] + ("A" if own["device"][-1] != "A" else "B")})
    assert (await sent("192.0.2.3", PASSWORD, forged)).status_code == 429
    stolen = [(await sent("192.0.2.4", "not the right one", own)).status_code for _ in range(5)]
    assert stolen == [401] * 3 + [429] * 2


async def test_an_invented_forwarding_header_is_no_other_network(session_ports: Ports, settings: Settings) -> None:
    narrow = {"sign_in_attempts_network": 4}
    for trusted, hops in (("", "198.51.100.{}"), ("203.0.113.0/24", "198.51.100.{}, 192.0.2.77")):
        transport = limited_app(session_ports, settings, trusted=trusted, **narrow)
        async with httpx.AsyncClient(transport=transport, base_url="http://efir.test") as browser:
            answers = [
                await tried(browser, f"hop-{session_ports.new_id()}", **{"x-forwarded-for": hops.format(number)})
                for number in range(8)
            ]
        assert answers[-3:] == [429] * 3, (trusted, answers)


async def test_a_second_browser_knows_nothing_of_the_first(client: httpx.AsyncClient) -> None:
    await registered(client)
    headers = await signed_in(client)
    async with another(client) as eve:
        await registered(eve, "eve")
        own = await signed_in(eve, "eve")
        # The attacker's own token, planted beside the victim's cookie, and the other way round.
        planted = await client.post("/api/v1/users/me/tokens", json={"name": "x"}, headers=own)
        assert (planted.status_code, planted.json()["code"]) == (403, "csrf-failed")
        back = await eve.post("/api/v1/users/me/tokens", json={"name": "x"}, headers=headers)
        assert (back.status_code, back.json()["code"]) == (403, "csrf-failed")


def told_when_answering(client: httpx.AsyncClient, begun: asyncio.Event) -> httpx.AsyncClient:
    """A browser of the same application that tells when an answer begins, however long it lasts."""
    app = client._transport.app  # type: ignore[attr-defined]  # noqa: SLF001  # nothing public

    async def telling(scope: Any, receive: Any, send: Any) -> None:
        async def told(message: Any) -> None:
            await send(message)
            if message["type"] == "http.response.body":
                begun.set()

        await app(scope, receive, told)

    return httpx.AsyncClient(transport=httpx.ASGITransport(app=telling), base_url=client.base_url)


async def test_requests_that_last_end_with_the_ban(client: httpx.AsyncClient, ports: Ports) -> None:
    ada = await person(client)
    owner = UserId(UUID(ada.id))
    video = await a_video(ports, owner, state=VideoState.PROCESSING)
    async with ports.begin() as tx:  # something waits to be done, or the stream would be at its end
        await tx.jobs.put([probe_job(await tx.videos.get(VideoId(video)))])
    tus = ada.headers | {"tus-resumable": "1.0.0"}
    opened_upload = await client.post("/api/v1/uploads", headers=tus | {"upload-length": "1000000"})
    address = opened_upload.headers["location"]

    coming, streaming, banned = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        left = 30  # chunks after the ban: three seconds in which it must be noticed
        while left:
            yield b"x" * 1000
            coming.set()
            left -= banned.is_set()
            await asyncio.sleep(0.1)

    body = {"content-type": "application/offset+octet-stream", "upload-offset": "0"}
    watching = told_when_answering(client, streaming)
    events = asyncio.create_task(
        watching.get(f"/api/v1/videos/{video}/processing", headers=ada.headers | {"accept": "text/event-stream"})
    )
    sending = asyncio.create_task(client.patch(address, headers=tus | body, content=slow()))
    async with asyncio.timeout(30):
        await coming.wait()
        await streaming.wait()
    assert not events.done()
    assert not sending.done()
    await ban_user(ports, OPERATOR, user_id=owner, reason="Spam.", until=None, now=ports.clock())
    banned.set()
    async with asyncio.timeout(30):
        answer = await events
        assert answer.status_code == 200
        assert "event: end" not in answer.text
        assert (await sending).status_code == 401
