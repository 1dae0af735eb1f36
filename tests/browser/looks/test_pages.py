"""Every page in both languages and both sets of colours, wide and on a phone."""

import os
from uuid import UUID

import pytest
from playwright.async_api import expect

from efir.application.context import Ports
from efir.domain.kernel.ids import UserId
from kit.fixtures.pages import PHONE, WIDE, Opener
from kit.pages.flaws import flaws
from kit.pages.seeds import PAGES, a_house_of_videos, an_administration

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EFFORT = os.environ.get("EFFORT", "full")
LOOKS = (("en", WIDE), ("ru", PHONE))
# In the short form each page is seen once, its neighbour in the other language and width.
SEEN = [(name, *look) for at, name in enumerate(PAGES) for look in (LOOKS if EFFORT == "full" else LOOKS[at % 2 :][:1])]


@pytest.fixture
async def house(ports: Ports, ada: UserId) -> dict[str, UUID]:
    """Videos of every kind."""
    return await a_house_of_videos(ports, ada) | await an_administration(ports, ada)


@pytest.mark.parametrize(("name", "lang", "size"), SEEN)
async def test_a_page_is_readable_for_everybody(
    tab: Opener, ada: UserId, house: dict[str, UUID], name: str, lang: str, size: tuple[int, int]
) -> None:
    path, signed_in = PAGES[name]
    here = await tab(who=ada if signed_in else None, lang=lang, size=size)
    await here.go(path.format(**house))
    if name == "nothing":
        here.troubles.clear()  # the browser notes the status 404
    assert await here.page.locator("html").get_attribute("lang") == lang
    await expect(here.page.locator("h1")).to_have_count(1)
    assert await flaws(here) == []


async def test_nobody_is_held_by_the_keyboard(tab: Opener, ada: UserId, house: dict[str, UUID]) -> None:
    here = await tab(who=ada)
    await here.go("/studio")
    seen = []
    for _ in range(60):
        await here.page.keyboard.press("Tab")
        spot = await here.page.evaluate(
            "(() => { const one = document.activeElement; const box = one.getBoundingClientRect();"
            " return [one.tagName, one.className, getComputedStyle(one).outlineStyle, box.width, box.height] })()"
        )
        if spot[0] == "BODY":
            break
        seen.append(spot)
    assert spot[0] == "BODY", "the focus never left the page"
    assert len(seen) > 12
    assert [spot for spot in seen if spot[2] == "none"] == []
    assert [spot for spot in seen if spot[0] in {"BUTTON", "SUMMARY", "SELECT"} and min(spot[3:]) < 24] == []
