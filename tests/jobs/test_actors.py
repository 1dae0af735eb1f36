"""The actors of the workers: each kind of job has one, and none does what is not its own."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from dramatiq.brokers.stub import StubBroker

from efir.application.context import Ports
from efir.application.jobs.engine import JobHandler, Progress
from efir.application.jobs.work import Work
from efir.bootstrap.wiring.work import WORK
from efir.domain.jobs import ClaimedJob, JobKind, NewJob, Queue
from efir.drivers.workers.actors import ACTORS, declare_actors, handlers_of
from efir.drivers.workers.loop import Worker

SUBJECT = UUID(int=7)


def test_each_kind_of_job_belongs_to_one_actor() -> None:
    assert Counter(kind for kinds in ACTORS.values() for kind in kinds) == Counter(JobKind)


def test_each_queue_has_an_actor_that_does_all_of_its_kinds() -> None:
    assert set(ACTORS) == set(Queue)
    assert {queue: set(handlers_of(queue, WORK.jobs)) for queue in Queue} == ACTORS


def test_a_message_of_a_queue_wakes_that_queue() -> None:
    async def wake(queue: Queue) -> None:
        pass

    broker = StubBroker(middleware=[])
    declare_actors(broker, (Queue.FAST, Queue.MAIL), wake)
    assert {name: actor.queue_name for name, actor in broker.actors.items()} == {"fast": "fast", "mail": "mail"}


@pytest.mark.parametrize(("queue", "done"), [(Queue.MAIL, ["send_mail"]), (Queue.FAST, []), (Queue.MEDIA, [])])
async def test_an_actor_refuses_a_kind_that_it_may_not_do(
    ports: Ports, connection: Any, queue: Queue, done: Sequence[str]
) -> None:
    did: list[str] = []

    async def finish(ports: Ports, job: ClaimedJob, _progress: Progress) -> None:
        did.append(job.kind)
        async with ports.begin() as tx:
            await tx.jobs.finish(job, None)

    async with ports.begin() as tx:
        await tx.jobs.put([NewJob(kind=JobKind.SEND_MAIL, subject=SUBJECT, queue=queue)])
    work = Work(jobs={JobKind.SEND_MAIL: JobHandler(work=finish)}, consumers={}, ticks=(), starts=())
    await Worker(ports, work, [queue]).wake(queue)
    assert did == done
    row = await connection.fetchrow("select state, error ->> 'code' as code from jobs")
    assert (row["state"] == "done") == bool(done)
    if not done:
        assert row["code"] == "job-kind-unknown"
