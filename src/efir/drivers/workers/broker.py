"""Dramatiq as the carrier of wake-ups: one actor a queue, no retries and no results of its own."""

from collections.abc import Awaitable, Callable

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AsyncIO, ShutdownNotifications, TimeLimit

from efir.domain.jobs import Queue

HOURS = 3_600_000  # milliseconds
Wake = Callable[[Queue], Awaitable[None]]


def declared(broker: RedisBroker, queues: tuple[Queue, ...], wake: Wake) -> None:
    """Declare the actors: a message only says that its queue has work; which, the table decides.

    Wake-ups that find nothing end at once, so doubled or stale ones do no harm. Retrying is `jobs.run_at`, never the
    broker's business; the time limit is far above every limit of the children it may have to outlive.
    """
    broker.add_middleware(AsyncIO())
    broker.add_middleware(TimeLimit())
    broker.add_middleware(ShutdownNotifications())

    def actor(queue: Queue) -> None:
        async def woken(job_id: str) -> None:  # noqa: ARG001  # shown by the broker's own tools
            await wake(queue)

        declare = dramatiq.actor(broker=broker, actor_name=queue.value, queue_name=queue.value, time_limit=12 * HOURS)
        declare(woken)

    for queue in queues:
        actor(queue)
