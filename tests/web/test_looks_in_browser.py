"""Every page in both languages and both sets of colours, wide and on a phone."""

from uuid import UUID

import pytest
from playwright.async_api import expect

import node
from efir.application.context import Ports
from efir.domain.users import UserId
from web.conftest import PHONE, WIDE, Opener, Tab
from web.seeds import PAGES, a_house_of_videos, an_administration

pytestmark = pytest.mark.browser

AXE = "axe-core/axe.min.js"


@pytest.fixture
async def house(ports: Ports, ada: UserId) -> dict[str, UUID]:
    """Videos of every kind."""
    return await a_house_of_videos(ports, ada) | await an_administration(ports, ada)


async def violations(here: Tab, **options: object) -> list[str]:
    """What axe finds wrong, in the present colours."""
    found = await here.page.evaluate(
        "options => axe.run(document, options).then(({violations}) => violations)",
        {"resultTypes": ["violations"], **options},
    )
    return [f"{rule['impact']} {rule['id']}: {spot['html'][:140]}" for rule in found for spot in rule["nodes"]]


async def sideways(here: Tab) -> int:
    """Pixels by which the page is wider than its window."""
    return int(await here.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("lang", "size"), [("en", WIDE), ("ru", PHONE)])
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
    await here.page.evaluate(node.script(AXE))
    found = await violations(here)
    await here.page.emulate_media(color_scheme="dark")
    found += await violations(here, runOnly=["color-contrast"])
    assert found == []
    assert await sideways(here) <= 0
    await here.page.set_viewport_size({"width": 320, "height": 600})
    assert await sideways(here) <= 0


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
