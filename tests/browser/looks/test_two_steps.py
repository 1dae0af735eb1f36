"""Every state of signing in with two steps, on a phone and in Russian."""

import pytest
from playwright.async_api import expect

from efir.application.context import Ports
from efir.domain.kernel.ids import UserId
from kit.fixtures.pages import PHONE, Opener
from kit.pages.flaws import flaws
from kit.pages.wizard import password_given, set_up

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def test_every_state_of_two_steps_is_readable_for_everybody(tab: Opener, ada: UserId, ports: Ports) -> None:
    here = await tab(who=ada, lang="ru", size=PHONE)
    await here.go("/settings/two-factor")
    found = await flaws(here)
    await here.go("/settings/two-factor/app")
    found += await flaws(here)
    await set_up(here, ports)
    found += await flaws(here)
    await here.go("/settings/two-factor")
    await here.page.click("details summary.button")
    found += await flaws(here)
    await here.context.clear_cookies(name="sid")
    await password_given(here, "Второй шаг")
    found += await flaws(here)
    await here.page.fill("#code", "123456")
    await here.page.keyboard.press("Enter")
    await expect(here.page.locator("#code-error")).to_contain_text("Код неверен")
    found += await flaws(here)
    assert found == []
    here.troubles.clear()  # the browser notes the refusal
