"""The outbox relay: events become jobs, in the transaction that removes the events."""

from collections.abc import Callable, Mapping, Sequence

from efir.application.context import Ports
from efir.domain.jobs import EventName, NewJob, UnknownEvents
from efir.ports.jobs.outbox import Event
from efir.ports.kernel.correlation import correlation

BATCH = 100

Consumer = Callable[[Event], NewJob]
Consumers = Mapping[EventName, Sequence[Consumer]]


async def relay_events(ports: Ports, consumers: Consumers) -> int:
    """Turn waiting events into jobs; return how many events were consumed.

    Raises UnknownEvents after all others were consumed: events without a consumer stay, for a version that knows them.
    """
    taken = 0
    while True:
        async with ports.begin() as tx:
            events = await tx.outbox.take(BATCH, list(consumers))
            for event in events:
                correlation.set(event.correlation_id)
                await tx.jobs.put([consumer(event) for consumer in consumers[EventName(event.name)]])
            strange = [] if len(events) == BATCH else await tx.outbox.find_other_names(list(consumers))
        taken += len(events)
        if strange:
            raise UnknownEvents(", ".join(strange))
        if len(events) < BATCH:
            return taken
