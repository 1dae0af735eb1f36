"""Confirming, resetting and the settings as people do them: by keyboard, without scripts, on a phone, in Russian."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

from browser.test_forms import press
from efir.domain.kernel.ids import UserId
from kit.fixtures.pages import PHONE, Opener, Tab
from kit.pages.flaws import flaws
from kit.pages.seeds import PASSWORD

pytestmark = pytest.mark.browser


async def from_mailbox(here: Tab, name: str) -> None:
    """Open the link of the newest mail in the development mailbox."""
    await here.go("/mailbox")
    await here.page.locator(f".letter a[href*='{name}']").first.click()


async def test_an_address_is_confirmed_from_the_mailbox_without_scripts(tab: Opener) -> None:
    here = await tab(java_script_enabled=False, lang="ru", size=PHONE)
    await here.go("/register")
    for name, value in {"nickname": "ada", "email": "ada@example.org", "password": PASSWORD}.items():
        await here.page.fill(f"input#{name}", value)
        await here.page.click("main form .primary")
    await here.go("/register/check")
    await here.page.get_by_role("button", name="Завершить регистрацию").click()
    await expect(here.page.locator("[data-menu]")).to_be_visible()
    await from_mailbox(here, "/confirm")
    await expect(here.page.locator("h1")).to_have_text("Подтвердите почту")
    await here.page.get_by_role("button", name="Подтвердить адрес").click()
    await expect(here.page.get_by_text("Ваш адрес подтверждён.")).to_be_visible()
    await expect(here.page.locator(".badge.good")).to_be_visible()


@pytest.mark.slow
async def test_a_forgotten_password_is_replaced_by_keyboard_alone(
    tab: Opener,
    ada: UserId,
    worker: None,
    connection: Any,
) -> None:
    await connection.execute("update user_account set email_verified_at = now()")
    here = await tab()
    await here.go("/login")
    await here.page.get_by_role("link", name="Forgot your password?").focus()
    await press(here.page, "Enter")
    await here.page.locator("#email").focus()
    await here.page.keyboard.type("ada@example.org")
    await press(here.page, "Enter")
    await expect(here.page.get_by_text("a mail with a link is on its way")).to_be_visible()
    async with asyncio.timeout(30):
        await here.go("/mailbox")
        while not await here.page.locator(".letter").count():
            await here.page.wait_for_timeout(200)
            await here.go("/mailbox")
    await here.page.locator(".letter a[href*='/reset']").first.focus()
    await press(here.page, "Enter")
    await here.page.locator("#new_password").focus()
    await here.page.keyboard.type("another quiet evening")
    assert await flaws(here) == []
    await press(here.page, "Enter")
    await expect(here.page.get_by_text("Your new password is set")).to_be_visible()


@pytest.mark.slow
async def test_wrong_settings_are_named_at_their_fields(tab: Opener, ada: UserId) -> None:
    here = await tab(who=ada, size=PHONE)
    await here.go("/settings/profile")
    await here.page.fill("#phone", "12")
    await here.page.fill("#nickname", "admin")
    await here.page.get_by_role("button", name="Save changes").click()
    summary = here.page.locator("[data-summary]")
    await expect(summary.locator("li")).to_have_count(2)
    here.troubles.clear()  # the browser notes the status 422
    await summary.get_by_role("link", name="Enter a number").click()
    await expect(here.page.locator("#phone")).to_be_focused()
    assert await flaws(here) == []


@pytest.mark.slow
async def test_a_session_of_long_ago_asks_for_the_password(
    tab: Opener,
    ada: UserId,
    connection: Any,
) -> None:
    here = await tab(who=ada)
    await connection.execute("update login_session set auth_time = now() - interval '1 hour'")
    await here.go("/settings/data/delete")
    await here.page.fill("#current_password", PASSWORD)
    assert await flaws(here) == []
    await here.page.get_by_role("button", name="Delete the account").click()
    await expect(here.page.get_by_text("Your account is closed")).to_be_visible()
    await expect(here.page.get_by_role("link", name="Sign in").first).to_be_visible()
