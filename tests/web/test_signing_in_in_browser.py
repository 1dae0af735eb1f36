"""Second factors and passkeys by the pages: by keyboard, on a phone, in Russian, in the dark, without scripts."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.async_api import expect

import node
from efir.application.context import Ports
from efir.domain.users import UserId
from factors import forgotten
from web.authenticators import plugged
from web.conftest import PHONE, Opener, Tab
from web.seeds import PASSWORD

pytestmark = pytest.mark.browser

FOLDER = Path(__file__).parents[1] / "screenshots"  # git-ignored


@pytest.fixture
def named_site(site: str) -> str:
    """The site by a name: browsers know no passkeys of numbers."""
    return site.replace("127.0.0.1", "localhost")


async def looked_at(here: Tab, name: str) -> None:
    """Take a picture of the page; axe finds nothing wrong with it by day or by night, and it is not too wide."""
    FOLDER.mkdir(exist_ok=True)
    await here.page.screenshot(path=FOLDER / f"factors-{name}.png", full_page=True)
    await here.page.evaluate(node.script("axe-core/axe.min.js"))
    run = "options => axe.run(document, options).then(({violations}) => violations.map(each => each.id))"
    assert await here.page.evaluate(run, {}) == [], name
    for scheme in ("dark", "light"):
        await here.page.emulate_media(color_scheme=scheme)
        assert await here.page.evaluate(run, {"runOnly": ["color-contrast"]}) == [], name
    assert await here.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name


async def password_given(here: Tab, words: str) -> None:
    await here.go("/login?back=/studio")
    await here.page.fill("#login", "ada")
    await here.page.fill("#password", PASSWORD)
    await here.page.keyboard.press("Enter")
    await expect(here.page.locator("h1")).to_have_text(words)


async def set_up(here: Tab, ports: Ports) -> tuple[pyotp.TOTP, list[str]]:
    """Set an app up by its page, with the keyboard; answers the app and the recovery codes."""
    await here.go("/settings/two-factor/app")
    app = pyotp.TOTP(await here.page.locator(".secret").inner_text())
    await here.page.focus("#code")
    await here.page.keyboard.type(app.at(ports.clock()))
    await here.page.keyboard.press("Enter")
    await expect(here.page.locator(".codes code")).to_have_count(10)
    return app, await here.page.locator(".codes code").all_inner_texts()


@pytest.mark.parametrize("scripts", [True, False])
async def test_two_steps_from_setting_up_to_the_last_code(
    tab: Opener, ada: UserId, ports: Ports, *, scripts: bool
) -> None:
    here = await tab(who=ada, java_script_enabled=scripts)
    await here.go("/settings/two-factor/app")
    await here.page.fill("#code", "000000")
    await here.page.click("main button.primary")
    await expect(here.page.locator("#code-error")).to_contain_text("not the present code")
    app, codes = await set_up(here, ports)
    await here.context.clear_cookies(name="sid")
    await password_given(here, "The second step")
    for wrong, words in (("123456", "wrong"), (app.at(ports.clock()), "wrong")):  # that one confirmed the app
        await here.page.fill("#code", wrong)
        await here.page.keyboard.press("Enter")
        await expect(here.page.locator("#code-error")).to_contain_text(words)
    later = ports.clock() + timedelta(seconds=30)
    await here.page.fill("#code", app.at(later))
    await here.page.keyboard.press("Enter")
    await expect(here.page).to_have_url(re.compile("/studio$"))
    await here.context.clear_cookies(name="sid")
    await password_given(here, "The second step")
    await here.page.fill("#code", codes[0].upper())
    await here.page.keyboard.press("Enter")
    await expect(here.page).to_have_url(re.compile("/studio$"))
    here.troubles.clear()  # Chromium notes the statuses of wrong forms


async def test_every_state_of_two_steps_can_be_looked_at_by_everybody(tab: Opener, ada: UserId, ports: Ports) -> None:
    here = await tab(who=ada, lang="ru", size=PHONE)
    await here.go("/settings/two-factor")
    await looked_at(here, "off")
    await here.go("/settings/two-factor/app")
    await looked_at(here, "app")
    await set_up(here, ports)
    await looked_at(here, "codes")
    await here.go("/settings/two-factor")
    await here.page.click("details summary.button")
    await looked_at(here, "on")
    await here.context.clear_cookies(name="sid")
    await password_given(here, "Второй шаг")
    await looked_at(here, "second-step")
    await here.page.fill("#code", "123456")
    await here.page.keyboard.press("Enter")
    await expect(here.page.locator("#code-error")).to_contain_text("Код неверен")
    await looked_at(here, "second-step-wrong")
    here.troubles.clear()


async def test_what_matters_asks_who_it_is_and_comes_back(
    tab: Opener, ada: UserId, ports: Ports, connection: Any
) -> None:
    here = await tab(who=ada)
    await connection.execute("update login_session set auth_time = auth_time - interval '11 minutes'")
    await forgotten(ports)
    await here.go("/settings/two-factor/app")
    await expect(here.page.locator("h1")).to_have_text("Confirm that it is you")
    await expect(here.page.locator("#login")).to_have_value("ada")
    await looked_at(here, "confirm")
    await here.page.fill("#password", PASSWORD)
    await here.page.keyboard.press("Enter")
    await expect(here.page.locator("h1")).to_have_text("Set up an app")


async def test_a_passkey_is_added_and_signs_in_by_the_pages(
    tab: Opener, ada: UserId, named_site: str, connection: Any
) -> None:
    here = await tab(who=ada, site=named_site)
    await here.go("/settings/passkeys")
    await looked_at(here, "no-passkeys")
    device = await plugged(here)
    await here.page.fill("#label", "Red key")
    await here.page.keyboard.press("Enter")
    await expect(here.page.locator(".things")).to_contain_text("Red key")
    await looked_at(here, "passkeys")
    await here.page.click("[data-passkey-new] button")
    await expect(here.page.locator("[data-passkey-error]")).to_have_text("This device has a passkey for you already.")
    assert len(await device.credentials()) == 1
    await here.context.clear_cookies(name="sid")
    await device.answers(yes=False)  # or the field of the nickname would offer it at once
    await here.go("/login?back=/settings/passkeys")
    await looked_at(here, "login")
    await device.answers(yes=True)  # the question of the field has been asked already and stays without an answer
    await here.page.click("[data-passkey]")
    await expect(here.page.locator(".things")).to_contain_text("last used")
    await here.page.get_by_role("button", name="Remove “Red key”").click()
    await expect(here.page.locator("main")).to_contain_text("There are none yet.")
    assert await connection.fetchval("select count(*) from webauthn_credential") == 0


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


async def test_a_page_under_another_name_says_where_passkeys_are(tab: Opener, ada: UserId) -> None:
    here = await tab(who=ada)
    await here.go("/settings/passkeys")
    await expect(here.page.locator("[data-passkey-elsewhere]")).to_contain_text("localhost")
    await expect(here.page.locator("[data-passkey-new]")).to_be_hidden()
    await here.context.clear_cookies(name="sid")
    await here.go("/login")
    await expect(here.page.locator("[data-passkey-login]")).to_be_hidden()
