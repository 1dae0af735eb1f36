"""The work of workers, composed from the areas: jobs, consumers of events, and periodic work."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from efir.application.context import Ports
from efir.application.jobs.engine import JobHandlers, reconcile
from efir.application.jobs.outbox import Consumers, relay_events

Tick = Callable[[Ports], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Everything that a worker can do.

    `ticks` recover from the loss of a message, a worker or a whole machine: every worker calls each of them again and
    again, and row locks keep two workers from doing the same work. Every worker calls each of `starts` once.
    """

    jobs: JobHandlers
    consumers: Consumers
    ticks: Sequence[Tick]
    starts: Sequence[Tick]

    def steps(self) -> Mapping[str, Tick]:
        """Return the steps of a tick by name: events and jobs first, then those of the areas."""

        async def relay(ports: Ports) -> None:
            await relay_events(ports, self.consumers)

        async def free(ports: Ports) -> None:
            await reconcile(ports, self.jobs)

        return {"relay_events": relay, "reconcile": free} | {tick.__name__: tick for tick in self.ticks}


async def forget_responses(ports: Ports) -> None:
    """Delete expired responses of idempotency keys."""
    async with ports.begin() as tx:
        await tx.stored_responses.forget(ports.limits.idempotency_seconds)


TICKS: Sequence[Tick] = (forget_responses,)
