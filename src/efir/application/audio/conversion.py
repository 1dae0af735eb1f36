"""Conversion of a WAV file to a recording: within the request when it is short, by a worker otherwise."""

from datetime import datetime

from msgspec import Struct

from efir.application.audio.acceptance import (
    Added,
    Wanted,
    admit,
    find_same,
    finish_conversion,
    parts_key,
    queue_record,
    sound_key,
    source_key,
    store_conversion,
    tidying,
)
from efir.application.audio.spooling import Received
from efir.application.context import Ports
from efir.application.jobs.engine import Progress
from efir.application.kernel.idempotency import Guard
from efir.application.processing.publishing import local_file
from efir.domain.audio.records import AudioRecord, RecordId, RecordState, parse_record_title, title_from
from efir.domain.jobs import ClaimedJob, Failure, JobKind, NewJob, Queue
from efir.domain.kernel.ids import UserId
from efir.domain.processing.source_facts import MediaWorkFailed
from efir.ports.audio import ConvertedAudio, Tags
from efir.ports.jobs.jobs import JobRow
from efir.ports.kernel.blobs import blob_key
from efir.ports.kernel.pagination import PageRequest
from efir.ports.transactions import Transaction

AT_ONCE = 100  # recordings
UNTITLED = "Recording"
STILL_WRITING = 30.0  # seconds; a worker notices within a heartbeat that it has lost its job


class About(Struct, frozen=True, kw_only=True):
    """Fields of a request for a recording; the title defaults to the one inside the file, then to the file name.

    `later` requests conversion by a worker.
    """

    title: str | None = None
    filename: str = ""
    artist: str = ""
    later: bool = False


async def add_record(
    ports: Ports, *, owner: UserId, sound: Received, about: About, guard: Guard[Added], now: datetime
) -> Added:
    """Convert a WAV file to a recording, or return the one created before from the same bytes under the same title.

    Raises InvalidAudio, NotWav, WavCodecUnsupported, WavMalformed, AudioEmpty, AudioLimitsExceeded, AudioUndecodable,
    UploadsTooFrequent, QuotaExceeded, Overloaded, StorageFull.
    """
    most = ports.limits.max_title_length
    given = None if about.title is None else parse_record_title(about.title, max_length=most)
    wav = await ports.audio.converter.examine(sound.path)
    title = given or wav.title[:most].strip() or title_from(about.filename, otherwise=UNTITLED, max_length=most)
    record = AudioRecord(
        id=RecordId(ports.new_token()), owner_id=owner, title=title, state=RecordState.QUEUED,
        source_sha256=sound.sha256, source_bytes=sound.size, created_at=now,
    )  # fmt: skip
    wanted = Wanted(record=record, wav=wav, tags=Tags(title, wav.artist or about.artist, now.year))
    async with ports.begin() as tx:
        await guard.before(tx)
        known = await find_same(ports, tx, record)
        if known is not None:
            await guard.after(tx, known)
            return known
        await admit(ports, tx, owner, now=now)
    if not about.later and wav.duration <= ports.limits.audio_inline_seconds:
        async with ports.audio.slots.acquire(owner, within=ports.limits.audio_slot_seconds) as mine:
            made = await _convert(ports, wanted, sound) if mine else None
        if made is not None:
            return await store_conversion(ports, wanted, made, guard)
    return await queue_record(ports, wanted, _conversion(wanted), {source_key(record.id): sound.path}, guard)


async def convert_audio(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
    """Convert an accepted recording; delete the WAV file once the MP3 is stored."""
    record_id = RecordId(job.subject)
    async with ports.begin() as tx:
        record = await tx.audio.get(record_id)
    async with ports.scratch.directory("audio") as scratch, ports.scratch.directory("audio") as out:
        source = await local_file(ports, source_key(record_id), scratch)
        wav = await ports.audio.converter.examine(source)
        tags = Tags(record.title, wav.artist or job.facts["artist"], record.created_at.year)
        made = await ports.audio.converter.convert(source, wav, tags, out, progress)
        await finish_conversion(ports, job, record, made)


async def handle_audio_failure(_ports: Ports, tx: Transaction, job: JobRow, failure: Failure) -> None:
    """Store why an accepted recording could not be converted, and delete its WAV file."""
    record_id = RecordId(job.subject)
    await tx.audio.set_failed(record_id, code=failure.code, detail=failure.detail)
    await tx.jobs.put([tidying(record_id)])


async def drop_recordings(ports: Ports, job: ClaimedJob, _progress: Progress) -> None:
    """Delete all recordings of a deleted account."""
    owner = UserId(job.subject)
    while True:
        async with ports.read() as views:
            found = await views.audio.list_by_owner(owner, PageRequest(limit=AT_ONCE))
        for record in found.items:
            await delete_record(ports, record_id=RecordId(record.id), owner=owner)
        if not found.items:
            break
    async with ports.begin() as tx:
        await tx.jobs.finish(job)


async def tidy_audio(ports: Ports, job: ClaimedJob, _progress: Progress) -> None:
    """Delete the files of a recording that its row does not need."""
    record_id = RecordId(job.subject)
    async with ports.begin() as tx:
        record = await tx.audio.find(record_id)
    if record is None or record.state is RecordState.FAILED:
        await ports.blobs.delete_prefix(blob_key(f"aud/{record_id}"))
    elif record.state is RecordState.READY:
        await ports.blobs.delete(source_key(record_id))
        await ports.blobs.delete_prefix(parts_key(record_id))
    async with ports.begin() as tx:
        await tx.jobs.finish(job)


async def _convert(ports: Ports, wanted: Wanted, sound: Received) -> ConvertedAudio | None:
    """Convert now; return None when the machine is at fault, because a worker may succeed later."""
    try:
        return await ports.audio.converter.convert(
            sound.path, wanted.wav, wanted.tags, sound.folder, lambda _progress: None
        )
    except MediaWorkFailed:
        return None


async def delete_record(ports: Ports, *, record_id: RecordId, owner: UserId) -> None:
    """Delete a recording and its bytes; a running conversion loses its fence. Raises RecordingNotFound."""
    async with ports.begin() as tx:
        record = (await tx.audio.get(record_id, lock=True)).require_owner(owner)
        await tx.jobs.cancel(record_id)
        await tx.audio.remove(record_id)
        await tx.blobs.delete(sound_key(record_id))
        await tx.jobs.put([tidying(record_id, delay=STILL_WRITING if record.state is RecordState.QUEUED else 0.0)])


def _conversion(wanted: Wanted) -> NewJob:
    return NewJob(
        kind=JobKind.CONVERT_AUDIO, subject=wanted.record.id, owner_id=wanted.record.owner_id, generation=1, priority=0,
        queue=Queue.MEDIA, cost=0.2 + wanted.wav.duration / 60, facts={"artist": wanted.tags.artist},
    )  # fmt: skip
