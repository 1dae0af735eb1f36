"""Signing in and out through a certified provider (npm `oidc-provider`), over the network, as a browser does."""

import html
import itertools
import re
from typing import Any

import httpx
import pytest

from efir.application.context import Ports
from kit.builders import PASSWORD
from kit.pages.seeds import somebody

NUMBERS = itertools.count(1)
LOGIN = "/api/v1/auth/oidc/test/login?return_to=/studio"


def token_of(page: httpx.Response) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def another(browser: httpx.AsyncClient) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=browser.base_url, follow_redirects=True, headers=browser.headers)


@pytest.fixture
async def person(provider: str) -> str:
    """Somebody new at the provider."""
    name = f"ada-{next(NUMBERS)}"
    async with httpx.AsyncClient() as control:
        await control.put(f"{provider}/person", params={"name": name})
    return name


def filled(page: httpx.Response) -> dict[str, str]:
    """What stands in the fields of the wizard's first page."""
    fields = {name: re.search(rf'id="{name}"[^>]*value="([^"]*)"', page.text) for name in ("nickname", "display_name")}
    return {name: html.unescape(found[1]) for name, found in fields.items() if found}


async def sent(browser: httpx.AsyncClient, page: httpx.Response, path: str, **values: str) -> httpx.Response:
    """Send a form of the wizard as a browser without scripts does."""
    return await browser.post(path, data={"csrf_token": token_of(page), **values})


async def arrived(browser: httpx.AsyncClient) -> httpx.Response:
    """Come from the provider for the first time, and go through the wizard."""
    form = await browser.get(LOGIN)
    assert form.url.path == "/register/name", form.text
    page = await sent(browser, form, "/register/name", **filled(form))
    assert page.url.path == "/register/picture", page.text
    page = await browser.get("/register/check")
    assert "None: you sign in with Test" in page.text
    return await sent(browser, page, "/register/finish")


async def session(browser: httpx.AsyncClient) -> int:
    return (await browser.get("/api/v1/auth/session")).status_code


async def test_a_newcomer_chooses_a_nickname_and_is_known_from_then_on(
    browser: httpx.AsyncClient, person: str, connection: Any
) -> None:
    page = await arrived(browser)
    assert page.status_code == 200
    assert page.url.path == "/studio"
    me = (await browser.get("/api/v1/users/me")).json()
    assert (me["nickname"], me["email"], me["email_verified"]) == (person, f"{person}@example.org", False)
    assert me["channels"] == [person]
    assert await connection.fetchval("select count(*) from password_credential") == 0
    async with another(browser) as other:
        page = await other.get(LOGIN)
        assert page.url.path == "/studio"
        assert (await other.get("/api/v1/users/me")).json()["id"] == me["id"]
    event = await connection.fetchrow("select method, user_id from login_event order by at limit 1")
    assert (event["method"], str(event["user_id"])) == ("oidc", me["id"])
    assert await connection.fetchval("select amr from login_session order by created_at limit 1") == ["fed"]


async def test_wrong_values_of_a_newcomer_come_back_with_words(browser: httpx.AsyncClient, person: str) -> None:
    form = await browser.get(LOGIN)
    assert filled(form)["nickname"] == person
    assert "Test knows you" in form.text
    wrong = await sent(browser, form, "/register/name", nickname="admin", display_name="")
    assert wrong.status_code == 422
    assert 'value="admin"' in wrong.text
    assert "This nickname is reserved" in wrong.text
    assert await session(browser) == 401
    page = await sent(browser, wrong, "/register/name", nickname="ada", display_name="")
    wrong = await sent(browser, page, "/register/email", email="no")
    assert wrong.status_code == 422
    page = await sent(browser, wrong, "/register/email", email="ada@example.org")
    assert (await sent(browser, page, "/register/finish")).url.path == "/studio"
    me = (await browser.get("/api/v1/users/me")).json()
    assert (me["nickname"], me["email"]) == ("ada", "ada@example.org")


async def test_who_comes_again_goes_on_where_they_stopped(
    browser: httpx.AsyncClient, person: str, connection: Any
) -> None:
    form = await browser.get(LOGIN)
    await sent(browser, form, "/register/name", nickname="countess", display_name="Countess")
    async with another(browser) as other:
        form = await other.get(LOGIN)
        assert filled(form) == {"nickname": "countess", "display_name": "Countess"}
        assert (await browser.get("/register/check")).url.path == "/register"  # its ticket has moved
        page = await sent(other, form, "/register/password", password=PASSWORD)
        assert page.url.path == "/register/picture"
        assert (await sent(other, page, "/register/finish")).url.path == "/studio"
        assert (await other.get("/api/v1/users/me")).json()["nickname"] == "countess"
    assert await connection.fetchval("select count(*) from registration") == 1
    assert await connection.fetchval("select count(*) from password_credential") == 1


async def test_what_the_browser_began_by_itself_ends_and_its_name_can_be_had(
    browser: httpx.AsyncClient, person: str, connection: Any
) -> None:
    page = await browser.get("/register")
    await sent(browser, page, "/register/name", nickname=person)
    planted = browser.cookies["reg"]
    form = await browser.get(LOGIN)
    assert filled(form)["nickname"] == person
    assert browser.cookies["reg"] != planted
    assert await connection.fetchval("select count(*) from registration") == 1


async def test_the_wizard_greets_in_russian(browser: httpx.AsyncClient, person: str) -> None:
    browser.headers["accept-language"] = "ru"
    form = await browser.get(LOGIN)
    assert "Как вас называть?" in form.text
    assert "шаг 1 из 3" in form.text


async def test_logging_out_there_ends_a_registration_here(
    browser: httpx.AsyncClient, person: str, provider: str, connection: Any
) -> None:
    await browser.get(LOGIN)
    assert await connection.fetchval("select count(*) from registration") == 1
    await ended_there(browser, await browser.get(f"{provider}/session/end"))
    assert await connection.fetchval("select count(*) from registration") == 0


async def test_somebody_signed_in_makes_no_second_account_by_accident(
    browser: httpx.AsyncClient, person: str, ports: Ports
) -> None:
    await somebody(ports, "grace")
    form = await browser.get("/login")
    await browser.post("/login", data={"csrf_token": token_of(form), "login": "grace", "password": PASSWORD})
    page = await browser.get(LOGIN)
    assert page.url.path == "/settings/identities"
    assert "No account here has the identity you came back with" in page.text


async def test_who_came_without_a_password_sets_a_first_one_shortly_after_a_login(
    browser: httpx.AsyncClient, person: str, connection: Any
) -> None:
    await arrived(browser)
    page = await browser.get("/settings/security")
    assert "Set a password" in page.text
    page = await browser.get("/settings/security/password")
    assert "Confirm that it is you" in page.text  # this provider tells of no time of proof unless asked for a new one
    page = await browser.get("/api/v1/auth/oidc/test/login?return_to=/settings/security/password&fresh=true")
    assert page.url.path == "/settings/security/password", page.text
    assert "Present password" not in page.text
    wrong = await sent(browser, page, "/settings/security/password", new_password="short")
    assert wrong.status_code == 422
    done = await sent(browser, wrong, "/settings/security/password", new_password=PASSWORD)
    assert "Change the password" in done.text
    token = (await browser.get("/api/v1/auth/csrf")).json()["csrf_token"]
    second = await browser.post(
        "/api/v1/auth/password/change", json={"new_password": PASSWORD * 2}, headers={"x-csrf-token": token}
    )
    assert second.status_code in {401, 403, 422}
    assert second.json()["code"] == "wrong-password"
    async with another(browser) as other:
        form = await other.get("/login")
        await sent(other, form, "/login", login=person, password=PASSWORD)
        assert await session(other) == 200


async def test_a_provider_may_replace_its_keys(browser: httpx.AsyncClient, person: str, provider: str) -> None:
    await arrived(browser)
    await browser.put(f"{provider}/keys")
    async with another(browser) as other:
        assert (await other.get(LOGIN)).url.path == "/studio"


async def ended_there(browser: httpx.AsyncClient, form: httpx.Response) -> httpx.Response:
    """Confirm at the provider that one wants to log out."""
    found = re.search(r'action="([^"]+)".*?name="xsrf" value="([^"]+)"', form.text, re.DOTALL)
    assert found, form.text
    return await browser.post(html.unescape(found[1]), data={"xsrf": found[2], "logout": "yes"})


async def test_logging_out_there_ends_the_session_here(browser: httpx.AsyncClient, person: str, provider: str) -> None:
    await arrived(browser)
    async with another(browser) as elsewhere:
        await elsewhere.get(LOGIN)  # another login session of the same person there
        await ended_there(browser, await browser.get(f"{provider}/session/end"))
        assert await session(browser) == 401
        assert await session(elsewhere) == 200


async def test_logging_out_here_offers_to_log_out_there(browser: httpx.AsyncClient, person: str, provider: str) -> None:
    await arrived(browser)
    page = await browser.post("/logout", data={"csrf_token": token_of(await browser.get("/"))})
    assert "You are signed out here" in page.text
    assert await session(browser) == 401
    link = re.search(rf'href="({provider}/session/end[^"]+)"', page.text)
    assert link
    back = await ended_there(browser, await browser.get(html.unescape(link[1])))
    assert str(back.url) == f"{browser.base_url}/"
    async with another(browser) as other:
        other.cookies.update(browser.cookies)
        await other.get(LOGIN)
        assert await session(other) == 200  # the provider asked again, and was told


async def test_an_account_with_a_password_is_linked_and_unlinked_by_its_owner(
    browser: httpx.AsyncClient, person: str, ports: Ports
) -> None:
    await somebody(ports, "grace")
    form = await browser.get("/login")
    await browser.post("/login", data={"csrf_token": token_of(form), "login": "grace", "password": PASSWORD})
    page = await browser.get("/settings/identities")
    leaving = await browser.post("/settings/identities/link", data={"csrf_token": token_of(page), "provider": "test"})
    onward = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', leaving.text)
    assert onward, leaving.text
    back = await browser.get(html.unescape(onward[1]))
    assert back.url.path == "/settings/identities"
    assert f"{person}@example.org" in back.text
    async with another(browser) as other:
        await other.get(LOGIN)
        assert (await other.get("/api/v1/users/me")).json()["nickname"] == "grace"
    remove = re.search(r'action="(/settings/identities/[^"]+/remove)"', back.text)
    assert remove
    page = await browser.post(remove[1], data={"csrf_token": token_of(back)})
    assert "There are none yet." in page.text
    async with another(browser) as other:
        assert (await other.get(LOGIN)).url.path == "/register/name"


async def test_a_foreign_answer_is_told_in_words(browser: httpx.AsyncClient, person: str) -> None:
    page = await browser.get("/api/v1/auth/oidc/test/callback?code=x&state=y")
    assert page.url.path == "/login"
    assert "could not tell us for certain who you are" in page.text
    assert "Sign in with Test" in page.text
    cancelled = await browser.get(LOGIN, follow_redirects=False)
    state = re.search(r"state=(\w+)", cancelled.headers["location"])
    assert state
    page = await browser.get(f"/api/v1/auth/oidc/test/callback?error=access_denied&state={state[1]}")
    assert "You did not sign in at the other service" in page.text
