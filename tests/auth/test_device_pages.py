"""Settings of devices, the history of sign-ins and API tokens, without a browser."""

import re

import httpx
import pytest

from efir.application.context import Ports
from kernel.test_pages import BROWSER, send
from kit.builders import another, signed_in
from kit.pages.seeds import a_session, somebody


@pytest.fixture
async def reader(client: httpx.AsyncClient, ports: Ports) -> httpx.AsyncClient:
    client.headers.update(BROWSER)
    client.cookies.set("sid", await a_session(ports, await somebody(ports)), domain="efir.test")
    return client


async def test_other_devices_are_signed_out_one_by_one_or_all(reader: httpx.AsyncClient) -> None:
    async with another(reader) as phone, another(reader) as tablet:
        for browser in (phone, tablet):
            browser.headers["user-agent"] = "Mozilla/5.0 (Linux; Android 16) Chrome/140.0"
            await signed_in(browser)
        page = await reader.get("/settings/devices")
        assert page.text.count("Chrome, Android</strong>") == 2
        assert page.text.count("This device") == 1
        path = re.findall(r'action="(/settings/devices/[0-9a-f-]{36})"', page.text)[0]
        assert (await send(reader, path, "/settings/devices")).headers["location"].endswith("notice=signed-out")
        assert (await tablet.get("/api/v1/auth/session")).status_code == 401
        assert (await send(reader, "/settings/devices/others", "/settings/devices")).status_code == 303
        assert (await phone.get("/api/v1/auth/session")).status_code == 401
        history = await reader.get("/settings/logins")
        assert history.text.count("Chrome, Android") == 2
        assert "Signed in" in history.text


async def test_a_token_is_shown_once_used_and_revoked(reader: httpx.AsyncClient) -> None:
    empty = await send(reader, "/settings/tokens", name="", days="7")
    assert empty.status_code == 422
    assert "1 to 60 characters" in empty.text
    assert "Choose what the token allows" in empty.text
    made = await send(reader, "/settings/tokens", name="laptop", days="7", scopes="account.read")
    token = re.search(r'value="(efir_pat_[^"]+)"', made.text)
    assert token
    again = await reader.get("/settings/tokens")
    assert "laptop" in again.text
    assert token[1] not in again.text
    async with another(reader) as script:
        headers = {"authorization": f"Bearer {token[1]}"}
        assert (await script.get("/api/v1/users/me", headers=headers)).status_code == 200
        path = re.findall(r'action="(/settings/tokens/[0-9a-f-]{36})"', again.text)[0]
        assert (await send(reader, path, "/settings/tokens")).headers["location"].endswith("notice=revoked")
        assert (await script.get("/api/v1/users/me", headers=headers)).status_code == 401
