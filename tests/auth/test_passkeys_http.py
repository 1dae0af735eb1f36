"""Passkeys over HTTP: rights, lists, and answers that no browser sends."""

import base64
import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from efir.adapters.secrets.passkeys import WebauthnCeremonies
from efir.application.context import Ports
from efir.domain.auth.passkeys import Passkey, PasskeyId, PasskeyInvalid, PasskeyRefused, PasskeysUnavailable
from efir.domain.kernel.ids import UserId
from kit.authenticator_app import forgotten
from kit.builders import person, registered, signed_in

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=12,
)
FIELDS = ["id", "rawId", "type", "clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]


@st.composite
def answers(draw: st.DrawFn) -> dict[str, Any]:
    """Answers with the right names and anything behind them."""
    value = st.binary(max_size=80).map(lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("=")) | JSON
    told = {name: draw(value) for name in FIELDS if draw(st.booleans())}
    return told | {"response": draw(st.just(told) | JSON), "type": draw(st.just("public-key") | JSON)}


@given(answers() | st.dictionaries(st.text(max_size=12), JSON, max_size=4))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_no_answer_breaks_the_reader(answer: dict[str, Any]) -> None:
    ceremonies = WebauthnCeremonies("https://efir.example", seconds=300)
    ceremonies.challenge_of(answer)
    ceremonies.identify(answer)
    with pytest.raises(PasskeyInvalid):
        ceremonies.verify_creation(answer, challenge=b"x" * 32)
    with pytest.raises(PasskeyRefused):
        ceremonies.verify_use(answer, challenge=b"x" * 32, public_key=b"")


@pytest.mark.parametrize(
    ("origin", "rp_id"),
    [("https://efir.example", "efir.example"), ("https://efir.example:8443", "efir.example"),
     ("http://localhost:8000", "localhost"), ("http://127.0.0.1:8000", "localhost"), ("http://[::1]:80", "localhost")],
)  # fmt: skip
def test_a_passkey_is_for_the_public_name(origin: str, rp_id: str) -> None:
    assert WebauthnCeremonies(origin, seconds=1).request(challenge=b"x" * 32)["rpId"] == rp_id


def test_a_service_known_by_a_number_has_no_passkeys() -> None:
    with pytest.raises(PasskeysUnavailable):
        WebauthnCeremonies("http://192.0.2.7:8000", seconds=1).request(challenge=b"x" * 32)


async def test_options_ask_for_a_discoverable_passkey_of_a_verified_person(client: httpx.AsyncClient) -> None:
    user = await registered(client)
    headers = await signed_in(client)
    options = (await client.post("/api/v1/auth/passkeys/registration/options", headers=headers)).json()["public_key"]
    assert options["rp"] == {"id": "efir.test", "name": "Efir"}
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert UUID(bytes=base64.urlsafe_b64decode(options["user"]["id"] + "==")) == UUID(user["id"])
    asked = (await client.post("/api/v1/auth/passkeys/authentication/options")).json()["public_key"]
    assert (asked["userVerification"], asked["allowCredentials"]) == ("required", [])


async def a_passkey(ports: Ports, owner: str, number: int = 1) -> PasskeyId:
    passkey = Passkey(
        id=PasskeyId(ports.new_id()), cred_id=f"{owner} {number}".encode(), user_id=UserId(UUID(owner)),
        public_key=b"k",
        sign_count=0, backup_eligible=True, backed_up=True, aaguid="", transports=[], label=f"Key {number}",
        created_at=ports.clock(),
    )  # fmt: skip
    async with ports.begin() as tx:
        await tx.passkeys.add(passkey)
    return passkey.id


async def test_own_passkeys_are_listed_and_removed_and_those_of_others_are_not(
    client: httpx.AsyncClient, ports: Ports
) -> None:
    ada, eve = await registered(client), await registered(client, "eve")
    mine = [await a_passkey(ports, ada["id"], number) for number in range(3)]
    hers = await a_passkey(ports, eve["id"])
    headers = await signed_in(client)
    first = (await client.get("/api/v1/auth/passkeys?limit=2")).json()
    rest = (await client.get(f"/api/v1/auth/passkeys?limit=2&cursor={first['next']}")).json()
    rows = first["items"] + rest["items"]
    assert [row["id"] for row in rows] == [str(each) for each in reversed(mine)]
    assert rows[0] | {"id": "", "created_at": ""} == {
        "id": "", "label": "Key 2", "synced": True, "created_at": "", "last_used_at": None,
    }  # fmt: skip
    assert (await client.delete(f"/api/v1/auth/passkeys/{hers}", headers=headers)).status_code == 404
    assert (await client.delete(f"/api/v1/auth/passkeys/{mine[0]}", headers=headers)).status_code == 204
    assert (await client.delete(f"/api/v1/auth/passkeys/{mine[0]}", headers=headers)).status_code == 404


async def test_the_last_way_in_stays(client: httpx.AsyncClient, ports: Ports, connection: Any) -> None:
    ada = await registered(client)
    headers = await signed_in(client)
    one, two = await a_passkey(ports, ada["id"], 1), await a_passkey(ports, ada["id"], 2)
    await connection.execute("delete from password_credential")
    assert (await client.delete(f"/api/v1/auth/passkeys/{one}", headers=headers)).status_code == 204
    last = await client.delete(f"/api/v1/auth/passkeys/{two}", headers=headers)
    assert (last.status_code, last.json()["code"]) == (409, "last-way-in")
    assert len((await client.get("/api/v1/auth/passkeys")).json()["items"]) == 1


async def test_adding_needs_a_fresh_session_of_a_browser(
    client: httpx.AsyncClient, ports: Ports, connection: Any
) -> None:
    eve = await person(client, "eve")
    paths = ("registration/options", "registration/verify")
    body = {"credential": {}}
    for path in paths:
        answer = await client.post(f"/api/v1/auth/passkeys/{path}", json=body, headers=eve.headers)
        assert answer.status_code == 403, path
    headers = await signed_in(client, "eve")
    for path in paths:
        assert (await client.post(f"/api/v1/auth/passkeys/{path}", json=body)).json()["code"] == "csrf-failed"
    await connection.execute("update login_session set auth_time = auth_time - interval '11 minutes'")
    await forgotten(ports)
    for path in paths:
        stale = await client.post(f"/api/v1/auth/passkeys/{path}", json=body, headers=headers)
        assert stale.json()["code"] == "step-up-needed", path


async def test_an_account_has_so_many_passkeys(client: httpx.AsyncClient, ports: Ports) -> None:
    ada = await registered(client)
    for number in range(ports.limits.max_passkeys):
        await a_passkey(ports, ada["id"], number)
    headers = await signed_in(client)
    answer = await client.post("/api/v1/auth/passkeys/registration/options", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "passkeys-too-many")


async def test_invented_answers_are_refused_and_noted(client: httpx.AsyncClient, connection: Any) -> None:
    told = base64.urlsafe_b64encode(json.dumps({"challenge": "A" * 43}).encode()).decode()
    for credential in ({}, {"id": "AAAA", "response": {"clientDataJSON": told}}, {"response": [1]}):
        answer = await client.post("/api/v1/auth/passkeys/authentication/verify", json={"credential": credential})
        assert (answer.status_code, answer.json()["code"]) == (401, "passkey-refused"), credential
    assert await connection.fetchval("select count(*) from login_event where outcome = 'unknown'") == 3
