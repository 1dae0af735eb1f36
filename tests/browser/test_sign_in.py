"""Second factors and passkeys by the pages: by keyboard, on a phone, in Russian, in the dark, without scripts."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from efir.application.context import Ports
from efir.domain.kernel.ids import UserId
from kit.authenticator_app import forgotten
from kit.fixtures.pages import Opener
from kit.pages.authenticators import plugged
from kit.pages.flaws import flaws
from kit.pages.seeds import PASSWORD
from kit.pages.wizard import password_given, set_up

pytestmark = pytest.mark.browser


@pytest.fixture
def named_site(site: str) -> str:
    """The site by a name: browsers know no passkeys of numbers."""
    return site.replace("127.0.0.1", "localhost")


@pytest.mark.parametrize("scripts", [True, False])
async def test_two_steps_from_setting_up_to_the_last_code(
    tab: Opener, ada: UserId, ports: Ports, *, scripts: bool
) -> None:
    here = await tab(who=ada, java_script_enabled=scripts)
    await here.go("/settings/two-factor/app")
    await here.page.fill("#code", "000000")
    await here.page.click("main button.primary")
    await expect(here.page.locator("#code-error")).to_contain_text("not the current code")
    app, codes = await set_up(here, ports)
    await here.context.clear_cookies(name="sid")
    await password_given(here, "The second step")
    for wrong in ("123456", app.first):  # that one confirmed the app
        await here.page.fill("#code", wrong)
        await here.page.keyboard.press("Enter")
        await expect(here.page.locator("#code-error")).to_contain_text("wrong")
    await here.page.fill("#code", app.code(ports.clock()))
    await here.page.keyboard.press("Enter")
    await expect(here.page).to_have_url(re.compile("/studio$"))
    await here.context.clear_cookies(name="sid")
    await password_given(here, "The second step")
    await here.page.fill("#code", codes[0].upper())
    await here.page.keyboard.press("Enter")
    await expect(here.page).to_have_url(re.compile("/studio$"))
    here.troubles.clear()  # Chromium notes the statuses of wrong forms


@pytest.mark.slow
async def test_what_matters_asks_who_it_is_and_comes_back(
    tab: Opener, ada: UserId, ports: Ports, connection: Any
) -> None:
    here = await tab(who=ada)
    await connection.execute("update login_session set auth_time = auth_time - interval '11 minutes'")
    await forgotten(ports)
    await here.go("/settings/two-factor/app")
    await expect(here.page.locator("h1")).to_have_text("Confirm that it is you")
    await expect(here.page.locator("#login")).to_have_value("ada")
    assert await flaws(here) == []
    await here.page.fill("#password", PASSWORD)
    await here.page.keyboard.press("Enter")
    await expect(here.page.locator("h1")).to_have_text("Set up an app")


@pytest.mark.slow
async def test_a_passkey_is_added_and_signs_in_by_the_pages(
    tab: Opener, ada: UserId, named_site: str, connection: Any
) -> None:
    here = await tab(who=ada, site=named_site)
    await here.go("/settings/passkeys")
    assert await flaws(here) == []
    device = await plugged(here)
    await here.page.fill("#label", "Red key")
    await here.page.keyboard.press("Enter")
    await expect(here.page.locator(".things")).to_contain_text("Red key")
    assert await flaws(here) == []
    await here.page.click("[data-passkey-new] button")
    await expect(here.page.locator("[data-passkey-error]")).to_have_text("This device has a passkey for you already.")
    assert len(await device.credentials()) == 1
    await here.context.clear_cookies(name="sid")
    await device.answers(yes=False)  # or the field of the nickname would offer it at once
    await here.go("/login?back=/settings/passkeys")
    assert await flaws(here) == []
    await device.answers(yes=True)  # the question of the field has been asked already and stays without an answer
    await here.page.click("[data-passkey]")
    await expect(here.page.locator(".things")).to_contain_text("last used")
    await here.page.get_by_role("button", name="Remove “Red key”").click()
    await expect(here.page.locator("main")).to_contain_text("There are none yet.")
    assert await connection.fetchval("select count(*) from webauthn_credential") == 0


@pytest.mark.slow
async def test_the_field_of_the_nickname_offers_passkeys(tab: Opener, ada: UserId, named_site: str) -> None:
    here = await tab(who=ada, site=named_site)
    await here.go("/settings/passkeys")
    device = await plugged(here)
    await here.page.click("[data-passkey-new] button")
    await expect(here.page.locator(".things li")).to_have_count(1)
    await here.context.clear_cookies(name="sid")
    await here.page.goto(f"{named_site}/login?back=/studio", wait_until="commit")
    await expect(here.page).to_have_url(re.compile("/studio$"))
    assert len(await device.credentials()) == 1


@pytest.mark.slow
async def test_a_passkey_that_is_unknown_here_is_refused_in_words(
    tab: Opener, ada: UserId, named_site: str, connection: Any
) -> None:
    here = await tab(who=ada, site=named_site)
    await here.go("/settings/passkeys")
    device = await plugged(here)
    await here.page.click("[data-passkey-new] button")
    await expect(here.page.locator(".things li")).to_have_count(1)
    await connection.execute("delete from webauthn_credential")
    await here.context.clear_cookies(name="sid")
    await device.answers(yes=False)
    await here.go("/login")
    await device.answers(yes=True)
    await here.page.click("[data-passkey]")
    await expect(here.page.locator("[data-passkey-error]")).to_contain_text("not accepted")
    here.troubles.clear()


@pytest.mark.slow
async def test_a_page_under_another_name_says_where_passkeys_are(tab: Opener, ada: UserId) -> None:
    here = await tab(who=ada)
    await here.go("/settings/passkeys")
    await expect(here.page.locator("[data-passkey-elsewhere]")).to_contain_text("localhost")
    await expect(here.page.locator("[data-passkey-new]")).to_be_hidden()
    await here.context.clear_cookies(name="sid")
    await here.go("/login")
    await expect(here.page.locator("[data-passkey-login]")).to_be_hidden()
