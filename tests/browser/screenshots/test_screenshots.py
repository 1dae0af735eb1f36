"""Pictures of every page for people to look through: two languages, two sets of colours, three widths."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from efir.application.context import Ports
from efir.domain.kernel.ids import UserId
from kit import clips
from kit.drawings import drawing
from kit.fixtures.pages import PHONE, WIDE, Opener, Tab
from kit.pages.seeds import PAGES, a_house_of_videos, an_administration
from kit.pages.wizard import answered, comes_from_elsewhere, file, shown

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FOLDER = Path(__file__).parents[2] / "screenshots"  # git-ignored
SIZES = {"wide": WIDE, "tablet": (768, 1024), "phone": PHONE}
LOOKS = [(lang, theme) for lang in ("en", "ru") for theme in ("light", "dark")]


async def pictures_of_cards(here: Tab, state: str) -> None:
    """Take pictures of the upload page while it has something to show."""
    FOLDER.mkdir(exist_ok=True)
    for width, size in SIZES.items():
        await here.page.set_viewport_size({"width": size[0], "height": size[1]})
        await here.page.screenshot(path=FOLDER / f"upload-{state}-{width}.png", full_page=True)


async def real_videos(here: Tab) -> str:
    """Upload two real videos; answers the path of one that can be watched."""
    await here.go("/upload")
    files = [clips.h264(seconds=24, size="1280x720"), clips.webm(seconds=6)]
    await here.page.set_input_files("[data-files]", files)
    await pictures_of_cards(here, "sending")
    for button in await here.page.get_by_role("button", name="Опубликовать").all():
        await button.click()
    await expect(here.page.locator("[data-card][data-state=ready]")).to_have_count(2, timeout=180_000)
    await pictures_of_cards(here, "sent")
    return await here.page.locator("[data-watch]").first.get_attribute("href") or ""


@pytest.mark.usefixtures("worker")
async def test_pictures_of_every_page(tab: Opener, ports: Ports, ada: UserId) -> None:
    videos = await a_house_of_videos(ports, ada) | await an_administration(ports, ada)
    pages = PAGES | {"watch": (await real_videos(await tab(who=ada, lang="ru")), True)}
    taken = 0
    for lang, theme in LOOKS:
        for width, size in SIZES.items():
            for signed in (True, False):
                here = await tab(who=ada if signed else None, lang=lang, theme=theme, size=size)
                for name, (path, needed) in pages.items():
                    if needed is not signed:
                        continue
                    await here.go(path.format(**videos))
                    await here.page.wait_for_timeout(400)  # posters and the side of the watch page
                    picture = FOLDER / f"{name.replace(' ', '-')}-{width}-{theme}-{lang}.png"
                    await here.page.screenshot(path=picture, full_page=width != "wide")
                    taken += 1
                here.troubles.clear()  # one of the pages says 404
    assert taken == len(LOOKS) * len(SIZES) * len(pages)


@pytest.mark.parametrize(("lang", "theme"), LOOKS)
async def test_pictures_of_signing_up(tab: Opener, ports: Ports, lang: str, theme: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    for width, size in SIZES.items():
        here = await tab(lang=lang, theme=theme, size=size)
        await answered(here, nickname=f"ada-{width}-{theme}-{lang}")
        await here.page.set_input_files("#image", file(drawing(1600, 1000)))
        await shown(here.page)
        for step in ("name", "email", "password", "picture?another=1", "check", "crop"):
            await here.go(f"/register/{step}")
            await here.page.wait_for_timeout(300)
            name = step.partition("?")[0]
            await here.page.screenshot(path=FOLDER / f"register-{name}-{width}-{theme}-{lang}.png", full_page=True)
        await comes_from_elsewhere(here, ports)
        await here.go("/register/name")
        await here.page.screenshot(path=FOLDER / f"register-arrived-{width}-{theme}-{lang}.png", full_page=True)
    assert len(list(FOLDER.glob(f"register-*-{theme}-{lang}.png"))) == 7 * len(SIZES)
