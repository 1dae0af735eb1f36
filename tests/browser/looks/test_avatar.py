"""Every state of the own picture and of what comes from a provider, wide and on a phone in Russian."""

import pytest
from playwright.async_api import expect

from efir.application.context import Ports
from efir.domain.kernel.ids import UserId
from kit.fixtures.pages import PHONE, WIDE, Opener
from kit.pages.flaws import flaws
from kit.pages.wizard import comes_from_elsewhere, file, shown

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOOKS = [("en", WIDE), ("ru", PHONE)]


@pytest.mark.parametrize(("lang", "size"), LOOKS)
async def test_every_state_of_the_own_picture_is_readable_for_everybody(
    tab: Opener, ada: UserId, lang: str, size: tuple[int, int]
) -> None:
    here = await tab(who=ada, lang=lang, size=size)
    await here.go("/settings/avatar")
    await here.page.set_input_files("#image", file())
    await shown(here.page)
    found = await flaws(here)
    await here.page.set_input_files("#image", file(b"%PDF-1.7" * 9, "odd.pdf", "application/pdf"))
    await expect(here.page.locator("[data-complaint]")).to_be_focused()
    found += await flaws(here)
    for path in ("/settings/avatar/crop", "/u/ada"):
        await here.go(path)
        found += await flaws(here)
    assert found == []


@pytest.mark.parametrize(("lang", "size"), LOOKS)
async def test_the_pages_of_a_newcomer_are_readable_for_everybody(
    tab: Opener, ports: Ports, lang: str, size: tuple[int, int]
) -> None:
    here = await tab(lang=lang, size=size)
    await comes_from_elsewhere(here, ports)
    found = []
    for step in ("name", "password?change=1", "check"):
        await here.go(f"/register/{step}")
        found += await flaws(here)
    assert found == []
