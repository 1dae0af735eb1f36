"""What workers do, joined from what the areas contribute: jobs, consumers of events, and regular work."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from efir.application.context import Ports
from efir.application.jobs.engine import JobHandlers, reconcile
from efir.application.jobs.outbox import Consumers, relay_events

Tick = Callable[[Ports], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Everything a worker can do.

    `ticks` keep the promises when a message, a worker or a whole machine is lost: every worker calls each of them
    again and again, and row locks keep two of them from doing the same twice. `starts` are called once by each worker.
    """

    jobs: JobHandlers
    consumers: Consumers
    ticks: Sequence[Tick]
    starts: Sequence[Tick]

    def steps(self) -> Mapping[str, Tick]:
        """Return what a tick does, by name: events and jobs first, then what the areas keep in order."""

        async def relay(ports: Ports) -> None:
            await relay_events(ports, self.consumers)

        async def free(ports: Ports) -> None:
            await reconcile(ports, self.jobs)

        return {"relay_events": relay, "reconcile": free} | {tick.__name__: tick for tick in self.ticks}


async def forget_responses(ports: Ports) -> None:
    """Delete stored responses of idempotency keys whose time is over."""
    async with ports.begin() as tx:
        await tx.stored_responses.forget(ports.limits.idempotency_seconds)


TICKS: Sequence[Tick] = (forget_responses,)
