"""The ports of files and media: where they lie, and what converts them."""

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

AUDIO_NICE = 19  # conversions within requests run beside answers, which go first
AUDIO_FILE = 512 << 20  # bytes a conversion may write
EDIT_FILE = 4 << 30  # bytes of one file of an edit, which works on raw samples of 32 bits


def media_ports(settings: Settings, box: Sandbox, media: Path) -> MediaPorts:
    """Wire what looks into files and converts them, below the directory `media`."""
    return MediaPorts(
        probe=ConfinedProbe(box, settings.limits, scratch=media / "scratch"), converter=converter_of(settings, box)
    )


def scratch_of(media: Path) -> LockedScratch:
    """Make the directory of working directories, if it is missing."""
    scratch = media / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    return LockedScratch(scratch)


@asynccontextmanager
async def picture_converter(settings: Settings, box: Sandbox, media: Path) -> AsyncIterator[VipsPictures]:
    """The converter of pictures, in a working directory that no sweep takes away while this process lives."""
    async with (
        LockedScratch(media / "scratch").directory("pictures") as room,
        vips_pictures(box, settings.limits, room=room) as pictures,
    ):
        yield pictures


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


def audio_ports(settings: Settings, box: Sandbox, database: Database) -> AudioPorts:
    """Wire what recordings need: each process converts beside its other work, so it leaves a processor free."""
    converter = audio_converter_of(settings, box)
    return AudioPorts(
        converter=converter,
        editor=PydubAudioEditor(audio_ffmpeg(settings, box, file=EDIT_FILE), converter),
        store=settings.audio.store,
        database_blobs=PostgresBlobStore(database.lent),
        slots=FairSlots(max(1, (os.cpu_count() or 1) - 1), settings.limits.audio_owner_at_once),
    )


def audio_converter_of(settings: Settings, box: Sandbox) -> FfmpegAudioConverter:
    """The converter of recordings."""
    ffmpeg = audio_ffmpeg(settings, box, file=AUDIO_FILE)
    return FfmpegAudioConverter(ffmpeg, settings.limits, quality=settings.audio.quality)


def audio_ffmpeg(settings: Settings, box: Sandbox, *, file: int) -> Ffmpeg:
    """The same ffmpeg with closer bounds; `file` is the bytes of a file it may write."""
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
