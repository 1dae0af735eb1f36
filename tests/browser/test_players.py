"""Players of others show a video in Chromium: while its first list still grows, and when it is ready."""

from pathlib import Path
from typing import Any

import pytest

from efir.application.context import Ports
from efir.application.jobs.engine import run_next
from efir.bootstrap.wiring.work import WORK
from efir.domain.jobs import Queue
from efir.drivers.web.kernel.templates import HERE
from kit import clips, npm
from kit.fixtures.pages import Opener
from kit.published_videos import publisher, shown, worked

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CONFORMANCE = Path(__file__).parents[1] / "conformance"
SCRIPTS = {
    "hls.js": lambda: HERE / "static" / "vendor" / "hls.min.js",
    "shaka": lambda: npm.modules(CONFORMANCE) / "shaka-player" / "dist" / "shaka-player.compiled.js",
}
BEGIN = {
    "hls.js": """async (address) => {
        const player = new Hls();
        player.on(Hls.Events.ERROR, (_, problem) => problem.fatal && trouble(problem.details));
        player.loadSource(address);
        player.attachMedia(video);
    }""",
    "shaka": """async (address) => {
        shaka.polyfill.installAll();
        const player = new shaka.Player();
        player.addEventListener("error", ({ detail }) => trouble(`shaka ${detail.code}`));
        await player.attach(video);
        await player.load(address);
    }""",
}
STAGE = """() => {
    document.body.replaceChildren(window.video = document.createElement("video"));
    window.troubles = [];
    window.trouble = (text) => window.troubles.push(text);
    Object.assign(video, { muted: true, autoplay: true });
    video.addEventListener("canplay", () => { video.playbackRate = 8; video.play(); });
}"""
PAST = "video.ended || video.currentTime > {}"


@pytest.mark.parametrize("player", SCRIPTS)
@pytest.mark.parametrize("copied", [True, False], ids=["copied", "encoded"])
async def test_a_player_begins_before_everything_is_there_and_comes_to_the_end(
    tab: Opener, ports: Ports, connection: Any, ada: Any, player: str, *, copied: bool
) -> None:
    clip = (clips.h264 if copied else clips.webm)(seconds=50, size="320x180", rate=10)
    video = await publisher(ports, ada, connection)(clip)
    await worked(ports, Queue.FAST)
    if not copied:
        assert await run_next(ports, WORK.jobs, queue=Queue.MEDIA, worker="w", told=lambda *_: None)
    assert (await shown(ports, video.id)).state == "playable"
    here = await tab(bypass_csp=True)
    await here.go("/login")
    await here.page.evaluate(STAGE)
    await here.page.add_script_tag(path=SCRIPTS[player]())
    await here.page.evaluate(BEGIN[player], f"{here.site}/media/v/{video.id}/1/master.m3u8")
    await here.until(PAST.format(15), seconds=60)
    await worked(ports)
    assert (await shown(ports, video.id)).state == "ready"
    await here.until(PAST.format(49), seconds=60)
    await here.page.evaluate(STAGE)
    await here.page.evaluate(BEGIN[player], f"{here.site}/media/v/{video.id}/1/master.m3u8")
    await here.until(PAST.format(49), seconds=60)
    assert await here.page.evaluate("troubles") == []
