"""What keeps the promises when a message, a worker or a whole machine is lost: a short, repeated tick."""

from efir.application.access.bans import lift_ended_bans
from efir.application.access.invalidation import spread_waiting
from efir.application.accounts.registrations import forget_registrations
from efir.application.auth.login_history import shorten_logins
from efir.application.auth.signing_keys import tend_signing_keys
from efir.application.context import Ports
from efir.application.jobs.engine import Kinds, reconcile
from efir.application.jobs.outbox import relay_events
from efir.application.mail.mails import forget_mails
from efir.application.pictures import sweep_pictures
from efir.application.uploads.uploads import expire_uploads


async def tick(ports: Ports, kinds: Kinds) -> None:
    """Relay events, free what dead workers held, wake what waits, forget what is out of date.

    Every worker process ticks; row locks keep two ticks from doing the same twice.
    """
    await spread_waiting(ports)
    await relay_events(ports)
    await reconcile(ports, kinds)
    await expire_uploads(ports)
    await forget_registrations(ports)
    await sweep_pictures(ports)
    await lift_ended_bans(ports)
    await tend_signing_keys(ports)
    await shorten_logins(ports)
    await forget_mails(ports)
    async with ports.begin() as tx:
        await tx.replies.forget(ports.limits.idempotency_seconds)
