"""Signing up from the first page to the last: by keyboard, on a phone, in Russian, without scripts."""

from typing import Any

import pytest
from playwright.async_api import expect

from efir.application.context import Ports
from kit.drawings import drawing
from kit.fixtures.pages import PHONE, Opener, Tab
from kit.pages.seeds import PASSWORD
from kit.pages.wizard import answered, file, go_on, shown

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("nothing_counted")]


@pytest.fixture
async def ready(tab: Opener) -> Tab:
    """The step of the picture."""
    here = await tab()
    await answered(here)
    return here


async def test_all_of_it_works_without_scripts_and_ends_where_it_began(tab: Opener, ports: Ports) -> None:
    here = await tab(java_script_enabled=False)
    page = here.page
    await here.go("/quiz")
    await page.get_by_role("link", name="Sign up").click()
    await page.fill("#nickname", "a!")
    await go_on(page)
    await expect(page.locator("[data-summary] li")).to_have_count(1)
    assert await page.title() == "Error: What should we call you? · Sign up · Efir"
    here.troubles.clear()  # the browser notes the status 422
    await page.fill("#nickname", "ada")
    await go_on(page)
    await page.fill("#email", "ada@example.org")
    await go_on(page)
    await page.fill("#password", PASSWORD)
    await go_on(page)
    await page.set_input_files("#image", file(drawing()[:6_000]))
    await page.get_by_role("button", name="Upload", exact=True).click()
    await expect(page.locator("[data-summary]")).to_contain_text("This picture is damaged")
    here.troubles.clear()
    await page.set_input_files("#image", file())
    await page.get_by_role("button", name="Upload", exact=True).click()
    await expect(page.locator("[data-preview] img")).to_have_count(3)
    before = await shown(page)
    await page.get_by_role("link", name="Cut it differently").click()
    await page.fill("#size", "50")
    await page.get_by_role("button", name="Cut it like this").click()
    assert await shown(page) != before
    await page.get_by_role("button", name="Upload another picture").click()
    await expect(page.get_by_role("link", name="Keep the picture I have")).to_be_visible()
    await page.set_input_files("#image", file(drawing(kind=".png"), "b.png", "image/png"))
    await page.get_by_role("button", name="Upload", exact=True).click()
    await page.get_by_role("button", name="Finish registration").click()
    await expect(page.get_by_text("Your channel is ready")).to_be_visible()
    await expect(page).to_have_url(f"{here.site}/quiz?notice=welcome")
    assert "/i/" in (await page.locator("[data-menu] .avatar img").get_attribute("src") or "")


async def test_the_keyboard_alone_is_enough(tab: Opener) -> None:
    here = await tab()
    await here.go("/register")
    for value in ("ada", "ada@example.org", PASSWORD):
        await here.page.locator("main .input").first.focus()
        await here.page.keyboard.type(value)
        address = here.page.url
        await here.page.keyboard.press("Enter")
        await expect(here.page).not_to_have_url(address)
    await expect(here.page).to_have_url(f"{here.site}/register/picture")
    async with here.page.expect_file_chooser() as chosen:
        await here.page.locator("#image").press("Space")
    await (await chosen.value).set_files(file())
    await shown(here.page)
    before = await shown(here.page)
    await here.page.keyboard.press("Tab")  # from the preview to its link
    await here.page.keyboard.press("Enter")
    await expect(here.page).to_have_url(f"{here.site}/register/crop")
    await expect(here.page.locator("[data-crop-box]")).to_be_visible()
    await here.page.locator("[data-crop-box]").focus()
    for key in ("-", "-", "-", "ArrowRight", "ArrowDown"):
        await here.page.keyboard.press(key)
    assert await here.page.input_value("#size") == "94"
    await here.page.locator("#y").focus()
    await here.page.keyboard.press("Enter")
    await expect(here.page).to_have_url(f"{here.site}/register/check")
    assert await shown(here.page) != before
    await here.page.get_by_role("button", name="Finish registration").focus()
    await here.page.keyboard.press("Enter")
    await expect(here.page.get_by_text("Your channel is ready")).to_be_visible()


async def test_a_phone_in_russian_goes_all_the_way(tab: Opener) -> None:
    here = await tab(lang="ru", size=PHONE, theme="dark")
    await here.go("/register")
    for field, answer in (("nickname", "ada"), ("email", "ada@example.org"), ("password", PASSWORD)):
        await here.page.fill(f"#{field}", answer)
        await go_on(here.page)
    await here.page.set_input_files("#image", file())
    await shown(here.page)
    await expect(here.page.locator("main h1")).to_have_text("Проверьте ответы")
    await expect(here.page.locator("main").get_by_role("button")).to_have_text(
        ["Завершить регистрацию", "Загрузить другое фото"]
    )
    await here.page.get_by_role("button", name="Завершить регистрацию").click()
    await expect(here.page.locator("[data-menu] .avatar img")).to_be_visible()


async def test_a_name_that_was_taken_meanwhile_is_said_where_it_can_be_changed(ready: Tab, connection: Any) -> None:
    await ready.page.set_input_files("#image", file())
    await shown(ready.page)
    await connection.execute("delete from name_reservation")
    await connection.execute("insert into user_account (nickname, nick_skel, display_name) values ('ada', 'ada', 'x')")
    await ready.page.get_by_role("button", name="Finish registration").click()
    await ready.page.locator("[data-summary]").get_by_role("link", name="This nickname is taken").click()
    await expect(ready.page.locator("#nickname")).to_be_focused()
    ready.troubles.clear()  # the browser notes the status 422
    await ready.page.keyboard.press("Enter")
    await ready.page.fill("#nickname", "countess")
    await go_on(ready.page)
    await expect(ready.page).to_have_url(f"{ready.site}/register/check")
    await ready.page.get_by_role("button", name="Finish registration").click()
    await expect(ready.page.get_by_text("Your channel is ready")).to_be_visible()
