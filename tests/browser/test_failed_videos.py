"""What an owner sees of a video that failed, live: the reason, what may help, and what comes of it."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from efir.application.context import Ports
from efir.domain.kernel.ids import UserId
from efir.domain.videos.video import VideoState
from kit.fixtures.pages import Opener
from kit.pages.seeds import a_video

pytestmark = pytest.mark.browser


@pytest.mark.slow
@pytest.mark.parametrize("state", [VideoState.FAILED, VideoState.PLAYABLE])
async def test_a_video_that_is_tried_again_shows_live_what_comes_of_it(
    tab: Opener, ports: Ports, ada: UserId, worker: None, state: VideoState
) -> None:
    video = await a_video(ports, ada, "Halfway there", state, failure="media-work-stalled")
    here = await tab(who=ada)
    await here.go("/studio")
    row = here.page.locator(f"[data-video='{video}']")
    await expect(row.get_by_text("Processing made no progress and was stopped.")).to_be_visible()
    await expect(row.get_by_role("link", name="Upload another file")).to_have_count(0)
    await row.get_by_role("button", name="Try again").click()
    await expect(row.get_by_text("The uploaded file is no longer on the server.")).to_be_visible()
    await expect(row.get_by_role("button", name="Try again")).to_have_count(0)
    await row.get_by_role("link", name="Upload another file").click()
    await expect(here.page.get_by_role("heading", name="Upload videos")).to_be_visible()


@pytest.mark.slow
async def test_the_card_of_a_refused_file_offers_to_choose_another(
    tab: Opener, ada: UserId, worker: None, tmp_path: Path
) -> None:
    (tmp_path / "letter.mp4").write_text("Dear reader, this is a letter. " * 100)
    here = await tab(who=ada)
    await here.go("/upload")
    await here.page.set_input_files("[data-files]", tmp_path / "letter.mp4")
    card = here.page.locator("[data-card][data-state=failed]")
    await card.wait_for(timeout=30_000)
    await expect(card.get_by_text("The video could not be processed")).to_be_visible()
    await expect(card.get_by_role("button", name="Process again")).to_be_hidden()
    async with here.page.expect_file_chooser() as chooser:
        await card.get_by_role("button", name="Choose another file").click()
    assert (await chooser.value).is_multiple()


@pytest.mark.slow
async def test_a_card_whose_video_stopped_processes_it_again(
    tab: Opener, ports: Ports, ada: UserId, worker: None
) -> None:
    video = await a_video(ports, ada, "Halfway there", VideoState.PLAYABLE, failure="rendition-damaged")
    here = await tab(who=ada)
    await here.go("/upload")
    note = f'{{"name": "halfway.mp4", "size": 9, "at": 1, "video": "{video}", "wanted": true, "saved": "public"}}'
    key = f"efir.upload.{ada}.halfway.mp4.9.1"
    await here.page.evaluate("([key, note]) => localStorage.setItem(key, note)", [key, note])
    await here.page.reload()
    card = here.page.locator("[data-card][data-state=stopped]")
    await expect(card.get_by_text("Some of the video could not be made")).to_be_visible()
    await expect(card.get_by_text("What was made of the file did not pass its check.")).to_be_visible()
    await expect(card.get_by_role("link", name="Watch")).to_be_visible()
    await card.get_by_role("button", name="Process again").click()
    await expect(card.get_by_text("The uploaded file is no longer on the server.")).to_be_visible()
    await expect(card.get_by_role("button", name="Choose another file")).to_be_visible()
    await expect(card.get_by_role("button", name="Process again")).to_be_hidden()
