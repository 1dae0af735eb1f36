"""A WAV file becomes a recording: converted within the request when it is short, by a worker otherwise.

Without a worker in between, row and MP3 appear in one transaction. What is put into the store of files before a
transaction is announced by a job that takes it away again unless a row has come to need it.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from efir.application.audio.records import record_url, record_view
from efir.application.audio.spooling import Received
from efir.application.context import Ports
from efir.application.jobs.engine import Progress, view_of
from efir.application.kernel.idempotency import Once
from efir.application.processing.publishing import local_file
from efir.domain.audio.records import (
    AudioRecord,
    Overloaded,
    QuotaExceeded,
    RecordId,
    RecordState,
    UploadsTooFrequent,
    parse_record_title,
    title_from,
)
from efir.domain.audio.wav import Wav
from efir.domain.jobs import ClaimedJob, Failure, JobKind, NewJob, Queue
from efir.domain.kernel.ids import UserId
from efir.domain.processing.source_facts import MediaWorkFailed
from efir.ports.audio import AcceptedAudio, AudioView, ConvertedAudio, Tags
from efir.ports.jobs.jobs import JobRow
from efir.ports.kernel.blobs import BlobKey, blob_key
from efir.ports.kernel.pagination import PageRequest
from efir.ports.transactions import Transaction

HOUR = timedelta(hours=1)
AT_ONCE = 100  # recordings
UNTITLED = "Recording"
ANNOUNCED = 600.0  # seconds; much longer than storing a file takes
STILL_WRITING = 30.0  # seconds; a worker notices within a heartbeat that its job was taken away


class About(Struct, frozen=True, kw_only=True):
    """What a request says of a recording; without a title the file's own one or its name is taken.

    `later` asks for a worker.
    """

    title: str | None = None
    filename: str = ""
    artist: str = ""
    later: bool = False


class Added(Struct, frozen=True, kw_only=True):
    """The outcome: a recording to be had now, or one accepted; `new` is False when it was there before."""

    record: AudioView | None = None
    accepted: AcceptedAudio | None = None
    new: bool = True

    @property
    def url(self) -> str:
        """Address of the recording."""
        return self.record.url if self.record else self.accepted.url if self.accepted else ""


class _Wanted(Struct, frozen=True, kw_only=True):
    record: AudioRecord
    wav: Wav
    tags: Tags
    sound: Received


async def add_record(
    ports: Ports, *, owner: UserId, sound: Received, about: About, once: Once[Added], now: datetime
) -> Added:
    """Make a recording of a WAV file, or answer the one made of the same bytes under the same title before.

    Raises InvalidAudio, NotWav, WavCodecUnsupported, WavMalformed, AudioEmpty, AudioLimitsExceeded, AudioUndecodable,
    UploadsTooFrequent, QuotaExceeded, Overloaded, StorageFull.
    """
    most = ports.limits.max_title_length
    given = None if about.title is None else parse_record_title(about.title, most=most)
    wav = await ports.audio.converter.examine(sound.path)
    title = given or wav.title[:most].strip() or title_from(about.filename, otherwise=UNTITLED, most=most)
    record = AudioRecord(
        id=RecordId(ports.new_token()), owner_id=owner, title=title, state=RecordState.QUEUED,
        source_sha256=sound.sha256, source_bytes=sound.size, created_at=now,
    )  # fmt: skip
    wanted = _Wanted(record=record, wav=wav, tags=Tags(title, wav.artist or about.artist, now.year), sound=sound)
    async with ports.begin() as tx:
        await once.before(tx)
        known = await _find_same(ports, tx, record)
        if known is not None:
            await once.after(tx, known)
            return known
        await _admit(ports, tx, owner, now=now)
    if not about.later and wav.duration <= ports.limits.audio_inline_seconds:
        async with ports.audio.slots.taken(owner, within=ports.limits.audio_slot_seconds) as mine:
            made = await _convert(ports, wanted) if mine else None
        if made is not None:
            return await _keep(ports, wanted, made, once)
    return await _queue(ports, wanted, once)


async def convert_audio(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
    """Convert an accepted recording; the WAV file goes once the MP3 is there."""
    record_id = RecordId(job.subject)
    async with ports.begin() as tx:
        record = await tx.audio.get(record_id)
    async with ports.scratch.directory("audio") as scratch, ports.scratch.directory("audio") as out:
        source = await local_file(ports, source_key(record_id), scratch)
        wav = await ports.audio.converter.examine(source)
        tags = Tags(record.title, wav.artist or job.facts["artist"], record.created_at.year)
        made = await ports.audio.converter.convert(source, wav, tags, out, progress)
        if ports.audio.store == "storage":
            await ports.blobs.put_file(sound_key(record_id), made.file.path)
        async with ports.begin() as tx:
            await tx.jobs.finish(job, {"url": record_url(ports, record.id, record.owner_id)})
            await tx.audio.get(record_id, lock=True)
            if ports.audio.store == "database":
                await tx.blobs.put_file(sound_key(record_id), made.file.path)
            await tx.audio.set_ready(record_id, made, store=ports.audio.store)
            await tx.jobs.put([tidying(record_id)])


async def audio_failed(_ports: Ports, tx: Transaction, job: JobRow, failure: Failure) -> None:
    """Tell why an accepted recording could not be converted; its WAV file goes."""
    record_id = RecordId(job.subject)
    await tx.audio.set_failed(record_id, code=failure.code, detail=failure.detail)
    await tx.jobs.put([tidying(record_id)])


async def drop_recordings(ports: Ports, job: ClaimedJob, _progress: Progress) -> None:
    """Delete all recordings of an account that is deleted."""
    owner = UserId(job.subject)
    while True:
        async with ports.read() as views:
            found = await views.audio.of_owner(owner, PageRequest(limit=AT_ONCE))
        for record in found.items:
            await delete_record(ports, record_id=RecordId(record.id), owner=owner)
        if not found.items:
            break
    async with ports.begin() as tx:
        await tx.jobs.finish(job)


async def tidy_audio(ports: Ports, job: ClaimedJob, _progress: Progress) -> None:
    """Take away the files of a recording that its row does not need."""
    record_id = RecordId(job.subject)
    async with ports.begin() as tx:
        record = await tx.audio.find(record_id)
    if record is None or record.state is RecordState.FAILED:
        await ports.blobs.delete_prefix(blob_key(f"aud/{record_id}"))
    elif record.state is RecordState.READY:
        await ports.blobs.delete(source_key(record_id))
    async with ports.begin() as tx:
        await tx.jobs.finish(job)


def tidying(record_id: RecordId, *, delay: float = 0.0) -> NewJob:
    """Describe the job that takes away what a recording does not need."""
    return NewJob(kind=JobKind.TIDY_AUDIO, subject=record_id, priority=3, delay=delay)


def source_key(record_id: RecordId) -> BlobKey:
    """Name the WAV file that waits for a worker."""
    return blob_key(f"aud/{record_id}/source.wav")


def sound_key(record_id: RecordId) -> BlobKey:
    """Name the MP3, in whichever store."""
    return blob_key(f"aud/{record_id}/sound.mp3")


async def _find_same(ports: Ports, tx: Transaction, record: AudioRecord) -> Added | None:
    """Return the recording that is there already; one that failed makes room for another try."""
    same = await tx.audio.same(record.owner_id, record.source_sha256, record.title)
    if same is None:
        return None
    if same.state is RecordState.FAILED:
        await tx.audio.remove(same.id)
        return None
    return Added(record=record_view(ports, await tx.views.audio.one(same.id)), new=False)


async def _admit(ports: Ports, tx: Transaction, owner: UserId, *, now: datetime) -> None:
    usage = await tx.audio.usage(owner, since=now - HOUR)
    if usage.recent >= ports.limits.audio_owner_hourly:
        raise UploadsTooFrequent(retry_after=600)
    if usage.bytes >= ports.limits.audio_owner_bytes:
        raise QuotaExceeded
    if usage.waiting >= ports.limits.max_waiting_audio:
        raise Overloaded(retry_after=30)


async def _convert(ports: Ports, wanted: _Wanted) -> ConvertedAudio | None:
    """Convert now; None when the machine is at fault, because a worker may do better later."""
    try:
        return await ports.audio.converter.convert(
            wanted.sound.path, wanted.wav, wanted.tags, wanted.sound.folder, lambda _progress: None
        )
    except MediaWorkFailed:
        return None


async def _keep(ports: Ports, wanted: _Wanted, made: ConvertedAudio, once: Once[Added]) -> Added:
    record = wanted.record
    if ports.audio.store == "storage":
        await _announce(ports, record.id)
        await ports.blobs.put_file(sound_key(record.id), made.file.path)
    async with ports.begin() as tx:
        await once.before(tx)
        added = await _store(ports, tx, wanted)
        if added is None:
            if ports.audio.store == "database":
                await tx.blobs.put_file(sound_key(record.id), made.file.path)
            await tx.audio.set_ready(record.id, made, store=ports.audio.store)
            added = Added(record=record_view(ports, await tx.views.audio.one(record.id)))
        await once.after(tx, added)
    return added


async def _queue(ports: Ports, wanted: _Wanted, once: Once[Added]) -> Added:
    record = wanted.record
    await _announce(ports, record.id)
    await ports.blobs.put_file(source_key(record.id), wanted.sound.path)
    async with ports.begin() as tx:
        await once.before(tx)
        added = await _store(ports, tx, wanted)
        if added is None:
            (job_id,) = await tx.jobs.put([_conversion(wanted)])
            job = view_of(await tx.views.jobs.one(job_id))
            url = record_url(ports, record.id, record.owner_id)
            added = Added(accepted=AcceptedAudio(id=record.id, url=url, state=RecordState.QUEUED, job=job))
        await once.after(tx, added)
    return added


async def _store(ports: Ports, tx: Transaction, wanted: _Wanted) -> Added | None:
    """Store the row; None when that was done, else the recording that another request made meanwhile."""
    while not await tx.audio.add(wanted.record, wanted.wav, store=ports.audio.store):
        known = await _find_same(ports, tx, wanted.record)
        if known is not None:
            return known
    return None


def _conversion(wanted: _Wanted) -> NewJob:
    return NewJob(
        kind=JobKind.CONVERT_AUDIO, subject=wanted.record.id, owner_id=wanted.record.owner_id, generation=1, priority=0,
        queue=Queue.MEDIA, cost=0.2 + wanted.wav.duration / 60, facts={"artist": wanted.tags.artist},
    )  # fmt: skip


async def _announce(ports: Ports, record_id: RecordId) -> None:
    async with ports.begin() as tx:
        await tx.jobs.put([tidying(record_id, delay=ANNOUNCED)])


async def delete_record(ports: Ports, *, record_id: RecordId, owner: UserId) -> None:
    """Delete a recording and its bytes; a running conversion loses its fence. Raises RecordingNotFound."""
    async with ports.begin() as tx:
        record = (await tx.audio.get(record_id, lock=True)).owned_by(owner)
        await tx.jobs.cancel(record_id)
        await tx.audio.remove(record_id)
        await tx.blobs.delete(sound_key(record_id))
        await tx.jobs.put([tidying(record_id, delay=STILL_WRITING if record.state is RecordState.QUEUED else 0.0)])
