"""From a finished upload to a video ready to watch."""

from pathlib import Path
from typing import Any

import pytest

from efir.application.context import Ports
from efir.domain.jobs import Queue
from efir.domain.kernel.ids import VideoId
from kit import clips
from kit.published_videos import Published, shown, worked

pytestmark = pytest.mark.sampled(every=2)


@pytest.mark.parametrize("clip", [clips.h264, clips.webm])
async def test_a_source_becomes_a_ladder_a_plain_file_a_poster_and_a_storyboard(
    ports: Ports, publish: Published, clip: Any, connection: Any
) -> None:
    video = await publish(clip())
    assert video.state == "uploaded"
    told = await worked(ports)
    found = await shown(ports, video.id)
    assert found.state == "ready", told
    assert {event.split(" ", 1)[1] for event in told} == {"job started None", "job done None"}
    assert (found.width, found.height) == (640, 360)
    assert found.duration == pytest.approx(3, abs=0.1)
    assert found.hls
    assert found.poster
    assert found.storyboard
    assert found.mp4_heights == [360]
    async with ports.read() as views:
        renditions = await views.renditions.list_by_video(VideoId(video.id), 1)
    listed = {row.name for row in renditions if row.listed}
    assert listed == {"360p", "240p", "audio"}
    assert await connection.fetchval("select count(*) from jobs where state <> 'done'") == 0


async def test_a_file_that_is_no_video_fails_with_a_reason(ports: Ports, publish: Published, tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("this is not a video " * 100)
    video = await publish(text)
    await worked(ports)
    found = await shown(ports, video.id)
    assert (found.state, found.failure_code) == ("failed", "media-format-refused")
    assert found.failure_detail


async def test_a_copied_video_has_a_poster_before_its_ladder(ports: Ports, publish: Published) -> None:
    video = await publish(clips.h264())
    await worked(ports, Queue.FAST)
    found = await shown(ports, video.id)
    assert (found.state, found.hls, found.poster) == ("playable", True, True)
    await worked(ports)
    assert (await shown(ports, video.id)).state == "ready"
