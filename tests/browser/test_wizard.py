"""Signing up in steps as people do it: the 24 points of the checklist, one by one.

Point 6 is in `test_registering_in_browser.py`.
"""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Route, expect

from efir.application.context import Ports
from efir.domain.kernel.ids import UserId
from kit.drawings import drawing
from kit.fixtures.pages import Opener, Tab
from kit.pages.seeds import PASSWORD
from kit.pages.wizard import answered, comes_from_elsewhere, drop, file, go_on, paste, shown

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("nothing_counted")]


@pytest.fixture
async def ready(tab: Opener) -> Tab:
    """The step of the picture."""
    here = await tab()
    await answered(here)
    return here


async def with_picture(here: Tab) -> list[str]:
    """Send a picture and wait for the server's."""
    await here.page.set_input_files("#image", file())
    return await shown(here.page)


async def test_01_each_page_asks_one_thing(tab: Opener) -> None:
    here = await tab()
    await here.go("/register")
    asked = []
    for name, value in (("nickname", "ada"), ("email", "ada@example.org"), ("password", PASSWORD)):
        await expect(here.page.locator("main h1")).to_have_count(1)
        asked.append(await here.page.locator("main h1").inner_text())
        assert await here.page.locator("main .input[required]").count() == 1
        await here.page.fill(f"#{name}", value)
        await go_on(here.page)
        await expect(here.page.locator(f"input#{name}")).to_have_count(0)
    assert asked == ["What should we call you?", "What is your email address?", "Choose a password"]
    await expect(here.page.get_by_text("Signing up: step 4 of 4")).to_be_visible()


async def test_02_back_keeps_what_was_typed(ready: Tab) -> None:
    page = ready.page
    await page.get_by_role("link", name="Back").click()
    await expect(page.get_by_text("You have chosen a password")).to_be_visible()
    await page.get_by_role("link", name="Back").click()
    await expect(page.locator("#email")).to_have_value("ada@example.org")
    await page.get_by_role("link", name="Back").click()
    await expect(page.locator("#nickname")).to_have_value("ada")
    await go_on(page)  # everything is there: on to the first thing that is not
    await expect(page).to_have_url(f"{ready.site}/register/picture")


async def test_03_continue_stands_left_and_is_never_disabled(tab: Opener) -> None:
    here = await tab()
    await here.go("/register")
    button = here.page.get_by_role("button", name="Continue")
    box, form = await button.bounding_box(), await here.page.locator("main form").bounding_box()
    assert box
    assert form
    assert box["x"] - form["x"] <= 1
    await expect(button).to_be_enabled()
    await button.click()
    await expect(here.page.locator("[data-summary]")).to_be_focused()
    await expect(button).to_be_enabled()


async def test_04_answers_are_kept_on_the_server_and_05_a_deep_link_leads_to_the_first_open_question(
    tab: Opener,
) -> None:
    here = await tab()
    await here.go("/register/password")
    await expect(here.page).to_have_url(f"{here.site}/register")
    await answered(here, upto="email")
    second = await here.context.new_page()
    for path in ("/register", "/register/password", "/register/picture", "/register/check", "/register/crop"):
        await second.goto(here.site + path)
        await expect(second).to_have_url(f"{here.site}/register/email")
    await second.goto(f"{here.site}/register/name")
    await expect(second.locator("#nickname")).to_have_value("ada")


async def test_07_the_file_field_is_a_real_one_that_can_be_focused(ready: Tab) -> None:
    field = ready.page.locator("#image")
    await expect(field).to_be_visible()
    assert await field.get_attribute("type") == "file"
    await ready.page.locator("main").focus()
    for _ in range(3):
        await ready.page.keyboard.press("Tab")
        if await field.evaluate("one => one === document.activeElement"):
            break
    await expect(field).to_be_focused()


async def test_08_the_place_to_drop_is_always_visible_and_a_stray_drop_leaves_the_page(ready: Tab) -> None:
    await expect(ready.page.locator("[data-drop]")).to_be_visible()
    await drop(ready.page, drawing(), on="footer")
    await shown(ready.page)
    assert ready.page.url.startswith(ready.site)
    await drop(ready.page, b"just text", name="notes.txt", kind="text/plain", on="header")
    await expect(ready.page.locator("[data-complaint]")).to_contain_text("Send a JPEG")
    await expect(ready.page.locator("[data-preview]")).to_be_visible()


async def test_09_a_picture_can_be_pasted_and_a_phone_may_offer_its_camera(ready: Tab) -> None:
    field = ready.page.locator("#image")
    assert await field.get_attribute("accept") == "image/jpeg,image/png,image/webp,image/gif,image/avif"
    assert await field.get_attribute("capture") is None  # otherwise only the camera would be offered
    await paste(ready.page, drawing(kind=".png"))
    await shown(ready.page)


async def test_10_types_and_size_are_said_before_choosing(ready: Tab) -> None:
    hint = ready.page.locator("#image-hint")
    await expect(hint).to_contain_text("JPEG, PNG, WebP, GIF or AVIF, up to 10 MB, each side at least 64 pixels")
    assert "image-hint" in (await ready.page.locator("#image").get_attribute("aria-describedby") or "")


@pytest.mark.parametrize(("content", "kind", "sent"), [
    (b"", "image/png", False), (b"x" * (10 << 20) + b"x", "image/jpeg", False), (b"%PDF-1.7", "application/pdf", False),
    (b"%PDF-1.7" * 9, "image/png", True), (drawing(50, 50), "image/jpeg", True),
])  # fmt: skip
async def test_11_browser_and_server_use_the_same_words_and_12_name_the_rule(
    ready: Tab, content: bytes, kind: str, *, sent: bool
) -> None:
    asked: list[str] = []
    ready.page.on("request", lambda request: request.method == "PUT" and asked.append(request.url))
    await ready.page.set_input_files("#image", file(content, "odd", kind))
    complaint = ready.page.locator("[data-complaint]")
    await expect(complaint).to_be_focused()
    text = await complaint.inner_text()
    known = await ready.page.evaluate(
        "Object.assign({}, ...[...document.querySelectorAll('script[data-texts]')].map("
        "(block) => JSON.parse(block.textContent))).complaints"
    )
    assert text in known.values()
    assert bool(asked) is sent
    ready.troubles.clear()  # the browser notes the status


async def test_13_sending_starts_on_drop_with_a_preview_at_once_and_14_shows_what_it_does(ready: Tab) -> None:
    held = asyncio.Event()

    async def slow(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await ready.page.route("**/avatar", slow)
    await drop(ready.page, drawing(), on="[data-drop]")
    local = ready.page.locator("[data-local]")
    await expect(local).to_be_visible()
    assert (await local.get_attribute("src") or "").startswith("blob:")
    await expect(ready.page.locator("[data-progress]")).to_be_visible()
    await expect(ready.page.locator("[data-cancel]")).to_be_visible()
    held.set()
    addresses = await shown(ready.page)
    assert all(address.startswith("/api/v1/registrations/") for address in addresses)
    await expect(ready.page.locator("[data-progress]")).to_be_hidden()


async def test_14_sending_can_be_cancelled(ready: Tab) -> None:
    async def never(_route: Route) -> None:
        await asyncio.sleep(0)

    await ready.page.route("**/avatar", never)
    await ready.page.set_input_files("#image", file())
    await ready.page.get_by_role("button", name="Cancel").click()
    await expect(ready.page.locator("[data-progress]")).to_be_hidden()
    await expect(ready.page.locator("[data-said]")).to_have_text("Sending cancelled")
    await expect(ready.page.locator("[data-preview]")).to_be_hidden()
    await ready.page.unroute("**/avatar")
    await with_picture(ready)


async def test_15_what_happens_is_said_politely(ready: Tab) -> None:
    said = ready.page.locator("[data-said]")
    assert await said.get_attribute("aria-live") == "polite"
    await ready.page.evaluate(
        "window.heard = []; new MutationObserver(() => heard.push(document.querySelector('[data-said]').textContent))"
        ".observe(document.querySelector('[data-said]'), {childList: true})"
    )
    await with_picture(ready)
    heard = await ready.page.evaluate("heard")
    assert heard[0] == "me.jpg is chosen, it is being sent"
    assert "Sent. The server is cutting it" in heard
    assert heard[-1] == "The picture is ready"
    await ready.page.set_input_files("#image", file(b"", "empty.png", "image/png"))
    await expect(said).to_have_text("The picture was not accepted: Choose a picture")


async def test_16_the_focus_goes_to_the_picture_or_to_what_is_wrong(ready: Tab) -> None:
    await with_picture(ready)
    await expect(ready.page.locator("[data-preview]")).to_be_focused()
    await ready.page.set_input_files("#image", file(drawing()[:5_000]))
    await expect(ready.page.locator("[data-complaint]")).to_be_focused()
    ready.troubles.clear()


async def test_17_the_preview_is_round_and_square_in_real_sizes_with_words(ready: Tab) -> None:
    await with_picture(ready)
    for side, round_one in ((256, False), (128, True), (64, True)):
        image = ready.page.locator(f"[data-side='{side}']")
        found = await image.evaluate(
            "one => [one.naturalWidth, one.clientWidth, getComputedStyle(one).borderRadius, one.alt]"
        )
        assert found[:2] == [side, side]
        assert (found[2] == "50%") is round_one
        assert str(side) in found[3]


async def test_18_there_are_exactly_two_buttons_and_the_picture_stays_until_another_is_good(ready: Tab) -> None:
    first = await with_picture(ready)
    buttons = ready.page.locator("main").get_by_role("button")
    await expect(buttons).to_have_text(["Finish registration", "Upload another picture"])
    async with ready.page.expect_file_chooser() as chosen:
        await ready.page.get_by_role("button", name="Upload another picture").click()
    await (await chosen.value).set_files(file(drawing()[:5_000], "bad.jpg"))
    await expect(ready.page.locator("[data-complaint]")).to_be_visible()
    assert await shown(ready.page) == first
    ready.troubles.clear()
    async with ready.page.expect_file_chooser() as chosen:
        await ready.page.get_by_role("button", name="Upload another picture").click()
    await (await chosen.value).set_files(file(drawing(kind=".png"), "good.png", "image/png"))
    await expect(ready.page.locator("[data-side='64']")).not_to_have_attribute("src", first[2])
    await expect(ready.page.locator("[data-complaint]")).to_be_hidden()
    await expect(buttons).to_have_text(["Finish registration", "Upload another picture"])
    await ready.page.reload()
    await expect(buttons).to_have_text(["Finish registration", "Upload another picture"])
    await expect(ready.page.locator("[data-preview]")).to_be_visible()


async def test_19_a_lost_network_is_tried_again_three_times_and_then_asked_about(ready: Tab) -> None:
    tries = 0

    async def lost(route: Route) -> None:
        nonlocal tries
        tries += 1
        await (route.abort("connectionreset") if tries < 5 else route.continue_())

    await ready.page.clock.install()
    await ready.page.route("**/avatar", lost)
    await ready.page.set_input_files("#image", file())
    retry = ready.page.get_by_role("button", name="Try again")
    for seconds in (1, 2, 4):
        await expect(ready.page.locator("[data-dial-left]")).to_contain_text(f"Next try in {seconds}")
        await ready.page.clock.run_for(seconds * 1000)
    await expect(retry).to_be_visible()
    assert tries == 4
    await retry.click()
    await shown(ready.page)
    ready.troubles.clear()  # the browser notes each lost request


async def test_20_finishing_twice_makes_one_account(ready: Tab, connection: Any) -> None:
    await with_picture(ready)
    again = await ready.context.new_page()
    await again.goto(f"{ready.site}/register/check")
    await asyncio.gather(
        ready.page.get_by_role("button", name="Finish registration").dblclick(),
        again.get_by_role("button", name="Finish registration").click(),
    )
    for page in (ready.page, again):
        await expect(page.locator("[data-menu]")).to_be_visible()
    assert await connection.fetchval("select count(*) from user_account") == 1


async def test_21_a_nickname_is_checked_when_typing_pauses_and_stale_checks_are_dropped(
    tab: Opener, ada: UserId
) -> None:
    here = await tab()
    asked: list[str] = []
    here.page.on("request", lambda request: "availability" in request.url and asked.append(request.url))
    await here.go("/register")
    live = here.page.locator("[data-live=nickname]")
    assert await live.get_attribute("aria-live") == "polite"
    await here.page.locator("#nickname").press_sequentially("ad", delay=20)
    await here.page.wait_for_timeout(700)
    assert asked == []
    await here.page.locator("#nickname").press_sequentially("a", delay=20)
    await expect(live).to_have_text("This nickname is taken, or looks like a taken one")
    await here.page.locator("#nickname").press_sequentially("-the-second", delay=20)
    await expect(live).to_have_text("ada-the-second is free, and kept for you for 15 minutes")
    assert len(asked) == 2
    await here.page.fill("#nickname", "admin")
    await expect(live).to_have_text("This nickname is reserved, choose another one")


async def test_21_an_address_is_checked_when_its_field_is_left(tab: Opener, ada: UserId, connection: Any) -> None:
    await connection.execute("update user_account set email_verified_at = now()")
    here = await tab()
    await answered(here, nickname="grace", upto="email")
    live = here.page.locator("[data-live=email]")
    await here.page.locator("#email").press_sequentially("ada@example.org", delay=10)
    await here.page.wait_for_timeout(600)
    await expect(live).to_be_empty()
    await here.page.locator("#email").blur()
    await expect(live).to_contain_text("Somebody has an account with this email address")
    await here.page.fill("#email", "grace@example.org")
    await here.page.locator("#email").blur()
    await expect(live).to_have_text("This address can be used")


async def test_22_what_is_wrong_is_in_the_title_in_a_linked_summary_and_at_the_field(tab: Opener, ada: UserId) -> None:
    here = await tab()
    await here.go("/register")
    await here.page.fill("#nickname", "ADA")
    await here.page.fill("#display_name", "Kept")
    await go_on(here.page)
    summary = here.page.locator("[data-summary]")
    await expect(summary).to_be_focused()
    assert (await here.page.title()).startswith("Error: ")
    await summary.get_by_role("link", name="This nickname is taken").click()
    await expect(here.page.locator("#nickname")).to_be_focused()
    await expect(here.page.locator("#nickname-error")).to_be_visible()
    assert "nickname-error" in (await here.page.get_attribute("#nickname", "aria-describedby") or "")
    assert [await here.page.input_value(f"#{name}") for name in ("nickname", "display_name")] == ["ADA", "Kept"]
    here.troubles.clear()  # the browser notes the status 422


async def test_23_a_password_can_be_pasted_and_shown_and_its_rule_stands_before_it(tab: Opener) -> None:
    here = await tab()
    await answered(here, upto="password")
    field = here.page.locator("#password")
    assert await field.get_attribute("autocomplete") == "new-password"
    await expect(here.page.locator("#password-hint")).to_contain_text("At least 10 characters")
    await field.evaluate(
        """one => { one.focus(); const carried = new DataTransfer(); carried.setData("text/plain", "x");
           const event = new ClipboardEvent("paste", {clipboardData: carried, cancelable: true, bubbles: true});
           window.pasted = one.dispatchEvent(event); }"""
    )
    assert await here.page.evaluate("window.pasted") is True
    await here.page.get_by_role("button", name="Show password").click()
    assert await field.get_attribute("type") == "text"


async def test_24_answers_are_checked_at_the_end_and_can_be_changed(ready: Tab, ports: Ports) -> None:
    page = ready.page
    await page.get_by_role("link", name="Go on without a picture").click()
    await expect(page.locator("main h1")).to_have_text("Check your answers")
    await expect(page.locator("main").get_by_role("button")).to_have_text(["Finish registration", "Upload a picture"])
    answers = page.locator(".wizard-answers")
    await expect(answers).to_contain_text("ada@example.org")
    assert PASSWORD not in await page.content()
    await page.get_by_role("link", name="Change (Email)").click()
    await page.fill("#email", "lovelace@example.org")
    await go_on(page)
    await expect(page).to_have_url(f"{ready.site}/register/check")
    await expect(answers).to_contain_text("lovelace@example.org")
    for link in await page.locator("main a, main button").all():
        if await link.is_visible():
            box = await link.bounding_box()
            assert box
            assert box["height"] >= 24, await link.inner_text()
    await page.get_by_role("button", name="Finish registration").click()
    await expect(page.get_by_text("Your channel is ready")).to_be_visible()


async def test_24_the_end_of_patience_is_announced_and_can_be_put_off(ready: Tab, connection: Any) -> None:
    await connection.execute("update registration set expires_at = now() + interval '2 minutes'")
    await ready.page.reload()
    warning = ready.page.locator("[data-expiring]")
    await expect(warning).to_contain_text("Your answers will be dropped at")
    await ready.page.get_by_role("button", name="Keep them").click()
    await expect(warning).to_be_hidden()
    assert await connection.fetchval("select expires_at > now() + interval '50 minutes' from registration")


async def test_24_nothing_is_lost_at_320_pixels_and_400_percent(tab: Opener) -> None:
    here = await tab(size=(320, 256), lang="ru")
    await answered(here)
    await with_picture(here)
    for path in ("name", "email", "password", "picture?another=1", "check", "crop"):
        await here.go(f"/register/{path}")
        assert await here.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


async def test_the_part_that_is_kept_is_dragged(ready: Tab) -> None:
    await ready.page.set_input_files("#image", file(drawing(900, 600)))
    before = await shown(ready.page)
    await ready.page.get_by_role("link", name="Cut it differently").click()
    square = ready.page.locator("[data-crop-box]")
    await expect(square).to_be_visible()
    box = await square.bounding_box()
    assert box
    left = float(await ready.page.input_value("#x"))
    await ready.page.mouse.move(box["x"] + 40, box["y"] + 40)
    await ready.page.mouse.down()
    await ready.page.mouse.move(box["x"] + 2000, box["y"] + 40, steps=4)
    await ready.page.mouse.up()
    assert float(await ready.page.input_value("#x")) > left
    assert float(await ready.page.input_value("#x")) == pytest.approx(100 / 3, abs=0.2)
    await ready.page.get_by_role("button", name="Cut it like this").click()
    assert await shown(ready.page) != before


async def test_who_comes_from_a_provider_finds_the_fields_filled_in_and_needs_no_password(
    tab: Opener, ports: Ports, connection: Any
) -> None:
    here = await tab()
    await comes_from_elsewhere(here, ports)
    await here.go("/register/name")
    await expect(here.page.locator("#nickname")).to_have_value("ada")
    await expect(here.page.locator("#display_name")).to_have_value("Ada Lovelace")
    await expect(here.page.get_by_text("Signing up: step 1 of 3")).to_be_visible()
    second = await here.context.new_page()
    await second.goto(f"{here.site}/register/email")
    await expect(second.locator("#email")).to_have_value("ada@example.org")
    await here.page.locator("#nickname").press("Enter")
    await expect(here.page).to_have_url(f"{here.site}/register/picture")
    await expect(here.page.get_by_text("step 3 of 3")).to_be_visible()
    await with_picture(here)
    await expect(here.page.locator(".wizard-answers")).to_contain_text("None: you sign in with elsewhere")
    await here.page.get_by_role("link", name="Change (Password)").click()
    await expect(here.page.get_by_text("With a password you can sign in without it, too.")).to_be_visible()
    await go_on(here.page)  # left empty
    await expect(here.page).to_have_url(f"{here.site}/register/check")
    await here.page.get_by_role("button", name="Finish registration").click()
    await expect(here.page.get_by_text("Your channel is ready")).to_be_visible()
    row = await connection.fetchrow("select issuer, sub, shown from external_identity")
    assert tuple(row) == ("https://id.example", "1", "ada@example.org")
    assert await connection.fetchval("select count(*) from password_credential") == 0
    assert await connection.fetchval("select email_verified_at from user_account") is None


async def test_an_identity_that_was_linked_meanwhile_makes_no_account(
    tab: Opener, ports: Ports, ada: UserId, connection: Any
) -> None:
    here = await tab()
    await comes_from_elsewhere(here, ports)
    await here.go("/register/name")
    await expect(here.page.locator("#nickname")).to_have_value("")  # that one is taken
    await here.page.fill("#nickname", "countess")
    await go_on(here.page)
    await connection.execute(
        "insert into external_identity (id, issuer, sub, user_id, provider, shown, linked_at)"
        " values (uuidv7(), 'https://id.example', '1', $1, 'elsewhere', '', now())", ada,
    )  # fmt: skip
    await here.go("/register/check")
    await here.page.get_by_role("button", name="Finish registration").click()
    await expect(here.page.locator("[data-summary]")).to_contain_text("belongs to another account here")
    here.troubles.clear()  # the browser notes the status 422
    assert await connection.fetchval("select count(*) from user_account") == 1
