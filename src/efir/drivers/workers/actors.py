"""The actors of Dramatiq, which carry wake-ups: one per queue, with the kinds of jobs that it runs."""

from collections.abc import Awaitable, Callable, Mapping

import dramatiq
from dramatiq.broker import Broker
from dramatiq.middleware import AsyncIO, ShutdownNotifications, TimeLimit

from efir.application.jobs.engine import JobHandlers
from efir.domain.jobs import JobKind, Queue

HOURS = 3_600_000  # milliseconds
Wake = Callable[[Queue], Awaitable[None]]

ACTORS: Mapping[Queue, frozenset[JobKind]] = {
    Queue.FAST: frozenset(
        {
            JobKind.PROBE_VIDEO,
            JobKind.COPY_VIDEO,
            JobKind.ENCODE_AUDIO,
            JobKind.DROP_FIRST_RENDITIONS,
            JobKind.PURGE_VIDEO,
            JobKind.TIDY_AUDIO,
            JobKind.DROP_RECORDINGS,
            JobKind.EXPORT_USER,
            JobKind.DROP_EXPORT,
            JobKind.PURGE_USER,
            JobKind.DROP_WORKING_COPY,
        }
    ),
    Queue.MAIL: frozenset({JobKind.SEND_MAIL, JobKind.ANSWER_RESET}),
    Queue.MEDIA: frozenset(
        {
            JobKind.ENCODE_FIRST,
            JobKind.ENCODE_CHUNK,
            JobKind.FINISH_VIDEO,
            JobKind.CONVERT_AUDIO,
            JobKind.EDIT_AUDIO,
        }
    ),
}
"""Each kind belongs to one actor; the code that stores a job names the queue of its kind."""


def handlers_of(queue: Queue, handlers: JobHandlers) -> JobHandlers:
    """Return the handlers of a queue's actor; the engine refuses a job of any other kind."""
    return {kind: handlers[kind] for kind in ACTORS[queue] & handlers.keys()}


def declare_actors(broker: Broker, queues: tuple[Queue, ...], wake: Wake) -> None:
    """Declare the actors: a message only says that its queue has work; the jobs table has the work.

    Wake-ups that find nothing end at once, so duplicate or stale ones do no harm. Retries are scheduled by
    `jobs.run_at`, never by the broker; the time limit is far above every limit of the child processes that a job may
    wait for.
    """
    broker.add_middleware(AsyncIO())
    broker.add_middleware(TimeLimit())
    broker.add_middleware(ShutdownNotifications())

    def actor(queue: Queue) -> None:
        async def woken(job_id: str) -> None:  # noqa: ARG001  # shown by the broker's tools
            await wake(queue)

        declare = dramatiq.actor(broker=broker, actor_name=queue.value, queue_name=queue.value, time_limit=12 * HOURS)
        declare(woken)

    for queue in queues:
        actor(queue)
