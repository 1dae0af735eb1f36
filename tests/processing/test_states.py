"""Whatever becomes of a video's jobs, in whatever order: it says what is true, and can go on."""

import asyncio
import operator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from efir.application.context import Ports
from efir.application.jobs.engine import reconcile, run_next
from efir.application.processing.progress import get_processing
from efir.application.processing.reprocessing import retry_video
from efir.application.videos.videos import delete_video
from efir.bootstrap.wiring.work import WORK
from efir.domain.jobs import LeaseLost, Queue
from efir.domain.kernel.errors import Unavailable
from efir.domain.kernel.ids import UserId, VideoId
from efir.domain.processing.source_facts import MediaSoundUnreadable, MediaUnreadable, MediaWorkFailed, RenditionDamaged
from efir.domain.videos.video import VideoInProgress, VideoNotFound, VideoNotRetryable
from efir.drivers.workers.actors import handlers_of
from kit.media.commanded import bound, long_clip
from kit.playlists import Lists
from kit.published_videos import Published, shown

FAULTS = {
    "ok": None,
    "input": MediaUnreadable(),
    "engine": MediaWorkFailed("told to"),
    "passing": Unavailable(),
    "sound": RenditionDamaged("told to", track="first_audio"),
    "place": RenditionDamaged("told to", track="240p", ordinal=7),
    "whole": RenditionDamaged("told to", track="240p"),
}
AT_WORK = "state in ('ready','running')"


@dataclass
class Life:
    """One video whose jobs are run by hand."""

    ports: Ports
    connection: Any
    owner: UserId
    video_id: UUID
    lists: Lists
    running: list[tuple[asyncio.Future[Exception | None], asyncio.Task[None]]] = field(default_factory=list)
    watchable: bool = False
    deleted: bool = False
    errors: set[type] = field(default_factory=set)

    async def begin(self, which: int) -> None:
        """Let a worker take one of the jobs that are ready, and pause in the midst of it."""
        sql = "select id, queue from jobs where state = 'ready' and subject = $1 order by kind, ordinal"
        ready = await self.connection.fetch(sql, self.video_id)
        if not ready:
            return
        chosen = ready[which % len(ready)]
        later = "update jobs set run_at = case when id = $1 then now() else now() + interval '1 hour' end"
        await self.connection.execute(f"{later} where state = 'ready'", chosen["id"])
        outcome: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        reached = asyncio.Event()
        task = asyncio.create_task(self._work(Queue(chosen["queue"]), outcome, reached))
        reaching = asyncio.create_task(reached.wait())
        await asyncio.wait({task, reaching}, return_when=asyncio.FIRST_COMPLETED, timeout=60)
        reaching.cancel()
        self.running.append((outcome, task))

    async def _work(self, queue: Queue, outcome: asyncio.Future[Exception | None], reached: asyncio.Event) -> None:
        async def obey(_work: str) -> None:
            reached.set()
            fault = await asyncio.shield(outcome)
            if fault is not None:
                raise fault

        bound(obey)
        await run_next(
            self.ports,
            handlers_of(queue, WORK.jobs),
            queue=queue,
            worker="test",
            told=lambda *about: self.errors.add(type(about[2])),
        )

    async def end(self, which: int, how: str) -> None:
        """Let one of the paused workers come to its end."""
        if self.running:
            outcome, task = self.running.pop(which % len(self.running))
            outcome.set_result(FAULTS[how])
            await asyncio.wait_for(task, 60)

    async def die(self, which: int, _how: str) -> None:
        """Leases end: the workers are thought dead, so their jobs are free, or quarantined after three deaths."""
        sql = (
            "update jobs set lease_until = now() - interval '1 s', kills = greatest(kills, $1) where state = 'running'"
        )
        await self.connection.execute(sql, 2 if which > 5 else 0)
        await reconcile(self.ports, WORK.jobs)

    async def retry(self, _which: int, _how: str) -> None:
        """Press the button."""
        at_work = await self._count(AT_WORK)
        try:
            await retry_video(self.ports, video_id=VideoId(self.video_id), owner=self.owner, now=self.ports.clock())
        except VideoNotFound:
            assert self.deleted
        except VideoInProgress:
            assert at_work
        except VideoNotRetryable:
            assert (await shown(self.ports, self.video_id)).state == "ready"
        else:
            assert not at_work
            assert await self._count(AT_WORK)

    async def forget(self, _which: int, _how: str) -> None:
        """The table of jobs is lost; no worker holds one."""
        if not self.running:
            await self.connection.execute("delete from jobs where subject = $1", self.video_id)
            await self.retry(0, "")

    async def delete(self, which: int, how: str) -> None:
        """Delete the video, seldom."""
        if which == 0 and how == "ok" and not self.deleted:
            await delete_video(self.ports, video_id=VideoId(self.video_id), owner=self.owner, now=self.ports.clock())
            self.deleted = True

    async def run(self, which: int, how: str) -> None:
        """Take a job and end it."""
        await self.begin(which)
        if self.running:
            await self.end(len(self.running) - 1, how)

    async def start(self, which: int, _how: str) -> None:
        """Take a job and leave it there."""
        if len(self.running) < 3:
            await self.begin(which)

    async def check(self) -> None:
        """What is said is true at every moment."""
        if self.deleted:
            with pytest.raises(VideoNotFound):
                await shown(self.ports, self.video_id)
            assert not await self._count("state in ('blocked','ready','running') and generation > 0")
            return
        video = await shown(self.ports, self.video_id)
        at_work, waiting = await self._count(AT_WORK), await self._count("state = 'blocked'")
        told = await get_processing(
            self.ports, video_id=VideoId(self.video_id), owner=self.owner, now=self.ports.clock()
        )
        if video.state in {"uploaded", "processing"}:
            assert at_work
        elif video.state == "playable":
            assert bool(at_work) is (video.failure_code is None)
        if video.state == "ready":
            assert (video.failure_code, at_work, waiting) == (None, 0, 0)
        if video.state == "failed":
            assert video.failure_code
        if video.failure_code:
            assert (at_work, waiting) == (0, 0)
            assert "failed" in {stage.state for stage in told.stages}
        assert told.ended is (not at_work)
        assert told.eta is None or at_work
        assert (told.failure is None) is (video.failure_code is None)
        self.watchable = self.watchable or video.state in {"playable", "ready"}
        if self.watchable:
            assert video.state in {"playable", "ready"}
            assert video.hls
            await self.lists.look(video.generation)
            if video.failure_code:
                assert all("#EXT-X-ENDLIST" in text for text in self.lists.seen.values())

    async def settle(self) -> None:
        """Let everything that was begun end well, and try again until it is ready."""
        while self.running:
            await self.end(0, "ok")
        for _ in range(60):
            await self.check()
            if self.deleted or (await shown(self.ports, self.video_id)).state == "ready":
                return
            if await self._count("state = 'ready'"):
                await self.run(0, "ok")
            else:
                await self.retry(0, "")
        pytest.fail("it never comes to an end")

    async def _count(self, condition: str) -> int:
        sql = f"select count(*) from jobs where subject = $1 and {condition}"  # noqa: S608  # words of this file
        return int(await self.connection.fetchval(sql, self.video_id))


# A stretch of work that goes well, then trouble, so that every kind of job meets some.
WELL = st.lists(st.tuples(st.just("run"), st.integers(0, 9), st.just("ok")), max_size=10)
TROUBLE = st.lists(
    st.tuples(
        st.sampled_from(["run", "run", "start", "end", "die", "retry", "forget", "delete"]),
        st.integers(0, 9),
        st.sampled_from(["ok", *FAULTS]),
    ),
    min_size=6,
    max_size=24,
)
STEPS = st.builds(operator.add, WELL, TROUBLE)


@pytest.mark.slow
@given(steps=STEPS, copied=st.booleans())
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
async def test_no_order_of_ends_faults_deaths_retries_and_deletions_leaves_a_video_stuck(
    told: Ports, publish: Published, owner: UserId, connection: Any, steps: list[tuple[str, int, str]], *, copied: bool
) -> None:
    video = await publish(long_clip(copied=copied))
    life = Life(told, connection, owner, video.id, Lists(told, video.id))
    try:
        for name, which, how in steps:
            await getattr(life, name)(which, how)
            await life.check()
        await life.settle()
    finally:
        for outcome, task in life.running:
            outcome.cancel()
            task.cancel()
        await connection.execute("delete from jobs")


@pytest.mark.parametrize("how", ["ok", "input"])
async def test_jobs_of_one_video_wait_for_its_row_before_they_hold_their_own(
    told: Ports, publish: Published, owner: UserId, connection: Any, how: str
) -> None:
    video = await publish(long_clip(copied=False))
    life = Life(told, connection, owner, video.id, Lists(told, video.id))
    await life.run(0, "ok")
    for _ in range(3):
        await life.begin(0)
    async with connection.transaction():
        await connection.execute("select from videos where id = $1 for update", video.id)
        ends = [asyncio.create_task(life.end(0, how)) for _ in range(3)]
        waiting = "select count(*) from pg_locks where not granted"  # unlike activity, not kept for a transaction
        async with asyncio.timeout(30):
            while await connection.fetchval(waiting) < 3:  # noqa: ASYNC110  # the database tells nobody
                await asyncio.sleep(0.05)
        assert len(await connection.fetch("select from jobs where subject = $1 for update nowait", video.id)) > 5
    await asyncio.gather(*ends)
    await life.check()
    assert life.errors <= {type(None), MediaUnreadable, MediaSoundUnreadable, LeaseLost}
