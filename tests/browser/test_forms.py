"""Signing up, in and out as people do it: by keyboard alone, and without scripts."""

import pytest
from playwright.async_api import Page, expect

from efir.application.context import Ports
from efir.domain.kernel.ids import UserId
from kit.fixtures.pages import Opener
from kit.pages.seeds import PASSWORD, a_video

pytestmark = pytest.mark.browser


async def press(page: Page, *keys: str) -> None:
    """Press keys one after another."""
    for key in keys:
        await page.keyboard.press(key)


async def test_registering_and_signing_in_needs_the_keyboard_alone(tab: Opener) -> None:
    here = await tab()
    await here.go("/")
    await press(here.page, "Tab")
    await expect(here.page.locator(".skip")).to_be_focused()
    await press(here.page, "Enter")
    await expect(here.page.locator("#main")).to_be_focused()
    await press(here.page, "Tab", "Enter")  # the first link of the hero
    await expect(here.page).to_have_url(here.site + "/register")
    await here.page.locator("#main").focus()
    for told in ("ada", "ada@example.org", PASSWORD):
        await here.page.locator("main .input").first.focus()
        await here.page.keyboard.type(told)
        address = here.page.url
        await press(here.page, "Enter")
        await expect(here.page).not_to_have_url(address)
    await here.page.get_by_role("link", name="Go on without a picture").press("Enter")
    await here.page.get_by_role("button", name="Finish registration").press("Enter")
    await expect(here.page.get_by_text("Your channel is ready")).to_be_visible()

    menu = here.page.locator("[data-menu] summary")
    await menu.focus()
    await press(
        here.page, "Enter", *["Tab"] * 4, "Enter"
    )  # open the menu, pass own page, studio and settings, sign out
    await expect(here.page.get_by_role("link", name="Sign in").first).to_be_visible()

    await here.go("/login")
    await here.page.locator("#main").focus()
    await press(here.page, "Tab")
    await here.page.keyboard.type("ada")
    await press(here.page, "Tab")
    await here.page.keyboard.type(PASSWORD)
    await press(here.page, "Enter")
    await expect(menu).to_be_visible()


async def test_signing_in_and_out_needs_no_script(tab: Opener, ada: UserId) -> None:
    here = await tab(java_script_enabled=False)
    await here.go("/login")
    await here.page.fill("#login", "ada")
    await here.page.fill("#password", "tiny-one")
    await here.page.click("main form .primary")
    await expect(here.page.locator("[data-summary] li")).to_have_count(1)
    assert await here.page.input_value("#login") == "ada"
    here.troubles.clear()  # the browser notes the status 422
    await here.page.fill("#password", PASSWORD)
    await here.page.click("main form .primary")
    await expect(here.page.locator("[data-menu]")).to_be_visible()
    await here.page.click("[data-menu] summary")
    await here.page.get_by_role("button", name="Sign out").click()
    await expect(here.page.get_by_role("link", name="Sign in").first).to_be_visible()
    await here.go("/register")
    await expect(here.page.locator(".needs-js").first).to_be_hidden()


@pytest.mark.slow
async def test_colours_and_language_can_be_chosen_without_scripts(tab: Opener) -> None:
    here = await tab(java_script_enabled=False)
    await here.go("/login")
    await here.page.select_option("#theme", "dark")
    await here.page.locator("[data-theme-form] button").click()
    await expect(here.page.locator("html")).to_have_attribute("data-theme", "dark")
    await here.page.select_option("#lang", "ru")
    await here.page.locator("[data-lang-form] button").click()
    await expect(here.page.locator("h1")).to_have_text("Войти")


@pytest.mark.slow
async def test_a_choice_of_colours_holds_on_the_next_page(tab: Opener) -> None:
    here = await tab()
    await here.go("/login")
    await here.page.select_option("#theme", "dark")
    assert await here.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    await here.go("/register")
    await expect(here.page.locator("html")).to_have_attribute("data-theme", "dark")
    await here.page.select_option("#lang", "ru")
    await expect(here.page.locator("h1")).to_have_text("Как вас называть?")


@pytest.mark.slow
async def test_wrong_fields_are_named_before_anything_is_sent(tab: Opener) -> None:
    here = await tab()
    await here.go("/login")
    sent: list[str] = []
    here.page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    await here.page.click("main form .primary")
    summary = here.page.locator("[data-summary]")
    await expect(summary).to_be_focused()
    await expect(summary.locator("li")).to_have_count(2)
    await expect(here.page).to_have_title("Error: Sign in · Efir")
    await summary.locator("a").nth(1).click()
    await expect(here.page.locator("#password")).to_be_focused()
    assert await here.page.get_attribute("#password", "aria-describedby") == "password-error"
    await here.page.fill("#password", PASSWORD)
    await expect(here.page.locator("#password-error")).to_be_hidden()
    assert sent == []


@pytest.mark.slow
async def test_a_password_can_be_shown(tab: Opener) -> None:
    here = await tab()
    await here.go("/login")
    await here.page.fill("#password", PASSWORD)
    await here.page.get_by_role("button", name="Show password").click()
    assert await here.page.get_attribute("#password", "type") == "text"
    assert await here.page.get_by_role("button", name="Show password").get_attribute("aria-pressed") == "true"


@pytest.mark.slow
async def test_a_form_pressed_twice_is_sent_once(tab: Opener) -> None:
    here = await tab()
    await here.go("/register")
    sent: list[str] = []
    here.page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    await here.page.fill("#nickname", "ada")
    await here.page.locator("main form .primary").dblclick()
    await expect(here.page).to_have_url(here.site + "/register/email")
    assert [url for url in sent if "/api/" not in url] == [here.site + "/register/name"]


async def test_deleting_asks_first_and_keeps_when_told_so(tab: Opener, ports: Ports, ada: UserId) -> None:
    await a_video(ports, ada, "Keep me")
    here = await tab(who=ada)
    await here.go("/studio")
    await here.page.get_by_role("link", name="Delete “Keep me”").click()
    dialog = here.page.get_by_role("dialog", name="Delete this video?")
    await expect(dialog).to_contain_text("“Keep me” disappears for everybody at once.")
    await here.page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await here.page.get_by_role("link", name="Delete “Keep me”").click()
    await dialog.get_by_role("button", name="Delete").click()
    await expect(here.page.get_by_text("The video is deleted.")).to_be_visible()
    await expect(here.page.get_by_text("No videos yet")).to_be_visible()


@pytest.mark.slow
async def test_a_long_list_goes_on_in_place(tab: Opener, ports: Ports, ada: UserId) -> None:
    for number in range(30):
        await a_video(ports, ada, f"Number {number}")
    here = await tab()
    await here.go("/")
    await here.page.get_by_role("link", name="Show more").click()
    await expect(here.page.locator("[data-card]")).to_have_count(30)
    await expect(here.page.get_by_role("link", name="Show more")).to_have_count(0)
    assert await here.page.evaluate("document.querySelectorAll('[data-grid] > [data-card]').length") == 30
