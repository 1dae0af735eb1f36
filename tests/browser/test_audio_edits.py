"""Recordings edited in a real browser: a part is chosen by mouse and keyboard, heard, and kept as another recording."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from efir.domain.kernel.ids import UserId
from kit.audio import tones
from kit.audio.edited import sound
from kit.fixtures.pages import PHONE, Opener, Tab

pytestmark = pytest.mark.browser

RECORDS = "[data-record][data-state=ready]"
PIECES = [(1.0, 500.0, 0.0), (2.0, 500.0, 0.2), (2.0, 1000.0, 0.4), (1.0, 1.0, 0.0)]


async def with_recordings(tab: Opener, who: UserId, **more: Any) -> Tab:
    """The page with two recordings, the longer one below."""
    here = await tab(who=who, **more)
    await here.go("/audio")
    for number, (name, samples) in enumerate((("Rain", sound(*PIECES)), ("Snow", sound((2.0, 700.0, 0.3)))), 1):
        content: Any = {"name": f"{name}.wav", "mimeType": "audio/wav", "buffer": tones.written(samples, rate=44100)}
        await here.page.set_input_files("[data-files]", content)
        await expect(here.page.locator(RECORDS)).to_have_count(number)
    return here


async def opened(here: Tab, title: str = "Rain") -> Locator:
    """The form of a recording, opened below it."""
    await here.page.get_by_role("link", name=f"Edit “{title}”").click()
    form = here.page.locator("[data-edit-form]")
    await expect(form).to_be_visible()
    await here.until(
        "(() => { const c = document.querySelector('[data-edit-wave] canvas');"
        " return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(Boolean) })()"
    )
    return form


async def test_a_part_is_chosen_heard_and_kept_as_another_recording(tab: Opener, ada: UserId, connection: Any) -> None:
    here = await with_recordings(tab, ada)
    form = await opened(here)
    await expect(here.page.get_by_role("link", name="Edit “Rain”")).to_have_attribute("aria-expanded", "true")
    box = await form.locator("[data-edit-wave]").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    await here.page.mouse.move(box["x"] + box["width"], middle)
    await here.page.mouse.down()
    await here.page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=4)
    await here.page.mouse.up()
    assert float(await form.get_by_label("Ends at").input_value()) == pytest.approx(3.6, abs=0.1)
    start = form.get_by_role("slider", name="Start of the part")
    for _ in range(10):
        await start.press("ArrowRight")
    await start.press("PageUp")
    assert float(await form.get_by_label("Starts at").input_value()) == pytest.approx(1.2, abs=0.03)
    assert "1.2" in (await start.get_attribute("aria-valuetext") or "")
    await expect(form.locator("[data-length]")).to_have_text(re.compile(r"^0:02\.[345] of 0:06\.0 left$"))
    await form.get_by_label("Fade out over").fill("0.5")
    await form.get_by_role("button", name="Listen before saving").click()
    await expect(form).to_have_attribute("data-sounding", "true")
    await expect(form.locator("[data-at]")).to_be_visible()
    await expect(form).to_have_attribute("data-sounding", "false")  # it ends with the part
    await form.get_by_role("button", name="Save as a new recording").click()
    await expect(here.page.get_by_text("The edited recording is in the list.")).to_be_visible()
    await expect(here.page.locator(RECORDS)).to_have_count(3)
    await expect(here.page.locator(RECORDS).first.locator("h2")).to_have_text("Rain (edited)")
    row = await connection.fetchrow("select duration from audio_records where edited_from is not null")
    assert row["duration"] == pytest.approx(2.4, abs=0.15)


async def test_what_is_heard_before_saving_has_its_level_and_its_limits(tab: Opener, ada: UserId) -> None:
    here = await with_recordings(tab, ada)
    await here.page.evaluate(
        """() => {
          window.loudness = [];
          const made = AudioContext.prototype.createGain;
          AudioContext.prototype.createGain = function () {
            const gain = made.call(this);
            const set = gain.gain.setTargetAtTime;
            gain.gain.setTargetAtTime = function (value, ...rest) {
              window.loudness.push(value);
              return set.call(this, value, ...rest);
            };
            return gain;
          };
        }"""
    )
    form = await opened(here)
    await form.get_by_label("Starts at").fill("1")
    await form.get_by_label("Ends at").fill("2.5")
    await form.get_by_label("Fade in over").fill("1")
    await form.get_by_label("Louder or quieter by").fill("-6")
    await form.get_by_role("button", name="Listen before saving").click()
    await expect(form).to_have_attribute("data-sounding", "true")
    await expect(form).to_have_attribute("data-sounding", "false")
    levels = await here.page.evaluate("window.loudness")
    assert min(levels) < 0.1
    assert max(levels) == pytest.approx(10 ** (-6 / 20), abs=0.01)
    assert levels.index(max(levels)) > len(levels) / 3
    assert await here.page.evaluate("[...document.querySelectorAll('audio')].every((each) => each.paused)")


async def test_a_recording_is_joined_and_silence_removed_by_a_form_that_tells_what_is_wrong(
    tab: Opener, ada: UserId, connection: Any
) -> None:
    here = await with_recordings(tab, ada, size=PHONE)
    form = await opened(here)
    await form.get_by_label("Put behind it").select_option(label="Snow")
    await expect(form.get_by_text("The joined recording is not played here.")).to_be_visible()
    await form.get_by_label("Cut off silence at both ends").check()
    await form.get_by_label("Louder or quieter by").fill("30")
    await form.get_by_label("Title of the new recording").fill("Both")
    await form.get_by_role("button", name="Save as a new recording").click()
    problem = here.page.locator("[data-summary] a")
    await expect(problem).to_contain_text("So much gain would distort the sound: at most")
    here.troubles.clear()  # the browser notes the status 422
    await problem.click()
    gain = here.page.get_by_label("Louder or quieter by")
    await expect(gain).to_be_focused()
    await expect(here.page.get_by_label("Cut off silence at both ends")).to_be_checked()
    await gain.fill("3")
    await here.page.get_by_role("button", name="Save as a new recording").click()
    await expect(here.page.locator(RECORDS)).to_have_count(3)
    row = await connection.fetchrow("select title, duration from audio_records where edited_from is not null")
    assert row["title"] == "Both"
    assert row["duration"] == pytest.approx(4.2 + 2.0, abs=0.1)


async def test_edges_move_by_keys_and_by_a_press_beside_them(tab: Opener, ada: UserId) -> None:
    here = await with_recordings(tab, ada)
    form = await opened(here, "Snow")
    start, end = (form.get_by_role("slider", name=f"{edge} of the part") for edge in ("Start", "End"))
    await start.press("ArrowRight")
    await start.press("ArrowUp")
    assert await form.get_by_label("Starts at").input_value() == "0.10"  # 50 ms each, however short the sound
    await end.press("PageDown")
    assert await form.get_by_label("Ends at").input_value() == "1.50"
    wave = form.locator("[data-edit-wave]")
    box = await wave.bounding_box()
    assert box is not None
    await wave.click(position={"x": box["width"] * 0.25, "y": 10})
    assert float(await form.get_by_label("Starts at").input_value()) == pytest.approx(0.5, abs=0.02)
    await expect(start).to_be_focused()
    await start.press("End")
    assert await form.get_by_label("Starts at").input_value() == "1.45", "edges never cross"


async def test_one_form_is_open_at_a_time_and_goes_without_a_trace(tab: Opener, ada: UserId) -> None:
    here = await with_recordings(tab, ada)
    await opened(here)
    await opened(here, "Snow")
    await expect(here.page.locator("[data-edit-form]")).to_have_count(1)
    await expect(here.page.get_by_role("link", name="Edit “Rain”")).to_have_attribute("aria-expanded", "false")
    await here.page.get_by_role("link", name="Cancel").click()
    await expect(here.page.locator("[data-edit-form]")).to_have_count(0)
    await expect(here.page.get_by_role("link", name="Edit “Snow”")).to_be_focused()


async def test_an_open_form_stays_while_another_recording_arrives(tab: Opener, ada: UserId) -> None:
    here = await with_recordings(tab, ada)
    form = await opened(here)
    await form.get_by_label("Starts at").fill("1.5")
    hail: Any = {
        "name": "Hail.wav", "mimeType": "audio/wav", "buffer": tones.written(sound((1.0, 900.0, 0.2)), rate=44100)
    }  # fmt: skip
    await here.page.set_input_files("[data-files]", hail)
    await expect(here.page.locator("[data-said]")).to_have_text("Hail.wav is ready")
    assert await form.get_by_label("Starts at").input_value() == "1.5"
    await here.page.get_by_role("link", name="Cancel").click()
    await expect(here.page.locator(RECORDS)).to_have_count(3)
