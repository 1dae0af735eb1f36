"""What stopped can go on, and loses nothing by it."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from efir.application.context import Ports
from efir.application.jobs.engine import run_next
from efir.application.processing.progress import Processing, get_processing
from efir.application.processing.reprocessing import retry_video
from efir.bootstrap.wiring.work import WORK
from efir.domain.jobs import Queue
from efir.domain.kernel.ids import UserId, VideoId
from efir.domain.processing.source_facts import MediaUnreadable, MediaWorkFailed, RenditionDamaged
from efir.domain.videos.video import VideoInProgress, VideoNotRetryable
from efir.drivers.workers.actors import handlers_of
from efir.ports.videos.renditions import RenditionFacts
from kit.media.commanded import failing, long_clip
from kit.playlists import Lists, addresses, text_at
from kit.published_videos import Published, shown, worked

pytestmark = pytest.mark.sampled(every=5)

EITHER = pytest.mark.parametrize("copied", [True, False], ids=["copied", "encoded"])


async def all_worked(ports: Ports, connection: Any) -> list[str]:
    """Do everything, also what waits for its next attempt."""
    told: list[str] = []
    for _ in range(10):
        await connection.execute("update jobs set run_at = now() where state = 'ready'")
        done = await worked(ports)
        told += done
        if not done:
            break
    return told


async def one(ports: Ports, queue: Queue) -> None:
    """Do the next job of a queue."""
    assert await run_next(ports, handlers_of(queue, WORK.jobs), queue=queue, worker="test", told=lambda *_: None)


async def again(ports: Ports, owner: UserId, video_id: UUID) -> Any:
    return await retry_video(ports, video_id=VideoId(video_id), owner=owner, now=ports.clock())


async def processing(ports: Ports, owner: UserId, video_id: UUID) -> Processing:
    return await get_processing(ports, video_id=VideoId(video_id), owner=owner, now=ports.clock())


async def renditions(ports: Ports, video_id: UUID) -> dict[str, RenditionFacts]:
    async with ports.read() as views:
        return {row.name: row for row in await views.renditions.list_by_video(VideoId(video_id), 1)}


@EITHER
@pytest.mark.parametrize("work", ["chunk", "check"])
@pytest.mark.parametrize("fault", [MediaUnreadable, MediaWorkFailed, RuntimeError])
async def test_what_can_be_watched_stays_so_when_the_rest_fails_and_is_completed_later(
    told: Ports, publish: Published, owner: UserId, connection: Any, work: str, fault: type[Exception], *, copied: bool
) -> None:
    video = await publish(long_clip(copied=copied))
    lists = Lists(told, video.id)
    failing(**{work: [fault("told to") for _ in range(12)]})
    await all_worked(told, connection)
    before = await shown(told, video.id)
    assert (before.state, bool(before.failure_code)) == ("playable", True)
    await lists.look(1)
    report = await processing(told, owner, video.id)
    assert (report.ended, report.eta) == (True, None)
    assert report.failure is not None
    assert report.failure.retryable is (work == "check" or fault is not MediaUnreadable)
    failing()
    retried = await again(told, owner, video.id)
    assert (retried.state, retried.failure) == ("playable", None)
    assert retried.playback is not None
    assert not (await processing(told, owner, video.id)).ended
    with pytest.raises(VideoInProgress):
        await again(told, owner, video.id)
    await lists.look(1)
    events = await all_worked(told, connection)
    after = await shown(told, video.id)
    assert (after.state, after.failure_code, after.generation) == ("ready", None, 1), events
    await lists.look(1)
    assert {name for name, row in (await renditions(told, video.id)).items() if row.listed} == {"240p", "audio"}
    with pytest.raises(VideoNotRetryable):
        await again(told, owner, video.id)


async def test_of_two_retries_at_once_one_is_refused_and_nothing_is_planned_twice(
    told: Ports, publish: Published, owner: UserId, connection: Any
) -> None:
    video = await publish(long_clip(copied=True))
    failing(chunk=[MediaUnreadable()])
    await all_worked(told, connection)
    failing()
    tries = [again(told, owner, video.id) for _ in range(4)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(answer) for answer in answers].count(VideoInProgress) == 3
    units = "select count(*), count(distinct (generation, kind, ordinal)) from jobs"
    assert len(set(await connection.fetchrow(units))) == 1
    await all_worked(told, connection)
    assert (await shown(told, video.id)).state == "ready"


async def test_a_refused_file_is_refused_again_for_the_same_reason(
    told: Ports, publish: Published, owner: UserId, connection: Any, tmp_path: Path
) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("this is not a video " * 100)
    video = await publish(text)
    for _ in range(2):
        await all_worked(told, connection)
        found = await shown(told, video.id)
        assert (found.state, found.failure_code) == ("failed", "media-format-refused")
        report = await processing(told, owner, video.id)
        assert report.failure is not None
        assert (report.ended, report.failure.retryable) == (True, False)
        assert (await again(told, owner, video.id)).state == "uploaded"


@pytest.mark.parametrize("lost", ["delete from jobs", "update jobs set facts = '{}' where kind <> 'probe_video'"])
@EITHER
async def test_a_video_without_usable_jobs_is_planned_anew_and_can_be_watched_meanwhile(
    told: Ports, publish: Published, owner: UserId, connection: Any, lost: str, *, copied: bool
) -> None:
    video = await publish(long_clip(copied=copied))
    failing(check=[MediaWorkFailed(), MediaWorkFailed()])
    await all_worked(told, connection)
    await connection.execute(lost)
    assert (await processing(told, owner, video.id)).ended
    await again(told, owner, video.id)
    lists = Lists(told, video.id)
    await lists.look(1)
    await worked(told, Queue.FAST)
    assert (await shown(told, video.id)).state == "playable"
    await worked(told)
    await lists.look(1)
    found = await shown(told, video.id)
    assert (found.state, found.generation) == ("ready", 1)


async def test_a_video_whose_upload_is_lost_asks_for_it_again(
    told: Ports, publish: Published, owner: UserId, connection: Any
) -> None:
    video = await publish(long_clip(copied=True))
    failing(chunk=[MediaWorkFailed() for _ in range(6)])
    await all_worked(told, connection)
    async for blob in told.blobs.list():
        if blob.key.startswith("src/"):
            await told.blobs.delete(blob.key)
    await again(told, owner, video.id)
    await all_worked(told, connection)
    report = await processing(told, owner, video.id)
    assert (report.state, report.failure and report.failure.code) == ("playable", "source-missing")
    assert report.failure is not None
    assert not report.failure.retryable


async def test_copied_sound_that_fails_its_check_is_encoded_instead(
    told: Ports, publish: Published, owner: UserId, connection: Any
) -> None:
    video = await publish(long_clip(copied=True))
    lists = Lists(told, video.id)
    failing(check=[RenditionDamaged("told to", track="first_audio")])
    await worked(told)
    await lists.look(1)
    found = await shown(told, video.id)
    assert found.state == "ready"
    rows = await renditions(told, video.id)
    assert (rows["first_audio"].listed, rows["audio"].listed) == (False, True)
    early = await text_at(told, video.id, 1, "first_audio/index.m3u8")
    assert not set(addresses(early)) & set(addresses(await text_at(told, video.id, 1, "audio/index.m3u8")))
    assert await connection.fetchval("select count(*) from jobs where kind = 'encode_audio' and state = 'done'") == 1


@pytest.mark.parametrize("fault", [MediaUnreadable, RenditionDamaged])
async def test_sound_that_cannot_be_copied_is_encoded(
    told: Ports, publish: Published, connection: Any, fault: type[Exception]
) -> None:
    video = await publish(long_clip(copied=True))
    failing(copy=[fault("told to"), fault("told to")])
    await all_worked(told, connection)
    assert (await shown(told, video.id)).state == "ready"
    assert {name for name, row in (await renditions(told, video.id)).items() if row.listed} == {"240p", "audio"}


async def test_sound_that_cannot_be_decoded_is_the_reason_told(
    told: Ports, publish: Published, owner: UserId, connection: Any
) -> None:
    video = await publish(long_clip(copied=False))
    failing(audio=[MediaUnreadable()])
    await all_worked(told, connection)
    report = await processing(told, owner, video.id)
    assert (report.state, report.failure and report.failure.code) == ("failed", "media-sound-unreadable")
    assert await connection.fetchval("select count(*) from jobs where state in ('ready','running','blocked')") == 0


async def test_every_damaged_part_is_made_again_but_none_for_ever(
    told: Ports, publish: Published, owner: UserId, connection: Any
) -> None:
    video = await publish(long_clip(copied=False))
    damage = [RenditionDamaged("told to", track="240p", ordinal=ordinal) for ordinal in (0, 7, 12)]
    failing(check=[*damage, RenditionDamaged("told to", track="first_audio")])
    await worked(told)
    assert (await shown(told, video.id)).state == "ready"
    other = await publish(long_clip(copied=False))
    failing(check=[RenditionDamaged("told to", track="240p", ordinal=7) for _ in range(20)])
    told_so = await all_worked(told, connection)
    found = await shown(told, other.id)
    assert (found.state, found.failure_code) == ("playable", "rendition-damaged")
    assert sum("encode_chunk job done" in event for event in told_so) == 3 + 1


@pytest.mark.parametrize("track", ["240p", "first_audio"])
async def test_what_the_store_lost_is_made_again(told: Ports, publish: Published, connection: Any, track: str) -> None:
    video = await publish(long_clip(copied=False))
    failing(check=[RuntimeError()])
    await worked(told)
    async for blob in told.blobs.list():
        if blob.key.startswith(f"vid/{video.id}/1/{track}/00001-"):
            await told.blobs.delete(blob.key)
    await all_worked(told, connection)
    assert (await shown(told, video.id)).state == "ready"


@EITHER
@pytest.mark.parametrize("watched", [True, False], ids=["watched", "not yet"])
async def test_jobs_planned_by_an_earlier_version_are_planned_anew(
    told: Ports, publish: Published, connection: Any, *, copied: bool, watched: bool
) -> None:
    """An update in the middle of processing: facts that this version needs are not in what the other one wrote."""
    video = await publish(long_clip(copied=copied))
    await one(told, Queue.FAST)
    if watched:
        await worked(told, Queue.FAST)
        await one(told, Queue.MEDIA)
        assert (await shown(told, video.id)).state == "playable"
    await connection.execute(
        "update jobs set facts = facts #- '{facts,origin}' where facts ? 'plan' and state <> 'done'"
    )
    await all_worked(told, connection)
    found = await shown(told, video.id)
    assert (found.state, found.failure_code) == ("ready", None)
