"""Every step of signing up, whole and with its errors: readable in both languages and both sets of colours."""

import pytest
from playwright.async_api import expect

from kit.drawings import drawing
from kit.fixtures.pages import PHONE, WIDE, Opener
from kit.pages.flaws import flaws
from kit.pages.seeds import PASSWORD
from kit.pages.wizard import file, go_on, shown

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ANSWERS = (("nickname", "a!", "ada"), ("email", "no", "ada@example.org"), ("password", "tiny", PASSWORD))


@pytest.mark.parametrize(("lang", "size"), [("en", WIDE), ("ru", PHONE)])
async def test_every_step_is_readable_for_everybody(tab: Opener, lang: str, size: tuple[int, int]) -> None:
    here = await tab(lang=lang, size=size)
    page, found = here.page, list[str]()
    await here.go("/register")
    for field, wrong, right in ANSWERS:
        await page.fill(f"#{field}", wrong)
        await go_on(page)
        await expect(page.locator("[data-summary]")).to_be_focused()
        found += await flaws(here)
        await page.fill(f"#{field}", right)
        address = page.url
        await go_on(page)
        await expect(page).not_to_have_url(address)
    found += await flaws(here)
    await page.set_input_files("#image", file(drawing()[:5_000]))
    await expect(page.locator("[data-complaint]")).to_be_focused()
    found += await flaws(here)
    await page.set_input_files("#image", file())
    await shown(page)
    found += await flaws(here)
    await here.go("/register/crop")
    await expect(page.locator("[data-crop-box]")).to_be_visible()
    found += await flaws(here)
    assert found == []
    here.troubles.clear()  # the browser notes refusals
