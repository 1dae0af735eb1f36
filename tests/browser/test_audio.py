"""Recordings in a real browser: sent, recorded from a microphone, heard, shared, deleted."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from efir.domain.kernel.ids import UserId
from kit.audio import waves
from kit.fixtures.pages import Opener, Tab

pytestmark = pytest.mark.browser

RECORDS = "[data-record][data-state=ready]"


async def opened(tab: Opener, who: UserId) -> Tab:
    here = await tab(who=who, permissions=["microphone", "clipboard-read", "clipboard-write"])
    await here.go("/audio")
    return here


@pytest.mark.usefixtures("worker")
async def test_files_are_sent_heard_shared_and_deleted(tab: Opener, ada: UserId, tmp_path: Path) -> None:
    here = await opened(tab, ada)
    page = here.page
    rain, text = tmp_path / "Rain.wav", tmp_path / "text.wav"
    rain.write_bytes(waves.plain(seconds=3))
    text.write_text("no sound")
    await page.set_input_files("[data-files]", [rain, text])
    await expect(page.locator(RECORDS)).to_have_count(1)
    await expect(page.locator("[data-problem-text]")).to_have_text(re.compile("not a WAV file"))
    here.troubles.clear()  # the browser notes the status 415
    await page.get_by_role("button", name="Remove from this list").click()
    record = page.locator(RECORDS)
    await expect(record.locator("h2")).to_have_text("Rain")
    await expect(record.locator("[data-clock]")).to_have_text("0:00 / 0:03")
    drawn = "document.querySelector('canvas').getContext('2d').getImageData(0, 0, 300, 56).data.some(Boolean)"
    await here.until(drawn)
    await record.get_by_role("button", name="Play “Rain”").click()
    await expect(record).to_have_attribute("data-playing", "true")
    await expect(record.locator("[data-clock]")).to_have_text("0:01 / 0:03")
    await record.get_by_role("button", name="Copy link").click()
    await expect(page.get_by_text("The link is copied.")).to_be_visible()
    link = await page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(rf"{here.site}/record\?id=[0-9a-f-]+&user={ada}", link)
    got = await page.request.get(link)
    assert (got.status, got.headers["content-type"]) == (200, "audio/mpeg")
    await record.get_by_role("button", name="Delete “Rain”").click()
    await page.locator("#delete-record [data-confirm]").click()
    await expect(page.get_by_text("The recording is deleted.")).to_be_visible()
    await expect(page.locator(RECORDS)).to_have_count(0)
    assert (await page.request.get(link)).status == 404


@pytest.mark.usefixtures("worker")
async def test_a_take_from_the_microphone_becomes_a_recording(tab: Opener, ada: UserId, connection: Any) -> None:
    here = await opened(tab, ada)
    page = here.page
    await page.get_by_role("button", name="Record from the microphone").press("Enter")
    await expect(page.locator("[data-time]")).to_have_text("0:02")
    assert float(await page.locator("[data-level]").evaluate("meter => meter.value")) > -60
    await page.get_by_role("button", name="Stop").press("Enter")
    await expect(page.locator("[data-preview]")).to_be_visible()
    await page.get_by_label("Title").fill("Первая проба")
    await page.get_by_label("Cut off silence").uncheck()
    await page.get_by_role("button", name="Keep it").press("Enter")
    await expect(page.locator(RECORDS).locator("h2")).to_have_text("Первая проба")
    row = await connection.fetchrow("select duration, loudness_integrated from audio_records")
    assert row["duration"] > 1.5
    assert row["duration"] < 8
    assert row["loudness_integrated"] is not None
    await expect(page.get_by_role("button", name="Record from the microphone")).to_be_visible()


@pytest.mark.slow
async def test_a_waveform_is_moved_by_the_keyboard(tab: Opener, ada: UserId, tmp_path: Path) -> None:
    here = await opened(tab, ada)
    sound = tmp_path / "Rain.wav"
    sound.write_bytes(waves.plain(seconds=3))
    await here.page.set_input_files("[data-files]", sound)
    seek = here.page.get_by_label("Position in “Rain”")
    await seek.press("ArrowRight")
    await seek.press("ArrowRight")
    await expect(here.page.locator("[data-clock]")).to_have_text("0:02 / 0:03")
    assert await seek.get_attribute("aria-valuetext") == "0:02"


@pytest.mark.slow
async def test_a_long_recording_shows_its_conversion(tab: Opener, ada: UserId) -> None:
    here = await tab(who=ada)
    await here.page.route(
        "**/api/v1/audio-records",
        lambda route: route.continue_(headers=route.request.headers | {"prefer": "respond-async"}),
    )
    await here.go("/audio")
    sound = {"name": "Rain.wav", "mimeType": "audio/wav", "buffer": waves.plain(seconds=2)}
    await here.page.set_input_files("[data-files]", sound)  # type: ignore[arg-type]  # a plain dictionary does
    await expect(here.page.locator("[data-dial-left]").first).to_have_text("Being converted")
