"""A worker process: the same ports as the API, woken by Dramatiq."""

import asyncio
import os
import signal
from pathlib import Path

import uvloop
from dramatiq import Worker as DramatiqWorker

from efir.adapters.redis.wakeups import redis_broker
from efir.bootstrap.processes.heartbeat import beat
from efir.bootstrap.startup import logs
from efir.bootstrap.wiring.ports import opened
from efir.bootstrap.wiring.work import WORK
from efir.domain.jobs import Queue
from efir.drivers.workers.actors import declare_actors
from efir.drivers.workers.loop import Worker
from efir.settings import Settings

STOP_SECONDS = 20


def run_workers(settings: Settings, queues: tuple[str, ...], pulse: Path | None = None) -> None:
    """Work until SIGTERM, then release running jobs and exit. Meanwhile `pulse` is touched regularly."""
    logs.configure(settings.log.level)
    uvloop.run(_work(settings, tuple(Queue(name) for name in queues), pulse))


async def _work(settings: Settings, queues: tuple[Queue, ...], pulse: Path | None) -> None:
    os.environ["dramatiq_queue_prefetch"] = "1"  # noqa: SIM112  # Dramatiq's own spelling
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with opened(settings, statement_seconds=settings.limits.statement_seconds_worker) as ports:
        await ports.scratch.sweep()
        for start in WORK.starts:
            await start(ports)
        worker = Worker(ports, WORK, queues)

        async def wake(queue: Queue) -> None:
            """Pass a wake-up from Dramatiq's thread to the event loop that owns the ports."""
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(worker.wake(queue), loop))

        broker = redis_broker(settings.broker.url or settings.redis.url)
        declare_actors(broker, queues, wake)
        consumer = DramatiqWorker(
            broker, queues={queue.value for queue in queues}, worker_timeout=500, worker_threads=len(queues) + 1
        )
        broker.emit_after("process_boot")
        consumer.start()
        lasting = [asyncio.ensure_future(task) for task in (worker.tick(), *([beat(pulse)] if pulse else []))]
        await stop.wait()
        for task in lasting:
            task.cancel()
        await worker.stop()
        await asyncio.to_thread(consumer.stop, STOP_SECONDS * 1000)
        broker.close()
