"""Pages of somebody else's place without a browser: the way in, the banner on every page, the way back."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from efir.application.auth.second_factors import begin_totp, confirm_totp
from efir.application.context import Ports
from efir.domain.kernel.ids import SessionId, UserId
from kernel.test_pages import BROWSER, send
from kit.authenticator_app import App, forgotten
from kit.builders import PASSWORD
from kit.pages.seeds import a_session, an_administration, somebody

BANNER = "You see Efir as"


@pytest.fixture
async def reader(client: httpx.AsyncClient) -> httpx.AsyncClient:
    client.headers.update(BROWSER)
    return client


@pytest.fixture
async def bob(reader: httpx.AsyncClient, ports: Ports) -> str:
    """Somebody who needs help; the reader is an administrator."""
    owner = await somebody(ports)
    await an_administration(ports, owner)
    reader.cookies.set("sid", await a_session(ports, owner), domain="efir.test")
    return str(await somebody(ports, "bobby"))


async def test_a_banner_stands_on_every_page_of_somebody_elses_place(reader: httpx.AsyncClient, bob: str) -> None:
    home = f"/admin/users/{bob}"
    assert BANNER not in (await reader.get("/")).text
    silent = await send(reader, f"{home}/impersonate", home, place_reason=" ")
    assert (silent.status_code, 'href="#place_reason"' in silent.text) == (422, True)
    done = await send(reader, f"{home}/impersonate", home, place_reason="Ticket 4711.")
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert "httponly" in done.headers["set-cookie"].lower()
    for path in ("/", "/studio", "/settings/profile", "/settings/logins", "/audio", "/quiz"):
        page = await reader.get(path)
        assert f"{BANNER} bobby and can change nothing." in page.text, path
        assert "30 minutes left." in page.text, path
        assert 'action="/logout"' not in page.text, path
    assert (await reader.get("/admin/users")).status_code == 403
    assert "An administrator, to help" in (await reader.get("/settings/logins")).text
    assert "An administrator, who sees Efir as you do" in (await reader.get("/settings/devices")).text
    back = await send(reader, "/impersonation/end", "/")
    assert (back.status_code, back.headers["location"]) == (303, home)
    assert BANNER not in (await reader.get(home)).text


async def test_a_form_of_that_place_changes_nothing_and_says_why(reader: httpx.AsyncClient, bob: str) -> None:
    home = f"/admin/users/{bob}"
    await send(reader, f"{home}/impersonate", home, place_reason="Ticket 4711.")
    refused = await send(reader, "/settings/profile", display_name="Mallory")
    assert (refused.status_code, "You are only looking" in refused.text) == (403, True)
    assert "Mallory" not in (await reader.get("/settings/profile")).text
    assert (await reader.get("/settings/two-factor/app")).status_code == 403
    assert (await send(reader, "/preferences", "/", theme="dark")).status_code == 303


async def test_a_form_of_the_place_that_has_ended_is_not_sent_in_the_own_name(
    reader: httpx.AsyncClient, bob: str, ports: Ports, connection: Any
) -> None:
    home = f"/admin/users/{bob}"
    await send(reader, f"{home}/impersonate", home, place_reason="Ticket 4711.")
    page = await reader.get("/settings/profile")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    await connection.execute("update login_session set abs_expires = now() where kind = 'impersonation'")
    await forgotten(ports)
    sent = await reader.post("/settings/profile", data={"csrf_token": token[1], "display_name": "Mallory"})
    assert "open for too long" in sent.text
    assert "Mallory" not in (await reader.get("/settings/profile")).text


async def test_an_old_sign_in_is_repeated_first_and_leads_back_to_the_account(
    reader: httpx.AsyncClient, bob: str, ports: Ports, connection: Any
) -> None:
    await connection.execute("update login_session set auth_time = now() - interval '1 hour'")
    await forgotten(ports)
    home = f"/admin/users/{bob}"
    for form in ("impersonate", "second-factor"):
        asked = await send(reader, f"{home}/{form}", home)
        assert asked.headers["location"] == f"/login?again=true&back={home.replace('/', '%2F')}"


async def test_a_lost_second_step_is_turned_off_at_the_account(
    reader: httpx.AsyncClient, bob: str, ports: Ports
) -> None:
    home, now, user_id = f"/admin/users/{bob}", ports.clock(), UserId(UUID(bob))
    assert "Lost second step" not in (await reader.get(home)).text
    setup = await begin_totp(ports, user_id=user_id, nickname="bobby", now=now)
    code = App(setup.secret).code(now - timedelta(seconds=30))
    await confirm_totp(ports, user_id=user_id, keep=SessionId(ports.new_id()), code=code, now=now)
    silent = await send(reader, f"{home}/second-factor", home, factor_reason="")
    assert (silent.status_code, 'href="#factor_reason"' in silent.text) == (422, True)
    done = await send(reader, f"{home}/second-factor", home, factor_reason="Showed a passport.")
    assert done.headers["location"] == f"{home}?notice=factor-removed"
    page = await reader.get(done.headers["location"])
    assert "The second step is turned off" in page.text
    assert "Lost second step" not in page.text
    login = await reader.post("/api/v1/auth/login", json={"login": "bobby", "password": PASSWORD})
    assert login.status_code == 200
