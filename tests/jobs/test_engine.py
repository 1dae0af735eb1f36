"""The job engine: one owner at a time, nothing lost, nothing done twice in effect."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from efir.application.context import Ports
from efir.application.jobs.engine import JobHandler, Progress, get_job, reconcile, run_next
from efir.application.jobs.outbox import relay_events
from efir.bootstrap.wiring.work import WORK
from efir.domain.jobs import (
    ClaimedJob,
    EventName,
    Failure,
    JobId,
    JobKind,
    JobNotFound,
    LeaseLost,
    NewJob,
    Queue,
    UnknownEvents,
)
from efir.domain.kernel.errors import Invalid, Unavailable
from efir.domain.kernel.ids import UserId
from efir.domain.processing.source_facts import MediaWorkFailed
from efir.ports.kernel.correlation import correlation

SUBJECT = UUID(int=7)
OWNER = UserId(UUID(int=1))


class Refused(Invalid):
    """An input that no attempt can save."""

    code = "refused-for-good"


async def put(ports: Ports, *jobs: NewJob) -> list[JobId]:
    async with ports.begin() as tx:
        return await tx.jobs.put(jobs)


def job(**about: Any) -> NewJob:
    return NewJob(**({"kind": JobKind.PURGE_VIDEO, "subject": SUBJECT, "owner_id": OWNER} | about))


async def claimed(ports: Ports, *, worker: str = "w", lease: float = 30) -> ClaimedJob | None:
    async with ports.begin() as tx:
        return await tx.jobs.claim(Queue.FAST, worker=worker, lease=lease)


async def run(ports: Ports, work: Callable[..., Awaitable[None]], **kind: Any) -> list[str]:
    told: list[str] = []
    kinds = {JobKind.PURGE_VIDEO: JobHandler(work=work, **kind)}
    await run_next(ports, kinds, queue=Queue.FAST, worker="w", told=lambda event, _job, _error: told.append(event))
    return told


async def finish(ports: Ports, job: ClaimedJob, _progress: Progress) -> None:
    async with ports.begin() as tx:
        await tx.jobs.finish(job, {"url": "/there"})


async def expire(connection: Any) -> None:
    await connection.execute("update jobs set lease_until = now() - interval '1 s' where state = 'running'")


async def state(connection: Any, job_id: JobId) -> Any:
    return await connection.fetchrow("select * from jobs where id = $1", job_id)


async def test_a_job_runs_once_and_leaves_its_result(ports: Ports) -> None:
    (job_id,) = await put(ports, job())
    assert await run(ports, finish) == ["job started", "job done"]
    assert await run(ports, finish) == []
    view = await get_job(ports, job_id=job_id, user_id=OWNER)
    assert (view.state, view.progress, view.result and view.result.url) == ("done", 1.0, "/there")


async def test_a_job_is_told_to_its_owner_only(ports: Ports) -> None:
    (job_id,) = await put(ports, job())
    with pytest.raises(JobNotFound):
        await get_job(ports, job_id=job_id, user_id=UserId(UUID(int=2)))


async def test_of_many_claims_at_once_each_job_has_one_winner(ports: Ports) -> None:
    ids = await put(ports, *(job(subject=UUID(int=n)) for n in range(5)))
    won = [found for found in await asyncio.gather(*(claimed(ports) for _ in range(8))) if found is not None]
    assert sorted(found.id for found in won) == sorted(ids)


async def test_a_worker_that_wakes_after_its_lease_can_neither_beat_nor_finish(ports: Ports, connection: Any) -> None:
    (job_id,) = await put(ports, job())
    zombie = await claimed(ports, worker="zombie")
    assert zombie is not None
    await expire(connection)
    await reconcile(ports, {})
    second = await claimed(ports, worker="second")
    assert second is not None
    assert second.fence > zombie.fence
    async with ports.begin() as tx:
        assert not await tx.jobs.beat(zombie, lease=30, progress=0.5)
    with pytest.raises(LeaseLost):
        await finish(ports, zombie, Progress())
    await finish(ports, second, Progress())
    assert (await state(connection, job_id))["state"] == "done"


async def test_what_a_zombie_wrote_beside_its_completion_is_rolled_back(ports: Ports, connection: Any) -> None:
    await put(ports, job())
    zombie = await claimed(ports)
    await expire(connection)
    await reconcile(ports, {})

    async def publishes() -> None:
        async with ports.begin() as tx:
            await tx.outbox.put(EventName.VIDEO_READY, SUBJECT)
            assert zombie is not None
            await tx.jobs.finish(zombie)

    with pytest.raises(LeaseLost):
        await publishes()
    assert await connection.fetchval("select count(*) from outbox") == 0


async def test_work_whose_lease_is_lost_is_stopped(ports: Ports, connection: Any) -> None:
    short = replace(ports, limits=replace(ports.limits, lease_seconds=1))
    await put(ports, job())
    stopped = asyncio.Event()

    async def endless(_ports: Ports, _job: ClaimedJob, _progress: Progress) -> None:
        async with ports.begin() as tx:
            await tx.jobs.cancel(SUBJECT)
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    async with asyncio.timeout(30):
        assert await run(short, endless) == ["job started", "job lost"]
    assert stopped.is_set()
    assert await connection.fetchval("select state from jobs") == "cancelled"


async def test_long_work_keeps_its_lease_and_tells_its_progress(ports: Ports, connection: Any) -> None:
    short = replace(ports, limits=replace(ports.limits, lease_seconds=3))
    await put(ports, job())

    async def slow(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
        progress(0.4)
        begun = await connection.fetchval("select lease_until from jobs")
        async with asyncio.timeout(30):
            while await connection.fetchval(  # noqa: ASYNC110  # the heartbeat changes a row, no event tells of it
                "select lease_until - interval '3 s' < $1 from jobs", begun
            ):
                await asyncio.sleep(0.1)
        assert await connection.fetchval("select progress from jobs") == pytest.approx(0.4)
        await finish(ports, job, progress)

    assert await run(short, slow) == ["job started", "job done"]


async def test_a_passing_fault_is_tried_again_later_and_an_input_fault_never(ports: Ports, connection: Any) -> None:
    errors: list[Exception] = [Unavailable(), Refused()]

    async def failing(_ports: Ports, _job: ClaimedJob, _progress: Progress) -> None:
        raise errors.pop(0)

    (job_id,) = await put(ports, job())
    assert await run(ports, failing) == ["job started", "job will be tried again"]
    row = await state(connection, job_id)
    assert (row["state"], row["attempt"]) == ("ready", 1)
    assert await connection.fetchval("select run_at > now() + interval '3 s' from jobs")
    assert await run(ports, failing) == [], "not before its time"
    await connection.execute("update jobs set run_at = now()")
    assert await run(ports, failing) == ["job started", "job failed"]
    assert (await state(connection, job_id))["state"] == "failed"
    view = await get_job(ports, job_id=job_id, user_id=OWNER)
    assert view.error is not None
    assert view.error.code == "refused-for-good"


async def test_a_failed_engine_gets_one_more_attempt(ports: Ports, connection: Any) -> None:
    async def broken(_ports: Ports, _job: ClaimedJob, _progress: Progress) -> None:
        raise MediaWorkFailed

    await put(ports, job())
    assert await run(ports, broken) == ["job started", "job will be tried again"]
    await connection.execute("update jobs set run_at = now()")
    assert await run(ports, broken) == ["job started", "job failed"]


async def test_what_follows_a_failure_is_in_its_transaction(ports: Ports, connection: Any) -> None:
    async def failing(_ports: Ports, _job: ClaimedJob, _progress: Progress) -> None:
        raise Refused

    async def after(_ports: Ports, tx: Any, row: Any, failure: Failure) -> None:
        await tx.outbox.put(EventName.VIDEO_DELETED, row.subject, code=failure.code)

    await put(ports, job())
    await run(ports, failing, after_failure=after)
    assert await connection.fetchval("select name from outbox") == "video_deleted"


async def test_a_job_that_killed_three_workers_is_quarantined(ports: Ports, connection: Any) -> None:
    (job_id,) = await put(ports, job())
    for _ in range(3):
        assert await claimed(ports) is not None
        await expire(connection)
        await reconcile(ports, {})
    row = await state(connection, job_id)
    assert (row["state"], row["kills"]) == ("poison", 3)
    assert await claimed(ports) is None


async def test_a_stopping_worker_hands_its_job_back_uncounted(ports: Ports, connection: Any) -> None:
    (job_id,) = await put(ports, job())
    started = asyncio.Event()

    async def endless(_ports: Ports, _job: ClaimedJob, _progress: Progress) -> None:
        started.set()
        await asyncio.sleep(60)

    running = asyncio.ensure_future(run(ports, endless))
    await started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    row = await state(connection, job_id)
    assert (row["state"], row["attempt"]) == ("ready", 0)


async def test_a_thousand_jobs_of_one_owner_delay_the_first_of_another_by_one_at_most(ports: Ports) -> None:
    await put(ports, *(job(subject=UUID(int=n)) for n in range(1_000)))
    other = UserId(UUID(int=2))
    await put(ports, job(owner_id=other, subject=UUID(int=1_000)))
    first_two = [await claimed(ports), await claimed(ports)]
    assert UUID(int=1_000) in {found.subject for found in first_two if found is not None}


async def test_a_lower_priority_waits_for_a_higher_one(ports: Ports) -> None:
    await put(ports, job(priority=2, subject=UUID(int=1)), job(priority=0, subject=UUID(int=2)))
    found = await claimed(ports)
    assert found is not None
    assert found.subject == UUID(int=2)


async def test_the_same_unit_and_the_same_dedupe_key_are_stored_once(ports: Ports) -> None:
    assert len(await put(ports, job(generation=1), job(generation=1))) == 1
    assert len(await put(ports, job(dedupe_key="digest:1"), job(dedupe_key="digest:1"))) == 1


async def test_the_request_id_follows_into_the_job(ports: Ports) -> None:
    token = correlation.set("request-0001")
    await put(ports, job())
    correlation.reset(token)
    found = await claimed(ports)
    assert found is not None
    assert found.correlation_id == "request-0001"


async def test_a_rolled_back_transaction_leaves_no_job_and_no_event(ports: Ports, connection: Any) -> None:

    async def refused() -> None:
        async with ports.begin() as tx:
            await tx.outbox.put(EventName.VIDEO_READY, SUBJECT)
            await tx.jobs.put([job()])
            raise Refused

    with pytest.raises(Refused):
        await refused()
    assert await connection.fetchval("select (select count(*) from jobs) + (select count(*) from outbox)") == 0


async def test_a_job_of_a_kind_that_this_version_does_not_know_waits_for_one_that_does(
    ports: Ports, connection: Any
) -> None:
    (job_id,) = await put(ports, job())
    await connection.execute("update jobs set kind = 'of_tomorrow'")
    assert await run(ports, finish) == ["job started", "job will be tried again"]
    await connection.execute("update jobs set kind = 'purge_video', run_at = now()")
    assert await run(ports, finish) == ["job started", "job done"]
    assert (await state(connection, job_id))["state"] == "done"


async def test_an_event_that_nobody_consumes_is_told_and_stays_and_stops_no_other(
    ports: Ports, connection: Any
) -> None:
    async with ports.begin() as tx:
        await tx.outbox.put(EventName.VIDEO_READY, SUBJECT, generation=1)
        await tx.outbox.put(EventName.VIDEO_DELETED, SUBJECT)
    await connection.execute("update outbox set name = 'of_tomorrow' where name = 'video_ready'")
    with pytest.raises(UnknownEvents, match="of_tomorrow"):
        await relay_events(ports, WORK.consumers)
    assert await connection.fetchval("select kind from jobs") == "purge_video"
    assert [row["name"] for row in await connection.fetch("select name from outbox")] == ["of_tomorrow"]
