"""Every page in both languages and both sets of colours, wide and on a phone: reachable for all, light, and at home."""

from pathlib import PurePosixPath
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.async_api import Response, expect

import node
from efir.application.context import Ports
from efir.domain.users import UserId
from web.conftest import PHONE, WIDE, Opener, Tab
from web.seeds import a_house_of_videos

pytestmark = pytest.mark.browser

PAGES = {
    "main": ("/", True),
    "main for strangers": ("/", False),
    "login": ("/login", False),
    "register": ("/register", False),
    "upload": ("/upload", True),
    "studio": ("/studio?notice=saved", True),
    "edit": ("/studio/{ready}", True),
    "edit failed": ("/studio/{failed}", True),
    "delete": ("/studio/{ready}/delete", True),
    "watch": ("/watch/{long}", True),
    "watch working": ("/watch/{working}", True),
    "watch failed": ("/watch/{failed}", True),
    "nothing": ("/nothing", True),
}
HTML_MOST, CSS_MOST, JS_MOST = 40_000, 40_000, 60_000
AXE = "axe-core/axe.min.js"


@pytest.fixture
async def house(ports: Ports, ada: UserId) -> dict[str, UUID]:
    """Videos of every kind."""
    return await a_house_of_videos(ports, ada)


async def violations(here: Tab) -> list[str]:
    """What axe finds wrong, in the present colours."""
    await here.page.evaluate(node.script(AXE))
    found = await here.page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then(({violations}) => violations)"
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
    found = await violations(here)
    await here.page.emulate_media(color_scheme="dark")
    found += await violations(here)
    assert found == []
    assert await sideways(here) <= 0
    await here.page.set_viewport_size({"width": 320, "height": 600})
    assert await sideways(here) <= 0


async def test_pages_are_light(tab: Opener, ada: UserId, house: dict[str, UUID]) -> None:
    for name, (path, signed_in) in PAGES.items():
        if name == "nothing":
            continue
        here = await tab(who=ada if signed_in else None)
        responses: list[Response] = []
        here.page.on("response", lambda response, kept=responses: kept.append(response))
        await here.go(path.format(**house))
        weights = {"html": 0, "css": 0, "js": 0}
        for response in responses:
            kind = PurePosixPath(urlsplit(response.url).path).suffix.removeprefix(".") or "html"
            if kind in weights and "/vendor/" not in response.url and "/api/" not in response.url:
                weights[kind] += len(await response.body())
        assert 0 < weights["html"] <= HTML_MOST, name
        assert 0 < weights["css"] <= CSS_MOST, name
        assert 0 < weights["js"] <= JS_MOST, name
        foreign = {PurePosixPath(url.url).name.split(".")[0] for url in responses if "/vendor/" in url.url}
        assert "hls" not in foreign, "only a video that plays needs it"


async def test_every_link_of_every_page_leads_somewhere(tab: Opener, ada: UserId, house: dict[str, UUID]) -> None:
    for signed_in in (True, False):
        here = await tab(who=ada if signed_in else None)
        links = set()
        for path, needs_account in PAGES.values():
            if needs_account and not signed_in and path.startswith(("/upload", "/studio")):
                continue
            await here.go(path.format(**house))
            links |= set(
                await here.page.eval_on_selector_all(
                    "a[href], link[href], use[href]", "all => all.map(one => one.getAttribute('href'))"
                )
            )
        here.troubles.clear()  # pages that say 404 are among them
        own = {link.partition("#")[0] for link in links if not link.startswith(("#", "http"))}
        assert len(own) > 8
        for link in sorted(own):
            answer = await here.context.request.get(here.site + link, headers={"accept": "text/html"})
            assert answer.status < 400, link


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
