"""The composition root: settings in, every port wired, everything closed on the way out."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from efir.adapters.media.confinement.sandbox import detect
from efir.adapters.postgres.transactions import AfterCommit, Database, connected
from efir.adapters.redis.wakeups import DramatiqWakeups, redis_broker
from efir.adapters.secrets.randomness import new_code, new_id, new_secret, new_token, now
from efir.adapters.secrets.sealing import Sealer
from efir.application.context import Ports
from efir.bootstrap.startup.settings_loading import keys_of, media_directory
from efir.bootstrap.wiring.credentials import credential_ports, valkey_of
from efir.bootstrap.wiring.health import health_of
from efir.bootstrap.wiring.mail import mail_ports
from efir.bootstrap.wiring.media import media_ports, picture_converter
from efir.bootstrap.wiring.providers import providers_of
from efir.bootstrap.wiring.questions import question_line
from efir.settings import Settings


@asynccontextmanager
async def opened(settings: Settings, *, statement_seconds: float) -> AsyncIterator[Ports]:
    """Wire everything for one process; connections are made when first needed."""
    keys = keys_of(settings)
    sealer = Sealer(keys.key("sealing"), keys.earlier("sealing"))
    media = media_directory(settings)
    wakeups = DramatiqWakeups(redis_broker(settings.broker.url or settings.redis.url))
    box = detect(settings.media.sandbox, ffmpeg=settings.media.ffmpeg or None)
    async with (
        database_of(settings, sealer, statement_seconds=statement_seconds, after_commit=wakeups.send) as database,
        valkey_of(settings.redis.url) as valkey,
        question_line(settings, database.begin, database.single, now) as questions,
        providers_of(settings, sealer) as providers,
        picture_converter(settings, box, media) as pictures,
    ):
        yield Ports(
            begin=database.begin,
            single=database.single,
            read=database.read,
            joined=database.joined,
            **media_ports(settings, box, media, database),
            **credential_ports(settings, database, valkey, sealer),
            **mail_ports(settings),
            questions=questions,
            providers=providers,
            pictures=pictures,
            email_check=settings.auth.email_check,
            require_email=settings.auth.require_email,
            new_id=new_id,
            new_secret=new_secret,
            new_token=new_token,
            new_code=new_code,
            clock=now,
            keys=keys,
            limits=settings.limits,
            origin=settings.origin,
            health=health_of(settings, database, box, media),
        )


def database_of(
    settings: Settings, sealer: Sealer, *, statement_seconds: float, after_commit: AfterCommit
) -> AbstractAsyncContextManager[Database]:
    """The pool of connections that the settings name."""
    return connected(
        settings.database.url,
        schema=settings.database.schema,
        pool_size=settings.database.pool_size,
        wait=settings.limits.pool_wait_seconds,
        statement_seconds=statement_seconds,
        seal=(sealer.seal, sealer.unseal),
        after_commit=after_commit,
    )
