"""The relay: events become jobs, in the transaction that removes them."""

from collections.abc import Callable, Mapping

from efir.application.context import Ports
from efir.domain.jobs import NewJob
from efir.ports.jobs.outbox import Event
from efir.ports.kernel.correlation import correlation

BATCH = 100
STILL_WRITING = 30.0  # seconds; a worker notices within a heartbeat that its job was taken away

Consumer = Callable[[Event], NewJob]
CONSUMERS: Mapping[str, tuple[Consumer, ...]] = {
    "video_deleted": (
        lambda event: NewJob(kind="purge_video", subject=event.subject, priority=3, delay=STILL_WRITING),
    ),
    "video_ready": (
        lambda event: NewJob(
            kind="drop_first_renditions",
            subject=event.subject,
            priority=3,
            delay=6 * 3600,
            facts={"generation": event.facts["generation"]},
        ),
    ),
}


async def relay_events(ports: Ports) -> int:
    """Turn waiting events into jobs; answers how many events were taken."""
    taken = 0
    while True:
        async with ports.begin() as tx:
            events = await tx.outbox.take(BATCH)
            for event in events:
                correlation.set(event.correlation_id)
                await tx.jobs.put([consumer(event) for consumer in CONSUMERS.get(event.name, ())])
        taken += len(events)
        if len(events) < BATCH:
            return taken
