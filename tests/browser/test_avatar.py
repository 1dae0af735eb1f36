"""Changing the picture others see, as people do it: dropped, pasted, by keyboard, without scripts, in Russian."""

from typing import Any

import pytest
from playwright.async_api import Route, expect

from efir.application.context import Ports
from efir.domain.kernel.ids import UserId
from kit.drawings import drawing
from kit.fixtures.pages import PHONE, Opener, Tab
from kit.pages.wizard import drop, file, paste, shown

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
async def here(tab: Opener, ada: UserId) -> Tab:
    """The page of the own picture."""
    opened = await tab(who=ada)
    await opened.go("/settings/avatar")
    return opened


async def in_the_bar(tab: Tab) -> str:
    """Address of the picture in the bar above."""
    return await tab.page.locator("[data-menu] .avatar img").get_attribute("src") or ""


async def test_a_dropped_picture_is_worn_at_once(here: Tab) -> None:
    await expect(here.page.locator("[data-preview]")).to_be_hidden()
    await expect(here.page.get_by_role("button", name="Remove the picture")).to_be_hidden()
    await drop(here.page, drawing(), on="footer")
    addresses = await shown(here.page)
    assert all(address.startswith("/i/") for address in addresses)
    await expect(here.page.locator("[data-preview]")).to_be_focused()
    await expect(here.page.locator("[data-said]")).to_have_text("The picture is ready")
    assert await in_the_bar(here) == addresses[1]
    await here.page.reload()
    assert await shown(here.page) == addresses
    await here.page.get_by_role("button", name="Remove the picture").click()
    await expect(here.page.locator("[data-preview]")).to_be_hidden()
    await expect(here.page.locator("[data-menu] .avatar img")).to_have_count(0)


async def test_a_picture_is_pasted_and_a_bad_one_leaves_it_as_it_was(here: Tab) -> None:
    await paste(here.page, drawing(kind=".png"))
    before = await shown(here.page)
    await here.page.set_input_files("#image", file(drawing()[:5_000], "bad.jpg"))
    await expect(here.page.locator("[data-complaint]")).to_be_focused()
    await expect(here.page.locator("[data-complaint]")).to_contain_text("This picture is damaged")
    assert await shown(here.page) == before
    assert here.page.url == f"{here.site}/settings/avatar"
    here.troubles.clear()  # the browser notes the status


async def test_an_old_token_is_renewed_without_a_word(here: Tab) -> None:
    await here.page.evaluate("document.querySelector('meta[name=csrf-token]').content = 'x'")
    spoilt = 0

    async def spoil(route: Route) -> None:
        nonlocal spoilt
        spoilt += 1
        headers = route.request.headers | ({"x-csrf-token": "old"} if spoilt == 1 else {})
        await route.continue_(headers=headers)

    await here.page.route("**/users/me/avatar", spoil)
    await here.page.set_input_files("#image", file())
    await shown(here.page)
    assert spoilt == 2
    here.troubles.clear()  # the browser notes the status 403


async def test_the_keyboard_alone_changes_and_cuts_it(here: Tab) -> None:
    async with here.page.expect_file_chooser() as chosen:
        await here.page.locator("#image").press("Space")
    await (await chosen.value).set_files(file(drawing(900, 600)))
    before = await shown(here.page)
    await here.page.keyboard.press("Tab")
    await here.page.keyboard.press("Enter")
    await expect(here.page).to_have_url(f"{here.site}/settings/avatar/crop")
    await expect(here.page.locator("[data-crop-box]")).to_be_visible()
    await here.page.locator("[data-crop-box]").focus()
    for key in ("-", "-", "ArrowRight"):
        await here.page.keyboard.press(key)
    assert await here.page.input_value("#size") == "96"
    await here.page.locator("#y").focus()
    await here.page.keyboard.press("Enter")
    await expect(here.page).to_have_url(f"{here.site}/settings/avatar?notice=saved")
    assert await shown(here.page) != before
    assert await in_the_bar(here) in await shown(here.page)


async def test_it_works_without_scripts_on_a_phone_in_russian(tab: Opener, ada: UserId, connection: Any) -> None:
    here = await tab(who=ada, java_script_enabled=False, lang="ru", size=PHONE)
    await here.go("/settings/avatar/crop")
    await expect(here.page).to_have_url(f"{here.site}/settings/avatar")
    await here.page.set_input_files("#image", file(b"%PDF-1.7" * 9, "odd.pdf", "application/pdf"))
    await here.page.get_by_role("button", name="Загрузить", exact=True).click()
    await expect(here.page.locator("[data-summary]")).to_contain_text("JPEG, PNG, WebP, GIF")
    assert (await here.page.title()).startswith("Ошибка: ")
    here.troubles.clear()  # the browser notes the status 422
    await here.page.set_input_files("#image", file())
    await here.page.get_by_role("button", name="Загрузить", exact=True).click()
    await expect(here.page.get_by_text("Сохранено.")).to_be_visible()
    before = await shown(here.page)
    await here.page.get_by_role("link", name="Обрезать иначе").click()
    await here.page.fill("#size", "50")
    await here.page.get_by_role("button", name="Обрезать так").click()
    assert await shown(here.page) != before
    await connection.execute("update staged_upload set working = false, created_at = now() - interval '1 hour'")
    await here.go("/settings/avatar/crop")
    await expect(here.page.locator("[data-summary]")).to_contain_text("пришлите картинку ещё раз")
    await expect(here.page.locator("[data-crop-link]")).to_be_hidden()
    here.troubles.clear()  # the browser notes the status 422
    await here.page.get_by_role("button", name="Удалить фото").click()
    await expect(here.page.locator("[data-preview]")).to_be_hidden()


async def test_a_person_has_a_page_with_the_picture(here: Tab, tab: Opener, ports: Ports) -> None:
    await here.page.set_input_files("#image", file())
    square = (await shown(here.page))[0]
    await here.page.locator("[data-menu] summary").click()
    await here.page.get_by_role("link", name="My page").click()
    await expect(here.page).to_have_url(f"{here.site}/u/ada")
    await expect(here.page.locator(".person img")).to_have_attribute("src", square)
    stranger = await tab()
    await stranger.go("/u/ADA")
    await expect(stranger.page.locator("h1")).to_have_text("ada")
    await expect(stranger.page.locator(".person img")).to_have_attribute("src", square)
    assert "example.org" not in await stranger.page.content()
