"""Storing of recordings: admission limits, and how row, bytes and job come to exist together.

Without a worker, row and MP3 appear in one transaction. Before any file is put into the store outside a transaction, a
job is scheduled that removes the file again unless a row has come to need it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from efir.application.audio.records import record_view
from efir.application.context import Ports
from efir.application.jobs.engine import view_of
from efir.application.kernel.idempotency import Guard
from efir.domain.audio.records import (
    AudioRecord,
    Overloaded,
    QuotaExceeded,
    RecordId,
    RecordState,
    UploadsTooFrequent,
)
from efir.domain.audio.wav import Wav
from efir.domain.jobs import ClaimedJob, JobKind, NewJob
from efir.domain.kernel.ids import UserId
from efir.ports.audio import AcceptedAudio, AudioView, ConvertedAudio, Tags
from efir.ports.kernel.blobs import BlobKey, blob_key
from efir.ports.transactions import Transaction

HOUR = timedelta(hours=1)
ANNOUNCED = 600.0  # seconds; storing a file takes far less


class Added(Struct, frozen=True, kw_only=True):
    """The result: a finished or an accepted recording; `new` is False when it existed before."""

    record: AudioView | None = None
    accepted: AcceptedAudio | None = None
    new: bool = True

    @property
    def url(self) -> str:
        """Return the address of the recording."""
        return self.record.url if self.record else self.accepted.url if self.accepted else ""


class Wanted(Struct, frozen=True, kw_only=True):
    """A recording to be created: its row, its tags, and the facts of its sound as far as they are known."""

    record: AudioRecord
    wav: Wav
    tags: Tags


async def find_same(ports: Ports, tx: Transaction, record: AudioRecord) -> Added | None:
    """Return the existing recording, or None; a failed one makes room for another attempt."""
    same = await tx.audio.find_same(record.owner_id, record.source_sha256, record.title)
    if same is None:
        return None
    if same.state is RecordState.FAILED:
        await tx.audio.remove(same.id)
        return None
    return Added(record=record_view(ports, await tx.views.audio.one(same.id)), new=False)


async def admit(ports: Ports, tx: Transaction, owner: UserId, *, now: datetime) -> None:
    """Raises UploadsTooFrequent, QuotaExceeded or Overloaded when the user may not add a recording now."""
    usage = await tx.audio.usage(owner, since=now - HOUR)
    if usage.recent >= ports.limits.audio_owner_hourly:
        raise UploadsTooFrequent(retry_after=600)
    if usage.bytes >= ports.limits.audio_owner_bytes:
        raise QuotaExceeded
    if usage.waiting >= ports.limits.max_waiting_audio:
        raise Overloaded(retry_after=30)


async def store_conversion(ports: Ports, wanted: Wanted, made: ConvertedAudio, guard: Guard[Added]) -> Added:
    """Store row and MP3 together; return the recording, or the one that another request created meanwhile."""
    record = wanted.record
    if ports.audio.store == "storage":
        await announce(ports, record.id)
        await ports.blobs.put_file(sound_key(record.id), made.file.path)
    async with ports.begin() as tx:
        await guard.before(tx)
        added = await _store_row(ports, tx, wanted)
        if added is None:
            if ports.audio.store == "database":
                await tx.blobs.put_file(sound_key(record.id), made.file.path)
            await tx.audio.set_ready(record.id, made, store=ports.audio.store)
            added = Added(record=record_view(ports, await tx.views.audio.one(record.id)))
        await guard.after(tx, added)
    return added


async def queue_record(
    ports: Ports, wanted: Wanted, job: NewJob, files: Mapping[BlobKey, Path], guard: Guard[Added]
) -> Added:
    """Store a row with the job that creates its MP3, and before them the `files` that the job works on."""
    record = wanted.record
    await announce(ports, record.id)
    for key, path in files.items():
        await ports.blobs.put_file(key, path)
    async with ports.begin() as tx:
        await guard.before(tx)
        added = await _store_row(ports, tx, wanted)
        if added is None:
            (job_id,) = await tx.jobs.put([job])
            accepted = view_of(await tx.views.jobs.one(job_id))
            url = ports.links.recording(record.id, record.owner_id)
            added = Added(accepted=AcceptedAudio(id=record.id, url=url, state=RecordState.QUEUED, job=accepted))
        await guard.after(tx, added)
    return added


async def finish_conversion(ports: Ports, job: ClaimedJob, record: AudioRecord, made: ConvertedAudio) -> None:
    """Store the MP3 that a job created, under its fence. Raises LeaseLost."""
    if ports.audio.store == "storage":
        await ports.blobs.put_file(sound_key(record.id), made.file.path)
    async with ports.begin() as tx:
        await tx.jobs.finish(job, {"url": ports.links.recording(record.id, record.owner_id)})
        await tx.audio.get(record.id, lock=True)
        if ports.audio.store == "database":
            await tx.blobs.put_file(sound_key(record.id), made.file.path)
        await tx.audio.set_ready(record.id, made, store=ports.audio.store)
        await tx.jobs.put([tidying(record.id)])


async def _store_row(ports: Ports, tx: Transaction, wanted: Wanted) -> Added | None:
    """Store the row and return None, or return the recording that another request created meanwhile."""
    while not await tx.audio.add(wanted.record, wanted.wav, store=ports.audio.store):
        known = await find_same(ports, tx, wanted.record)
        if known is not None:
            return known
    return None


async def announce(ports: Ports, record_id: RecordId) -> None:
    """Schedule the deletion of stored files unless a row comes to need them."""
    async with ports.begin() as tx:
        await tx.jobs.put([tidying(record_id, delay=ANNOUNCED)])


def tidying(record_id: RecordId, *, delay: float = 0.0) -> NewJob:
    """Return the job that deletes the files that a recording does not need; `delay` is in seconds."""
    return NewJob(kind=JobKind.TIDY_AUDIO, subject=record_id, priority=3, delay=delay)


def source_key(record_id: RecordId) -> BlobKey:
    """Return the key of the WAV file that waits for a worker."""
    return blob_key(f"aud/{record_id}/source.wav")


def parts_key(record_id: RecordId) -> BlobKey:
    """Return the key of the folder of MP3s that an edit by a worker uses."""
    return blob_key(f"aud/{record_id}/parts")


def sound_key(record_id: RecordId) -> BlobKey:
    """Return the key of the MP3, in whichever store it is."""
    return blob_key(f"aud/{record_id}/sound.mp3")
