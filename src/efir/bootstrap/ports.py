"""The composition root: settings in, every port wired, everything closed on the way out."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import redis.asyncio

from efir.adapters.media.audio import FfmpegAudioConverter
from efir.adapters.media.converter import FfmpegConverter
from efir.adapters.media.ffmpeg import Ffmpeg
from efir.adapters.media.probe import ConfinedProbe
from efir.adapters.media.sandbox import Sandbox, detect
from efir.adapters.postgres.blobs import PostgresBlobStore
from efir.adapters.postgres.transactions import Database, connected
from efir.adapters.redis.connection import Valkey
from efir.adapters.redis.copies import ValkeyCopies
from efir.adapters.redis.rates import ValkeyRates
from efir.adapters.redis.wakeups import DramatiqWakeups, redis_broker
from efir.adapters.secrets.access_tokens import JoseAccessTokens
from efir.adapters.secrets.addresses import CheckedAddresses
from efir.adapters.secrets.passwords import Argon2Passwords
from efir.adapters.secrets.randomness import new_id, new_secret, new_token, now
from efir.adapters.secrets.sealing import Sealer
from efir.adapters.storage.filesystem import FilesystemBlobStore
from efir.adapters.storage.s3 import S3BlobStore
from efir.adapters.storage.scratch import LockedScratch
from efir.adapters.storage.staging import FilesystemStaging
from efir.application.context import Ports
from efir.application.turns import Turns
from efir.bootstrap.configured import S3, keys_of, media_directory
from efir.bootstrap.questions import question_line
from efir.ports.blobs import BlobStore
from efir.ports.signing_keys import SigningKey
from efir.settings import Settings, SettingsRefused

AUDIO_NICE = 19  # conversions within requests run beside answers, which go first
AUDIO_FILE = 512 << 20  # bytes a conversion may write
LIFE_MOST = 60  # minutes of an access token
FREE_LEAST = 1 << 30  # bytes; below it storage counts as degraded


@asynccontextmanager
async def opened(settings: Settings, *, statement_seconds: float) -> AsyncIterator[Ports]:
    """Wire everything for one process; connections are made when first needed."""
    keys = keys_of(settings)
    sealer = Sealer(keys.key("sealing"))
    media = media_directory(settings)
    wakeups = DramatiqWakeups(redis_broker(settings.broker.url or settings.redis.url))
    box = detect(settings.media.sandbox, ffmpeg=settings.media.ffmpeg or None)
    scratch = media / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    async with (
        connected(
            settings.database.url,
            schema=settings.database.schema,
            pool_size=settings.database.pool_size,
            wait=settings.limits.pool_wait_seconds,
            statement_seconds=statement_seconds,
            seal=(sealer.seal, sealer.unseal),
            after_commit=wakeups.send,
        ) as database,
        valkey_of(settings.redis.url) as valkey,
        question_line(settings, database.begin, now) as questions,
    ):
        yield Ports(
            begin=database.begin,
            read=database.read,
            joined=database.joined,
            blobs=blobs_of(settings, media),
            scratch=LockedScratch(scratch),
            staging=FilesystemStaging(media / "staging"),
            probe=ConfinedProbe(box, settings.limits, scratch=scratch),
            converter=converter_of(settings, box),
            **audio_ports(settings, box, database),
            passwords=Argon2Passwords(sealer),
            addresses=CheckedAddresses(),
            questions=questions,
            new_id=new_id,
            new_secret=new_secret,
            new_token=new_token,
            clock=now,
            keys=keys,
            copies=ValkeyCopies(valkey),
            rates=ValkeyRates(valkey),
            access_tokens=access_tokens_of(settings, database, sealer),
            access_token_life=access_token_life(settings),
            limits=settings.limits,
            origin=settings.origin,
            health=health_of(settings, database, box, media),
        )


@asynccontextmanager
async def valkey_of(url: str) -> AsyncIterator[Valkey]:
    """Short questions to Valkey; connections are made when first needed."""
    valkey = Valkey(url)
    try:
        yield valkey
    finally:
        await valkey.close()


def access_token_life(settings: Settings) -> timedelta:
    """How long an access token lives. Raises SettingsRefused."""
    minutes = settings.auth.access_token_minutes
    if not 1 <= minutes <= LIFE_MOST:
        raise SettingsRefused(f"EFIR_AUTH__ACCESS_TOKEN_MINUTES is between 1 and {LIFE_MOST}.")
    return timedelta(minutes=minutes)


def access_tokens_of(settings: Settings, database: Database, sealer: Sealer) -> JoseAccessTokens:
    """Access tokens, signed with keys that lie sealed in the database."""

    async def load() -> list[SigningKey]:
        async with database.read() as views:
            return await views.signing_keys.usable()

    return JoseAccessTokens(
        load, sealer, issuer=settings.origin, algorithm=settings.auth.jwt_algorithm,
        longest=timedelta(minutes=LIFE_MOST),
    )  # fmt: skip


def blobs_of(settings: Settings, media: Path) -> BlobStore:
    """The store of files that the settings name."""
    storage = settings.storage
    if not storage.url.startswith(S3):
        return FilesystemBlobStore(media)
    return S3BlobStore(
        storage.url, endpoint=storage.endpoint, region=storage.region, access_key=storage.access_key,
        secret_key=storage.secret_key,
    )  # fmt: skip


def converter_of(settings: Settings, box: Sandbox) -> FfmpegConverter:
    """The converter, with the wheel's ffmpeg unless another is set."""
    return FfmpegConverter(
        Ffmpeg(
            box=box,
            path=settings.media.ffmpeg or imageio_ffmpeg.get_ffmpeg_exe(),
            memory=settings.limits.child_memory_bytes,
            stall=settings.limits.stall_seconds,
        )
    )


def audio_ports(settings: Settings, box: Sandbox, database: Database) -> dict[str, Any]:
    """What recordings need: each process converts beside its other work, so it leaves a processor free."""
    return {
        "audio": audio_converter_of(settings, box),
        "audio_store": settings.audio.store,
        "database_blobs": PostgresBlobStore(database.lent),
        "turns": Turns(max(1, (os.cpu_count() or 1) - 1), settings.limits.audio_owner_at_once),
    }


def audio_converter_of(settings: Settings, box: Sandbox) -> FfmpegAudioConverter:
    """The converter of recordings, with the same ffmpeg and closer bounds."""
    limits = settings.limits
    ffmpeg = Ffmpeg(
        box=box,
        path=settings.media.ffmpeg or imageio_ffmpeg.get_ffmpeg_exe(),
        memory=limits.audio_child_memory_bytes,
        cpu=limits.audio_child_seconds,
        file=AUDIO_FILE,
        nice=AUDIO_NICE,
        stall=limits.stall_seconds,
    )
    return FfmpegAudioConverter(ffmpeg, limits, quality=settings.audio.quality)


def health_of(
    settings: Settings, database: Database, box: Sandbox, media: Path
) -> Callable[[], Awaitable[dict[str, tuple[str, str]]]]:
    """Ask each dependency how it is, within a second."""

    async def asked(call: Callable[[], Awaitable[object]], *, without: str) -> tuple[str, str]:
        try:
            async with asyncio.timeout(1):
                await call()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the reason
            return without, type(error).__name__
        return "ok", ""

    async def ping() -> None:
        client = redis.asyncio.from_url(settings.redis.url)
        try:
            await client.ping()
        finally:
            await client.aclose()

    def storage() -> tuple[str, str]:
        free = shutil.disk_usage(media).free
        return ("ok", "") if free > FREE_LEAST else ("degraded", f"{free >> 20} MiB left")

    async def health() -> dict[str, tuple[str, str]]:
        database_state, redis_state = await asyncio.gather(
            asked(database.ping, without="down"), asked(ping, without="degraded")
        )
        sandbox = ("ok", box.name) if box.name not in {"off", "none"} else ("degraded", box.reason)
        return {
            "database": database_state,
            "redis": redis_state,
            "storage": await asyncio.to_thread(storage),
            "sandbox": sandbox,
        }

    return health
