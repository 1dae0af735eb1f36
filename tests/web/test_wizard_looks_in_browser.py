"""Every step of signing up, whole and with its errors: readable in both languages and both sets of colours."""

import pytest
from playwright.async_api import expect

import node
from drawings import drawing
from web.conftest import PHONE, WIDE, Opener, Tab
from web.filling import file, go_on, shown
from web.seeds import PASSWORD
from web.test_looks_in_browser import AXE, sideways, violations

pytestmark = pytest.mark.browser
ANSWERS = (("nickname", "a!", "ada"), ("email", "no", "ada@example.org"), ("password", "tiny", PASSWORD))


async def readable(here: Tab) -> list[str]:
    """What is wrong with the page as it stands, in light and in dark, here and at 320 pixels."""
    await expect(here.page.locator("h1")).to_have_count(1)
    await here.page.evaluate(node.script(AXE))
    found = await violations(here)
    await here.page.emulate_media(color_scheme="dark")
    found += await violations(here, runOnly=["color-contrast"])
    await here.page.emulate_media(color_scheme="light")
    size = here.page.viewport_size
    await here.page.set_viewport_size({"width": 320, "height": 600})
    if await sideways(here) > 0:
        found.append(f"sideways {here.page.url}")
    await here.page.set_viewport_size(size)  # type: ignore[arg-type]  # a tab has a size
    return found


@pytest.mark.parametrize(("lang", "size"), [("en", WIDE), ("ru", PHONE)])
async def test_every_step_is_readable_for_everybody(tab: Opener, lang: str, size: tuple[int, int]) -> None:
    here = await tab(lang=lang, size=size)
    page, found = here.page, list[str]()
    await here.go("/register")
    for field, wrong, right in ANSWERS:
        await page.fill(f"#{field}", wrong)
        await go_on(page)
        await expect(page.locator("[data-summary]")).to_be_focused()
        found += await readable(here)
        await page.fill(f"#{field}", right)
        address = page.url
        await go_on(page)
        await expect(page).not_to_have_url(address)
    found += await readable(here)
    await page.set_input_files("#image", file(drawing()[:5_000]))
    await expect(page.locator("[data-complaint]")).to_be_focused()
    found += await readable(here)
    await page.set_input_files("#image", file())
    await shown(page)
    found += await readable(here)
    await here.go("/register/crop")
    await expect(page.locator("[data-crop-box]")).to_be_visible()
    found += await readable(here)
    assert found == []
    here.troubles.clear()  # the browser notes refusals
