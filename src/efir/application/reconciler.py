"""What keeps the promises when a message, a worker or a whole machine is lost: a short, repeated tick."""

from efir.application.context import Ports
from efir.application.jobs import Kinds, reconcile
from efir.application.outbox import relay_events


async def tick(ports: Ports, kinds: Kinds) -> None:
    """Relay events, free what dead workers held, wake what waits, forget what is out of date.

    Every worker process ticks; row locks keep two ticks from doing the same twice.
    """
    await relay_events(ports)
    await reconcile(ports, kinds)
    async with ports.begin() as tx:
        await tx.replies.forget(ports.limits.idempotency_seconds)
