"""What keeps the promises when a message, a worker or a whole machine is lost: a short, repeated tick."""

from efir.application.context import Ports
from efir.application.jobs import Kinds, reconcile
from efir.application.outbox import relay_events
from efir.application.uploads import expire_uploads


async def tick(ports: Ports, kinds: Kinds) -> None:
    """Relay events, free what dead workers held, wake what waits, forget what is out of date.

    Every worker process ticks; row locks keep two ticks from doing the same twice.
    """
    await relay_events(ports)
    await reconcile(ports, kinds)
    await expire_uploads(ports)
    async with ports.begin() as tx:
        await tx.replies.forget(ports.limits.idempotency_seconds)
