"""Audio records: conversion, storage and read models."""

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
    """Loudness by EBU R128 as ITU-R BS.1770 measures it; None where the sound is too quiet or short to have one."""

    integrated: Annotated[float | None, Meta(description="Whole recording, LUFS.", examples=[-16.2])]
    range: Annotated[float | None, Meta(description="Loudness range, LU.", examples=[5.1])]
    true_peak: Annotated[float | None, Meta(description="Highest true peak, dBTP.", examples=[-1.3])]


class ConvertedAudio(Struct, frozen=True, kw_only=True):
    """A finished MP3 that was decoded again and found to be the source's sound.

    `peaks` holds signed bytes: the lowest and the highest of each `samples_per_pixel` samples of all channels together.
    `warnings` are those of the file and what became less: `scaled`, `high_frequencies`, `channels_cancel`.
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
    """Turns a local WAV file into an MP3; no sound data crosses the event loop."""

    async def examine(self, source: Path) -> Wav:
        """Read the header. Raises what `read_wav` raises."""
        ...

    async def convert(self, source: Path, wav: Wav, tags: Tags, out: Path, report: Report) -> ConvertedAudio:
        """Convert in a confined child, below the empty directory `out`; cancelling kills it.

        Raises AudioUndecodable when the result is not the source's sound, MediaWorkFailed when the machine is at fault.
        """
        ...


class AudioEditor(Protocol):
    """Edits sound that this service keeps; no sound data crosses the event loop."""

    async def edit(self, edit: Edit, sources: Sequence[Path], out: Path, report: Report) -> tuple[Path, Wav]:
        """Make a WAV file below the empty directory `out` of the MP3s of the parts of an edit, in their order.

        Cancelling ends the confined children. Raises AudioEditEmpty, AudioEditOutside, AudioGainTooHigh,
        AudioUndecodable when it takes too much, MediaWorkFailed when the machine is at fault.
        """
        ...


class AudioView(Struct, frozen=True, gc=False):
    """A recording as its owner sees it."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv4: who has it may download).")]
    url: Annotated[str, Meta(description="Where everybody who has the link downloads the MP3.")]
    title: Annotated[str, Meta(description="Title.", examples=["Rain"])]
    state: Annotated[str, Meta(description="queued, ready or failed.", examples=["ready"])]
    duration: Annotated[float, Meta(description="Length in seconds.", examples=[12.5])]
    channels: Annotated[int, Meta(description="Channels of the MP3.", examples=[2])]
    sample_rate: Annotated[int, Meta(description="Samples a second of the MP3.", examples=[44100])]
    size: Annotated[int | None, Meta(description="Bytes of the MP3, once it is there.")]
    loudness: Annotated[Loudness | None, Meta(description="Measured loudness, once it is there.")]
    waveform: Annotated[str, Meta(description="Address of the waveform's peaks.")]
    content: Annotated[str, Meta(description="Address of the MP3 for players.")]
    warnings: Annotated[
        list[str], Meta(description="What was amiss with the WAV file and could be helped, and what the MP3 has less.")
    ]
    error: Annotated["AudioError | None", Meta(description="Why the conversion failed.")]
    created_at: Annotated[datetime, Meta(description="When it was sent.")]
    edited_from: Annotated[UUID | None, Meta(description="The recording it was edited from, while that is there.")]


class AudioError(Struct, frozen=True, gc=False):
    """Why a recording could not be converted."""

    code: Annotated[str, Meta(description="Stable code.", examples=["audio-undecodable"])]
    detail: Annotated[str, Meta(description="The reason in words.")]


class AcceptedAudio(Struct, frozen=True):
    """A recording that a worker converts; the address is final."""

    id: Annotated[UUID, Meta(description="Identifier of the recording.")]
    url: Annotated[str, Meta(description="Where the MP3 will be.")]
    state: Annotated[str, Meta(description="queued.", examples=["queued"])]
    job: Annotated[JobView, Meta(description="The conversion.")]


class Waveform(Struct, frozen=True):
    """Peaks of a whole recording, in the form of BBC audiowaveform's version 2."""

    version: Annotated[int, Meta(description="Version of the form.", examples=[2])]
    channels: Annotated[int, Meta(description="Channels of the data.", examples=[1])]
    sample_rate: Annotated[int, Meta(description="Samples a second of the MP3.", examples=[44100])]
    samples_per_pixel: Annotated[int, Meta(description="Samples each pair stands for.", examples=[256])]
    bits: Annotated[int, Meta(description="Bits of a value.", examples=[8])]
    length: Annotated[int, Meta(description="Number of pairs.", examples=[2])]
    data: Annotated[list[int], Meta(description="Lowest and highest value of each pair.", examples=[[-3, 4, -90, 88]])]


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
    """What limits are compared with: bytes and recent recordings of a person, and how many wait for a worker."""

    bytes: int
    recent: int
    waiting: int


class AudioRepository(Protocol):
    """Recordings inside a transaction."""

    async def add(self, record: AudioRecord, wav: Wav, *, store: str) -> bool:
        """Store a new recording; False when this owner has one of the same bytes and title."""
        ...

    async def find_same(self, owner: UserId, source_sha256: bytes, title: str) -> AudioRecord | None:
        """Find the recording that this owner made of the same bytes under the same title."""
        ...

    async def get(self, record_id: RecordId, *, lock: bool = False) -> AudioRecord:
        """Raises RecordingNotFound."""
        ...

    async def find(self, record_id: RecordId) -> AudioRecord | None:
        """Return a recording, or None when it is unknown or deleted."""
        ...

    async def set_ready(self, record_id: RecordId, made: ConvertedAudio, *, store: str) -> None:
        """Note what the conversion found."""
        ...

    async def set_failed(self, record_id: RecordId, *, code: str, detail: str) -> None:
        """Note why the conversion failed."""
        ...

    async def remove(self, record_id: RecordId) -> None:
        """Remove the row."""
        ...

    async def usage(self, owner: UserId, *, since: datetime) -> Usage:
        """Add up what limits are compared with."""
        ...


class AudioViews(Protocol):
    """Recordings, read: one statement each."""

    async def one(self, record_id: RecordId) -> AudioFacts:
        """Raises RecordingNotFound."""
        ...

    async def list_by_owner(self, owner: UserId, wanted: PageRequest) -> Rows[AudioFacts]:
        """List a person's recordings, newest first."""
        ...

    async def waveform(self, record_id: RecordId) -> Waveform:
        """Return the peaks of a recording that is ready. Raises RecordingNotFound, RecordingNotReady."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioPorts:
    """What converts recordings, and where they are kept: `store` is `database` or `storage`."""

    converter: AudioConverter
    editor: AudioEditor
    store: str
    database_blobs: BlobStore
    slots: ConversionSlots


class AudioRepositories(Protocol):
    """What is changed of audio records."""

    @property
    def audio(self) -> AudioRepository:
        """Changes audio records."""
        ...


class AudioReadModels(Protocol):
    """What is read of audio records."""

    @property
    def audio(self) -> AudioViews:
        """Reads audio records."""
        ...
