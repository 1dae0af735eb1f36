"""A lost second factor is removed by somebody who may, never of somebody who may more, and its owner is told."""

from typing import Any

import httpx
import pytest

from efir.application.access.actors import OPERATOR
from efir.application.access.roles import create_role
from efir.application.auth.mfa_recovery import remove_by_operator
from efir.application.context import Ports
from efir.domain.auth.second_factors import SecondFactorOff
from kit.authenticator_app import forgotten, with_app
from kit.builders import PASSWORD, another, registered, signed_in, with_role

REASON = {"reason": "Showed a passport."}
LOGIN = {"login": "ada", "password": PASSWORD}


@pytest.fixture
async def ada(client: httpx.AsyncClient, ports: Ports, connection: Any) -> str:
    """Somebody with an authenticator app who is signed in elsewhere."""
    await with_app(client, ports.clock())
    user_id = await connection.fetchval("update user_account set email_verified_at = now() returning id")
    return str(user_id)


async def helper(client: httpx.AsyncClient, ports: Ports) -> dict[str, str]:
    """Somebody in the client who may do nothing else."""
    await registered(client, "helper")
    await create_role(ports, OPERATOR, name="helper", description="", permissions=["users.recover"], now=ports.clock())
    await with_role(ports, "helper", "helper")
    return await signed_in(client, "helper")


async def test_a_lost_factor_is_removed_and_its_owner_signs_in_with_one_step(
    client: httpx.AsyncClient, ports: Ports, ada: str, connection: Any
) -> None:
    path = f"/api/v1/users/{ada}/remove-second-factor"
    async with another(client) as desk:
        headers = await helper(desk, ports)
        assert (await desk.post("/api/v1/auth/login", json=LOGIN)).json()["code"] == "mfa-required"
        assert (await client.get("/api/v1/users/me")).status_code == 200
        silent = await desk.post(path, json={"reason": ""}, headers=headers)
        assert (silent.status_code, silent.json()["errors"][0]["pointer"]) == (422, "/reason")
        assert (await desk.post(path, json=REASON, headers=headers)).status_code == 204
        again = await desk.post(path, json=REASON, headers=headers)
        assert (again.status_code, again.json()["code"]) == (409, "totp-off")
    assert (await client.get("/api/v1/users/me")).status_code == 401  # whoever has the phone may have the session too
    assert (await client.post("/api/v1/auth/login", json=LOGIN)).status_code == 200
    assert await connection.fetchval("select count(*) from recovery_code") == 0
    entry = await connection.fetchrow("select * from audit_log where action = 'user.second-factor-removed'")
    assert entry["target"] == f"user:{ada}"
    assert "passport" in str(entry["facts"])
    kinds = [row[0] for row in await connection.fetch("select kind from mails order by created_at")]
    assert kinds[-1] == "security-changed"


async def test_nobody_removes_the_factor_of_somebody_who_may_more(
    client: httpx.AsyncClient, ports: Ports, ada: str
) -> None:
    await with_role(ports, "ada")
    async with another(client) as desk:
        headers = await helper(desk, ports)
        answer = await desk.post(f"/api/v1/users/{ada}/remove-second-factor", json=REASON, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "wider-than-own")
    async with another(client) as browser:
        assert (await browser.post("/api/v1/auth/login", json=LOGIN)).json()["code"] == "mfa-required"


async def test_removing_needs_a_fresh_session_and_no_token_will_do(
    client: httpx.AsyncClient, ports: Ports, ada: str, connection: Any
) -> None:
    path = f"/api/v1/users/{ada}/remove-second-factor"
    async with another(client) as desk:
        headers = await helper(desk, ports)
        made = await desk.post("/api/v1/users/me/tokens", json={"name": "all"}, headers=headers)
        async with another(client) as script:
            by_token = {"authorization": f"Bearer {made.json()['token']}"}
            assert (await script.post(path, json=REASON, headers=by_token)).status_code == 403
        await connection.execute("update login_session set auth_time = now() - interval '1 hour'")
        await forgotten(ports)
        old = await desk.post(path, json=REASON, headers=headers)
        assert (old.status_code, old.json()["code"]) == (401, "step-up-needed")


async def test_the_operator_of_the_machine_removes_a_factor_too(
    client: httpx.AsyncClient, ports: Ports, ada: str, connection: Any
) -> None:
    await remove_by_operator(ports, nickname=" Ada ", reason="She came by.", now=ports.clock())
    assert (await client.post("/api/v1/auth/login", json=LOGIN)).status_code == 200
    with pytest.raises(SecondFactorOff):
        await remove_by_operator(ports, nickname="ada", reason="She came by.", now=ports.clock())
    assert await connection.fetchval("select actor_id from audit_log where target = $1", f"user:{ada}") is None
