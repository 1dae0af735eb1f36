"""The composition root: wires every port from the settings, and closes everything at the end."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from efir.adapters.links import SiteLinks
from efir.adapters.media.confinement.sandbox import Sandbox, detect
from efir.adapters.postgres.transactions import AfterCommit, Database, connected
from efir.adapters.redis.connection import Valkey
from efir.adapters.redis.credential_cache import ValkeyCredentialCache
from efir.adapters.redis.one_time_store import ValkeyOneTimeStore
from efir.adapters.redis.rate_limits import ValkeyRateLimiter
from efir.adapters.redis.wakeups import DramatiqWakeups, redis_broker
from efir.adapters.secrets.randomness import new_code, new_id, new_secret, new_token, now
from efir.adapters.secrets.sealing import Sealer
from efir.adapters.storage.archives import ZipArchives
from efir.adapters.storage.staging import FilesystemStaging
from efir.application.context import Ports
from efir.bootstrap.startup.settings_loading import keys_of, media_directory
from efir.bootstrap.wiring.credentials import account_ports, auth_ports, valkey_of
from efir.bootstrap.wiring.health import health_of
from efir.bootstrap.wiring.mail import mail_ports
from efir.bootstrap.wiring.media import audio_ports, blobs_of, media_ports, picture_converter, scratch_of
from efir.bootstrap.wiring.providers import providers_of
from efir.bootstrap.wiring.questions import question_line
from efir.domain.kernel.keys import Keys
from efir.ports.access.credential_cache import AccessPorts
from efir.ports.auth.oidc import Provider
from efir.ports.jobs.jobs import Wakeups
from efir.ports.pictures import PictureConverter, PicturePorts
from efir.ports.quiz.queue import QuestionQueue, QuizPorts
from efir.ports.uploads import UploadPorts
from efir.settings import Settings


@asynccontextmanager
async def opened(settings: Settings, *, statement_seconds: float) -> AsyncIterator[Ports]:
    """Yield all ports, wired for one process; connections are opened on first use."""
    keys = keys_of(settings)
    sealer = Sealer(keys.key("sealing"), keys.earlier_keys("sealing"))
    media = media_directory(settings)
    wakeups: Wakeups = DramatiqWakeups(redis_broker(settings.broker.url or settings.redis.url))
    box = detect(settings.media.sandbox, ffmpeg=settings.media.ffmpeg or None)
    async with (
        database_of(settings, sealer, statement_seconds=statement_seconds, after_commit=wakeups.send) as database,
        valkey_of(settings.redis.url) as valkey,
        question_line(settings, database.begin, database.single, now) as questions,
        providers_of(settings, sealer) as providers,
        picture_converter(settings, box, media) as pictures,
    ):
        yield _join(_Parts(settings, keys, sealer, box, media, database, valkey, questions, providers, pictures))


@dataclass(frozen=True, slots=True)
class _Parts:
    settings: Settings
    keys: Keys
    sealer: Sealer
    box: Sandbox
    media: Path
    database: Database
    valkey: Valkey
    questions: QuestionQueue
    providers: Mapping[str, Provider]
    pictures: PictureConverter


def _join(parts: _Parts) -> Ports:
    settings, database, box, media = parts.settings, parts.database, parts.box, parts.media
    return Ports(
        begin=database.begin, single=database.single, read=database.read, joined=database.nest,
        blobs=blobs_of(settings, media), scratch=scratch_of(media), archives=ZipArchives(),
        new_id=new_id, new_secret=new_secret, new_token=new_token, new_code=new_code, clock=now,
        keys=parts.keys, rates=ValkeyRateLimiter(parts.valkey), one_time_store=ValkeyOneTimeStore(parts.valkey),
        limits=settings.limits, links=SiteLinks(settings.origin), origin=settings.origin,
        health=health_of(settings, database, box, media),
        access=AccessPorts(copies=ValkeyCredentialCache(parts.valkey)),
        accounts=account_ports(settings),
        audio=audio_ports(settings, box, database),
        auth=auth_ports(settings, database, parts.sealer, parts.providers),
        mail=mail_ports(settings),
        media=media_ports(settings, box, media),
        pictures=PicturePorts(converter=parts.pictures),
        quiz=QuizPorts(queue=parts.questions),
        uploads=UploadPorts(staging=FilesystemStaging(media / "staging")),
    )  # fmt: skip


def database_of(
    settings: Settings, sealer: Sealer, *, statement_seconds: float, after_commit: AfterCommit
) -> AbstractAsyncContextManager[Database]:
    """Return the database that the settings name, as a context manager."""
    return connected(
        settings.database.url,
        schema=settings.database.schema,
        pool_size=settings.database.pool_size,
        wait=settings.limits.pool_wait_seconds,
        statement_seconds=statement_seconds,
        seal=(sealer.seal, sealer.unseal),
        after_commit=after_commit,
    )
