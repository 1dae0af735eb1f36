"""Wiring of files and media: the blob store, and the converters."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import imageio_ffmpeg

from efir.adapters.media.audio.converter import FfmpegAudioConverter
from efir.adapters.media.audio.editor import PydubAudioEditor
from efir.adapters.media.confinement.sandbox import Sandbox
from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.pictures.converter import VipsPictures, vips_pictures
from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.ffmpeg import Ffmpeg
from efir.adapters.postgres.kernel.blobs import PostgresBlobStore
from efir.adapters.postgres.transactions import Database
from efir.adapters.storage.filesystem import FilesystemBlobStore
from efir.adapters.storage.s3 import S3BlobStore
from efir.adapters.storage.scratch import LockedScratch
from efir.application.kernel.conversion_slots import FairSlots
from efir.bootstrap.startup.settings_loading import S3
from efir.ports.audio import AudioPorts
from efir.ports.kernel.blobs import BlobStore
from efir.ports.processing.media import MediaPorts
from efir.settings import Settings

AUDIO_NICE = 19  # conversions within requests run beside responses, which have priority
AUDIO_FILE = 512 << 20  # bytes a conversion may write
EDIT_FILE = 4 << 30  # bytes of one file of an edit, which works on raw samples of 32 bits


def media_ports(settings: Settings, box: Sandbox, media: Path) -> MediaPorts:
    """Return the ports that inspect and convert files below the directory `media`."""
    return MediaPorts(
        probe=ConfinedProbe(box, settings.limits, scratch=media / "scratch"), converter=converter_of(settings, box)
    )


def scratch_of(media: Path) -> LockedScratch:
    """Return the scratch directory, created if missing."""
    scratch = media / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    return LockedScratch(scratch)


@asynccontextmanager
async def picture_converter(settings: Settings, box: Sandbox, media: Path) -> AsyncIterator[VipsPictures]:
    """Yield the converter of pictures, in a working directory that no sweep removes while this process runs."""
    async with (
        LockedScratch(media / "scratch").directory("pictures") as room,
        vips_pictures(box, settings.limits, room=room) as pictures,
    ):
        yield pictures


def blobs_of(settings: Settings, media: Path) -> BlobStore:
    """Return the blob store that the settings name."""
    storage = settings.storage
    if not storage.url.startswith(S3):
        return FilesystemBlobStore(media)
    return S3BlobStore(
        storage.url, endpoint=storage.endpoint, region=storage.region, access_key=storage.access_key,
        secret_key=storage.secret_key,
    )  # fmt: skip


def converter_of(settings: Settings, box: Sandbox) -> FfmpegConverter:
    """Return the converter of videos, with the wheel's ffmpeg unless another is configured."""
    return FfmpegConverter(
        Ffmpeg(
            box=box,
            path=settings.media.ffmpeg or imageio_ffmpeg.get_ffmpeg_exe(),
            memory=settings.limits.child_memory_bytes,
            stall=settings.limits.stall_seconds,
        )
    )


def audio_ports(settings: Settings, box: Sandbox, database: Database) -> AudioPorts:
    """Return the ports of recordings; each process converts beside its other work, so it leaves one processor free."""
    converter = audio_converter_of(settings, box)
    return AudioPorts(
        converter=converter,
        editor=PydubAudioEditor(audio_ffmpeg(settings, box, file=EDIT_FILE), converter),
        store=settings.audio.store,
        database_blobs=PostgresBlobStore(database.lent),
        slots=FairSlots(max(1, (os.cpu_count() or 1) - 1), settings.limits.audio_owner_at_once),
    )


def audio_converter_of(settings: Settings, box: Sandbox) -> FfmpegAudioConverter:
    """Return the converter of recordings."""
    ffmpeg = audio_ffmpeg(settings, box, file=AUDIO_FILE)
    return FfmpegAudioConverter(ffmpeg, settings.limits, quality=settings.audio.quality)


def audio_ffmpeg(settings: Settings, box: Sandbox, *, file: int) -> Ffmpeg:
    """Return the same ffmpeg with tighter limits; `file` is the maximum size in bytes of a file it writes."""
    limits = settings.limits
    return Ffmpeg(
        box=box,
        path=settings.media.ffmpeg or imageio_ffmpeg.get_ffmpeg_exe(),
        memory=limits.audio_child_memory_bytes,
        cpu=limits.audio_child_seconds,
        file=file,
        nice=AUDIO_NICE,
        stall=limits.stall_seconds,
    )
