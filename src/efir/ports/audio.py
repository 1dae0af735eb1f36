"""Ports of audio records: conversion, editing, storage and read models."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.audio.edits import Edit
from efir.domain.audio.records import AudioRecord, RecordId
from efir.domain.audio.wav import Wav
from efir.domain.kernel.ids import UserId
from efir.ports.jobs.jobs import JobView
from efir.ports.kernel.blobs import BlobStore
from efir.ports.kernel.conversion_slots import ConversionSlots
from efir.ports.kernel.pagination import PageRequest, Rows
from efir.ports.processing.media import MediaFile, Report


class Loudness(Struct, frozen=True):
    """Loudness by EBU R 128, measured as in ITU-R BS.1770; None where the sound is too quiet or too short for one."""

    integrated: Annotated[float | None, Meta(description="Integrated loudness in LUFS.", examples=[-16.2])]
    range: Annotated[float | None, Meta(description="Loudness range in LU.", examples=[5.1])]
    true_peak: Annotated[float | None, Meta(description="Maximum true peak in dBTP.", examples=[-1.3])]


class ConvertedAudio(Struct, frozen=True, kw_only=True):
    """A finished MP3, verified by decoding it and comparing it with the source.

    `peaks` holds signed bytes: the minimum and maximum of each `samples_per_pixel` samples over all channels.
    `warnings` holds those of the source and those of the conversion: `scaled`, `high_frequencies`, `channels_cancel`.
    """

    file: MediaFile
    duration: float
    channels: int
    sample_rate: int
    loudness: Loudness
    peaks: bytes
    samples_per_pixel: int
    warnings: tuple[str, ...]
    cpu_seconds: float


class Tags(Struct, frozen=True):
    """Metadata of the MP3 (ID3v2.3)."""

    title: str
    artist: str
    year: int


class AudioConverter(Protocol):
    """Converts a local WAV file to MP3; no audio data passes through the event loop."""

    async def examine(self, source: Path) -> Wav:
        """Read the header of a WAV file. Raises the errors of `read_wav`."""
        ...

    async def convert(self, source: Path, wav: Wav, tags: Tags, out: Path, report: Report) -> ConvertedAudio:
        """Convert in a confined child process into the empty directory `out`; cancellation kills the child.

        Raises AudioUndecodable when the result does not match the source, MediaWorkFailed when the machine is at fault.
        """
        ...


class AudioEditor(Protocol):
    """Edits stored recordings; no audio data passes through the event loop."""

    async def edit(self, edit: Edit, sources: Sequence[Path], out: Path, report: Report) -> tuple[Path, Wav]:
        """Create a WAV file in the empty directory `out` from `sources`, the MP3s of the parts of the edit in order.

        Cancellation ends the confined child processes. Raises AudioEditEmpty, AudioEditOutside, AudioGainTooHigh,
        AudioUndecodable when the edit takes too many resources, MediaWorkFailed when the machine is at fault.
        """
        ...


class AudioView(Struct, frozen=True, gc=False):
    """A recording as shown to its owner."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv4); anyone who has it may download the MP3.")]
    url: Annotated[str, Meta(description="Download URL of the MP3, for anyone who has the link.")]
    title: Annotated[str, Meta(description="Title.", examples=["Rain"])]
    state: Annotated[str, Meta(description="queued, ready or failed.", examples=["ready"])]
    duration: Annotated[float, Meta(description="Length in seconds.", examples=[12.5])]
    channels: Annotated[int, Meta(description="Number of channels in the MP3.", examples=[2])]
    sample_rate: Annotated[int, Meta(description="Sample rate of the MP3 in Hz.", examples=[44100])]
    size: Annotated[int | None, Meta(description="Size of the MP3 in bytes; null until it is ready.")]
    loudness: Annotated[Loudness | None, Meta(description="Measured loudness; null until the MP3 is ready.")]
    waveform: Annotated[str, Meta(description="URL of the waveform's peaks.")]
    content: Annotated[str, Meta(description="URL of the MP3 for playback.")]
    warnings: Annotated[
        list[str], Meta(description="Problems of the WAV file that were corrected, and what the MP3 lost.")
    ]
    error: Annotated["AudioError | None", Meta(description="Reason why the conversion failed.")]
    created_at: Annotated[datetime, Meta(description="When the recording was received.")]
    edited_from: Annotated[UUID | None, Meta(description="Recording it was edited from, while that exists.")]


class AudioError(Struct, frozen=True, gc=False):
    """Reason why a recording could not be converted."""

    code: Annotated[str, Meta(description="Stable error code.", examples=["audio-undecodable"])]
    detail: Annotated[str, Meta(description="Explanation of the error.")]


class AcceptedAudio(Struct, frozen=True):
    """A recording accepted for conversion by a worker; its URL is final."""

    id: Annotated[UUID, Meta(description="Identifier of the recording.")]
    url: Annotated[str, Meta(description="URL at which the MP3 will be available.")]
    state: Annotated[str, Meta(description="Always queued.", examples=["queued"])]
    job: Annotated[JobView, Meta(description="Conversion job.")]


class Waveform(Struct, frozen=True):
    """Peaks of a whole recording, in version 2 of the JSON format of BBC audiowaveform."""

    version: Annotated[int, Meta(description="Version of the format.", examples=[2])]
    channels: Annotated[int, Meta(description="Number of channels in the data.", examples=[1])]
    sample_rate: Annotated[int, Meta(description="Sample rate of the MP3 in Hz.", examples=[44100])]
    samples_per_pixel: Annotated[int, Meta(description="Number of samples that each pair covers.", examples=[256])]
    bits: Annotated[int, Meta(description="Bits per value.", examples=[8])]
    length: Annotated[int, Meta(description="Number of pairs.", examples=[2])]
    data: Annotated[list[int], Meta(description="Minimum and maximum of each pair.", examples=[[-3, 4, -90, 88]])]


class AudioFacts(Struct, frozen=True, gc=False, array_like=True):
    """A recording's row, in column order; `store` is where the MP3 is kept: `database` or `storage`."""

    id: UUID
    owner_id: UUID
    title: str
    state: str
    store: str
    duration: float
    channels: int
    sample_rate: int
    size: int | None
    sha256: bytes | None
    integrated: float | None
    range: float | None
    true_peak: float | None
    warnings: list[str]
    error_code: str | None
    error_detail: str | None
    created_at: datetime
    edited_from: UUID | None


class Usage(Struct, frozen=True):
    """Usage to compare with limits: bytes and recent recordings of a user, and recordings of all users in the queue."""

    bytes: int
    recent: int
    waiting: int


class AudioRepository(Protocol):
    """Stores recordings within a transaction."""

    async def add(self, record: AudioRecord, wav: Wav, *, store: str) -> bool:
        """Store a new recording. Return False when this owner already has one with the same bytes and title."""
        ...

    async def find_same(self, owner: UserId, source_sha256: bytes, title: str) -> AudioRecord | None:
        """Find the owner's recording with the same source bytes and title."""
        ...

    async def get(self, record_id: RecordId, *, lock: bool = False) -> AudioRecord:
        """Return a recording; `lock` locks its row. Raises RecordingNotFound."""
        ...

    async def find(self, record_id: RecordId) -> AudioRecord | None:
        """Return a recording, or None when it is unknown or deleted."""
        ...

    async def set_ready(self, record_id: RecordId, made: ConvertedAudio, *, store: str) -> None:
        """Mark a recording as ready and store the results of the conversion."""
        ...

    async def set_failed(self, record_id: RecordId, *, code: str, detail: str) -> None:
        """Mark a recording as failed and store the reason."""
        ...

    async def remove(self, record_id: RecordId) -> None:
        """Delete the row of a recording."""
        ...

    async def usage(self, owner: UserId, *, since: datetime) -> Usage:
        """Return the usage to compare with limits; `since` bounds the recent recordings."""
        ...


class AudioViews(Protocol):
    """Reads recordings, each method with one SQL statement."""

    async def one(self, record_id: RecordId) -> AudioFacts:
        """Return a recording. Raises RecordingNotFound."""
        ...

    async def list_by_owner(self, owner: UserId, wanted: PageRequest) -> Rows[AudioFacts]:
        """List a user's recordings, newest first."""
        ...

    async def waveform(self, record_id: RecordId) -> Waveform:
        """Return the peaks of a recording that is ready. Raises RecordingNotFound, RecordingNotReady."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioPorts:
    """Ports that convert, edit and store recordings; `store` is `database` or `storage`."""

    converter: AudioConverter
    editor: AudioEditor
    store: str
    database_blobs: BlobStore
    slots: ConversionSlots


class AudioRepositories(Protocol):
    """Repositories of audio records."""

    @property
    def audio(self) -> AudioRepository:
        """The repository of audio records."""
        ...


class AudioReadModels(Protocol):
    """Read models of audio records."""

    @property
    def audio(self) -> AudioViews:
        """The read model of audio records."""
        ...
