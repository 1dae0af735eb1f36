"""Uploading as people do it: drop a file, lose the network, reload, come back, watch."""

import asyncio
import base64
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Request, Route, expect

from efir.domain.kernel.ids import UserId
from kit import clips
from kit.fixtures.pages import PHONE, Opener, Tab
from kit.relay import after_bytes, relay

pytestmark = pytest.mark.browser

Stored = Callable[[], Awaitable[list[tuple[str, bytes]]]]

SLOW = 1_000_000  # bytes a second
SIZE = 6_000_000
RECEIVED = "[data-card] [data-edit]:not([hidden])"  # on the server as a video, whatever comes of it
DROP = """([name, type, text]) => {
    const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name, {type}));
    for (const kind of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: transfer}));
}"""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short real video."""
    path = tmp_path_factory.mktemp("sample") / "my_first-film.mp4"
    shutil.copy(clips.h264(seconds=8, size="320x180", rate=25), path)
    return path


@pytest.fixture(scope="module")
def content(sample: Path) -> str:
    """Its bytes, as a script can take them."""
    return base64.b64encode(sample.read_bytes()).decode()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that takes some seconds on a slow line."""
    path = tmp_path / "large.mp4"
    path.write_bytes(os.urandom(SIZE))
    return path


@asynccontextmanager
async def slow_line(here: Tab) -> AsyncIterator[None]:
    """Throttle what the tab sends."""
    session = await here.context.new_cdp_session(here.page)
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": SLOW}
    await session.send("Network.emulateNetworkConditions", conditions)
    yield
    await session.send("Network.emulateNetworkConditions", conditions | {"uploadThroughput": -1})


async def begun(here: Tab, file: Path) -> None:
    """Choose a file and wait until some of it is on the server."""
    await here.page.set_input_files("[data-files]", file)
    await here.until("document.querySelector('[data-card] progress')?.value > 0.2")


def offsets(here: Tab) -> list[int]:
    """Where the pieces began that the tab sends from now on."""
    seen: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH" and "/uploads/" in request.url:
            seen.append(int(request.headers["upload-offset"]))

    here.page.on("request", note)
    return seen


@pytest.fixture
def stored(connection: Any, data_dir: Path) -> Stored:
    """Title of every video, and the digest of the file behind it."""

    async def read() -> list[tuple[str, bytes]]:
        rows = await connection.fetch("select title, source_key from videos order by title")
        return [(row[0], digest(source(row[1]))) for row in rows]

    def source(key: str) -> Path:
        return next(data_dir.rglob(key.rpartition("/")[2]))

    return read


async def late(route: Route) -> None:
    """Let a request wait, so that people are faster than a script."""
    await asyncio.sleep(1)
    await route.continue_()


def digest(path: Path) -> bytes:
    """What the server must hold of a file."""
    return hashlib.sha256(path.read_bytes()).digest()


@pytest.mark.usefixtures("worker")
async def test_a_dropped_file_is_uploaded_processed_and_watched(
    tab: Opener, ada: UserId, sample: Path, content: str
) -> None:
    here = await tab(who=ada)
    await here.go("/upload")
    await here.page.evaluate(DROP, [sample.name, "video/mp4", content])
    card = here.page.locator("[data-card]")
    await expect(card.get_by_label("Title")).to_have_value("my first-film")
    await card.get_by_label("Title").fill("My film")
    await card.get_by_role("button", name="Publish").click()
    await expect(card.locator("[data-thumb] img")).to_be_visible()
    await expect(card.locator("[data-stages] [data-state=done]").first).to_be_visible(timeout=30_000)
    await card.get_by_role("link", name="Watch").click(timeout=60_000)

    page = here.page
    await expect(page.locator("h1")).to_have_text("My film")
    await page.get_by_role("button", name="Play").first.click()
    await here.until("document.querySelector('video').currentTime > 0.5")
    assert await page.evaluate("document.querySelector('video').videoWidth") > 0
    await page.keyboard.press("k")
    assert await page.evaluate("document.querySelector('video').paused")
    await page.keyboard.press("5")
    await here.until("Math.abs(document.querySelector('video').currentTime - 4) < 0.3")
    await page.keyboard.press("m")
    assert await page.evaluate("document.querySelector('video').muted")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Quality and speed").click()
    await page.get_by_label("1.5×").check()
    assert await page.evaluate("document.querySelector('video').playbackRate") == 1.5

    await page.keyboard.press("Escape")
    await page.reload()
    await expect(page.get_by_text("Continued from 0:0")).to_be_visible()
    assert await page.evaluate("document.querySelector('video').currentTime") > 3
    stranger = await tab(size=PHONE)
    await stranger.page.route("**/vendor/hls*", late)
    await stranger.go("/")
    await stranger.page.get_by_role("link", name="My film").click()
    await stranger.page.get_by_role("button", name="Play").first.click()
    await stranger.until("document.querySelector('video').currentTime > 0.3")


@pytest.mark.slow
@pytest.mark.usefixtures("worker")
async def test_a_ready_video_shows_its_pictures_and_plays_without_scripts(
    tab: Opener, ada: UserId, sample: Path
) -> None:
    here = await tab(who=ada)
    await here.go("/upload")
    await here.page.set_input_files("[data-files]", sample)
    await here.page.locator("[data-card][data-state=ready]").wait_for(timeout=60_000)
    path = await here.page.locator("[data-watch]").get_attribute("href")
    await here.page.get_by_role("button", name="Publish").click()
    await expect(here.page.get_by_text("Saved")).to_be_visible()
    await here.page.emulate_media(reduced_motion="no-preference")
    await here.go("/")
    await here.page.get_by_role("link", name="my first-film").hover()
    await expect(here.page.locator("[data-card] .strip.is-on")).to_be_visible()
    await here.go(path or "")
    await here.page.get_by_label("Position").hover()
    await expect(here.page.locator("[data-shot]")).to_be_visible()
    plain = await tab(who=ada, java_script_enabled=False)
    await plain.go(path or "")
    assert await plain.page.get_attribute("video", "controls") is not None
    source = await plain.page.get_attribute("video source", "src")
    answer = await plain.context.request.get(plain.site + (source or ""), headers={"range": "bytes=0-99"})
    assert (answer.status, answer.headers["content-type"]) == (206, "video/mp4")


async def test_an_upload_goes_on_after_a_reload(tab: Opener, stored: Stored, ada: UserId, large: Path) -> None:
    here = await tab(who=ada)
    await here.go("/upload")
    async with slow_line(here):
        await begun(here, large)
        await here.page.get_by_label("Title").fill("After the storm")
        here.page.on("dialog", lambda dialog: dialog.accept())
        await here.page.reload()
        await expect(here.page.get_by_text("Choose the same file to go on from")).to_be_visible()
        await expect(here.page.get_by_label("Title")).to_have_value("After the storm")
    sent = offsets(here)
    await here.page.set_input_files("[data-files]", large)
    await here.page.locator(RECEIVED).wait_for()
    assert sent[0] > SIZE // 10, "it began again instead of going on"
    assert await stored() == [("After the storm", digest(large))]


@pytest.mark.slow
async def test_an_upload_survives_connections_that_break(
    tab: Opener, stored: Stored, ada: UserId, site: str, large: Path
) -> None:
    with relay(urlsplit(site).port or 0, after_bytes(SIZE // 3, SIZE // 6)) as line:
        here = await tab(who=ada, site=f"http://127.0.0.1:{line.port}")
        await here.go("/upload")
        sent = offsets(here)
        await here.page.set_input_files("[data-files]", large)
        await expect(here.page.get_by_text("Connection lost. Next try in")).to_be_visible()
        await here.page.locator(RECEIVED).wait_for()
        await here.page.goto("about:blank")  # or the end of the relay would cut its event stream
    assert line.cuts == 2
    assert len(sent) > 1
    assert sent == sorted(sent)
    assert sent[-1] > 0
    assert await stored() == [("large", digest(large))]
    here.troubles.clear()  # the browser notes each connection that broke


@pytest.mark.slow
async def test_an_upload_waits_while_there_is_no_network(tab: Opener, stored: Stored, ada: UserId, large: Path) -> None:
    here = await tab(who=ada)
    await here.go("/upload")
    await here.context.set_offline(True)
    await here.page.set_input_files("[data-files]", large)
    await expect(here.page.get_by_text("No connection. Goes on by itself")).to_be_visible()
    await here.context.set_offline(False)
    await here.page.locator(RECEIVED).wait_for()
    assert await stored() == [("large", digest(large))]
    here.troubles.clear()  # the browser notes each request it could not make


@pytest.mark.slow
async def test_an_upload_can_be_paused_and_cancelled(tab: Opener, stored: Stored, ada: UserId, large: Path) -> None:
    here = await tab(who=ada)
    await here.go("/upload")
    async with slow_line(here):
        await begun(here, large)
        await here.page.get_by_role("button", name="Pause").click()
        await expect(here.page.get_by_text("Paused")).to_be_visible()
        before = await here.page.locator("[data-card] progress").get_attribute("value")
        await here.page.get_by_role("button", name="Resume").click()
        await here.until(f"document.querySelector('[data-card] progress').value > {before}")
        await here.page.get_by_role("button", name="Cancel", exact=True).click()
        dialog = here.page.get_by_role("dialog", name="Cancel this upload?")
        await dialog.get_by_role("button", name="Keep uploading").click()
        await expect(here.page.locator("[data-card]")).to_have_count(1)
        await here.page.get_by_role("button", name="Cancel", exact=True).click()
        await dialog.get_by_role("button", name="Cancel the upload").click()
        await expect(here.page.locator("[data-card]")).to_have_count(0)
    assert await stored() == []
    await here.page.reload()
    await expect(here.page.locator("[data-card]")).to_have_count(0)


@pytest.mark.slow
async def test_several_files_travel_two_at_a_time(tab: Opener, stored: Stored, ada: UserId, tmp_path: Path) -> None:
    here = await tab(who=ada)
    await here.go("/upload")
    files = [tmp_path / f"part {number}.mp4" for number in range(4)]
    for file in files:
        file.write_bytes(os.urandom(400_000))
    async with slow_line(here):
        await here.page.set_input_files("[data-files]", files)
        await expect(here.page.locator("[data-card]")).to_have_count(4)
        await expect(here.page.locator("[data-card][data-state=waiting]")).to_have_count(2)
    await expect(here.page.locator(RECEIVED)).to_have_count(4)
    assert await stored() == [(file.stem, digest(file)) for file in files]


async def test_what_is_no_video_is_refused_before_anything_is_sent(tab: Opener, ada: UserId, tmp_path: Path) -> None:
    here = await tab(who=ada)
    await here.go("/upload")
    sent: list[str] = []
    here.page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    for name, content in (("notes.txt", b"text"), ("empty.mp4", b"")):
        (tmp_path / name).write_bytes(content)
    await here.page.set_input_files("[data-files]", [tmp_path / "notes.txt", tmp_path / "empty.mp4"])
    await expect(here.page.get_by_text("notes.txt: This does not look like a video.")).to_be_visible()
    await expect(here.page.get_by_text("empty.mp4: This file is empty.")).to_be_visible()
    assert sent == []


@pytest.mark.slow
async def test_a_file_that_cannot_be_processed_says_why(tab: Opener, ada: UserId, large: Path, worker: None) -> None:
    here = await tab(who=ada)
    await here.go("/upload")
    await here.page.set_input_files("[data-files]", large)
    await here.page.locator("[data-card][data-state=failed]").wait_for(timeout=30_000)
    await expect(here.page.get_by_text("This is not a video file we can read.")).to_be_visible()
    await here.go("/studio")
    await expect(here.page.get_by_text("This is not a video file we can read.")).to_be_visible()
