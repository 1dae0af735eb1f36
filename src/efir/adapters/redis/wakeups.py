"""Wake-ups over Dramatiq: a message names the queue that has work, and the jobs table has the work."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import structlog
from dramatiq import Message
from dramatiq.brokers.redis import RedisBroker

from efir.domain.jobs import JobId, Queue

PATIENCE = 0.25  # seconds; a lost wake-up delays a job until the reconciler runs, a slow one would delay the request
log = structlog.get_logger("efir.wakeups")


def redis_broker(url: str) -> RedisBroker:
    """Return a broker that connects lazily; wake-ups are hints, so nothing is kept for long."""
    return RedisBroker(  # type: ignore[no-untyped-call]  # dramatiq's brokers have no annotations
        url=url, middleware=[], namespace="efir", socket_timeout=5, socket_connect_timeout=1, dead_message_ttl=60_000
    )


class DramatiqWakeups:
    """Sends messages without declaring actors: a queue's actor has the name of the queue."""

    def __init__(self, broker: RedisBroker) -> None:
        self._broker = broker
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="wakeups")
        for queue in Queue:
            broker.declare_queue(queue.value)

    async def send(self, woken: list[tuple[Queue, JobId]]) -> None:
        """Send wake-ups for jobs. Never raises, and never takes longer than a quarter of a second."""
        loop = asyncio.get_running_loop()
        try:
            await asyncio.wait_for(loop.run_in_executor(self._pool, self._enqueue, woken), PATIENCE)
        except Exception as error:  # noqa: BLE001  # a broker failure loses no job: jobs are rows
            log.warning("wake-up lost", jobs=len(woken), error=type(error).__name__)

    def _enqueue(self, woken: list[tuple[Queue, JobId]]) -> None:
        for queue, job_id in woken:
            self._broker.enqueue(
                Message(
                    queue_name=queue.value, actor_name=queue.value, args=(), kwargs={"job_id": str(job_id)}, options={}
                )
            )
