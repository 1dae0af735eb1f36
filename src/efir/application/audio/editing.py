"""Editing of recordings: an edit creates a new recording and leaves the edited one unchanged.

The MP3s that an edit uses are copied before the response, so deleting them afterwards changes nothing.
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec
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
    store_conversion,
)
from efir.application.context import Ports
from efir.application.jobs.engine import Progress
from efir.application.kernel.idempotency import Guard
from efir.application.processing.publishing import COPY_BYTES, local_file
from efir.domain.audio.edits import (
    Edit,
    Operation,
    Part,
    check_operations,
    find_joined,
    from_facts,
    plan_edit,
    to_facts,
)
from efir.domain.audio.records import (
    AudioRecord,
    RecordId,
    RecordingFailed,
    RecordingNotFound,
    RecordingNotReady,
    RecordState,
    invalid_audio,
    parse_record_title,
)
from efir.domain.jobs import ClaimedJob, JobKind, NewJob, Queue
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.ownership import require_owner
from efir.domain.processing.source_facts import MediaWorkFailed
from efir.ports.audio import AudioFacts, ConvertedAudio, Tags
from efir.ports.kernel.blobs import BlobKey, BlobMissing, blob_key
from efir.ports.processing.media import Report
from efir.ports.transactions import Transaction

EDITING = 0.4  # share of the whole work; the rest is conversion


class EditOrder(Struct, frozen=True, kw_only=True):
    """Fields of an edit request; the title defaults to that of the edited recording, `later` requests a worker."""

    operations: tuple[Operation, ...]
    title: str | None = None
    artist: str = ""
    later: bool = False


async def edit_record(
    ports: Ports, *, record_id: RecordId, owner: UserId, order: EditOrder, guard: Guard[Added], now: datetime
) -> Added:
    """Create a recording by an edit, or return the one created before by the same edit under the same title.

    Raises InvalidAudio, RecordingNotFound, RecordingNotReady, RecordingFailed, AudioLimitsExceeded, AudioEditEmpty,
    AudioEditOutside, AudioGainTooHigh, AudioUndecodable, UploadsTooFrequent, QuotaExceeded, Overloaded, StorageFull.
    """
    check_operations(order.operations, ports.limits)
    async with ports.begin() as tx:
        await guard.before(tx)
        sources = await _find_sources(tx, record_id, owner, order.operations)
        edit = plan_edit(order.operations, [_part(facts) for facts in sources], ports.limits)
        wanted = _describe(ports, sources, edit, order, now)
        known = await find_same(ports, tx, wanted.record)
        if known is not None:
            await guard.after(tx, known)
            return known
        await admit(ports, tx, owner, now=now)
    async with ports.scratch.directory("audio") as folder:
        files = [await _copy_sound(ports, facts, folder) for facts in sources]
        if not order.later and edit.seconds <= ports.limits.audio_inline_seconds:
            async with ports.audio.slots.acquire(owner, within=ports.limits.audio_slot_seconds) as mine:
                made = await _edit_now(ports, edit, files, wanted.tags, folder) if mine else None
            if made is not None:
                return await store_conversion(ports, wanted, made, guard)
        parts = {_part_key(wanted.record.id, number): file for number, file in enumerate(files)}
        return await queue_record(ports, wanted, _job(wanted, edit), parts, guard)


async def edit_audio(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
    """Perform an accepted edit; delete the copies it used once the MP3 is stored."""
    record_id = RecordId(job.subject)
    async with ports.begin() as tx:
        record = await tx.audio.get(record_id)
    operations = [from_facts(facts) for facts in job.facts["operations"]]
    edit = plan_edit(operations, msgspec.convert(job.facts["parts"], list[Part]), ports.limits)
    tags = Tags(record.title, job.facts["artist"], record.created_at.year)
    async with AsyncExitStack() as stack:
        scratch, folder = [await stack.enter_async_context(ports.scratch.directory("audio")) for _ in range(2)]
        keys = [_part_key(record_id, number) for number in range(len(edit.parts))]
        files = [await local_file(ports, key, scratch) for key in keys]
        await finish_conversion(ports, job, record, await _make(ports, edit, files, tags, folder, progress))


async def _find_sources(
    tx: Transaction, record_id: RecordId, owner: UserId, operations: Sequence[Operation]
) -> list[AudioFacts]:
    """Return each recording that an edit uses once, the edited one first."""
    found = {record_id: _require_ready(await tx.views.audio.one(record_id), owner)}
    for pointer, other in find_joined(operations):
        if other in found:
            continue
        try:
            found[other] = _require_ready(await tx.views.audio.one(other), owner)
        except RecordingNotFound as error:
            raise invalid_audio(pointer, "unknown", "You have no such recording.") from error
        except (RecordingNotReady, RecordingFailed) as error:
            raise invalid_audio(pointer, "not-ready", "This recording is not ready.") from error
    return list(found.values())


def _require_ready(facts: AudioFacts, owner: UserId) -> AudioFacts:
    require_owner(facts.owner_id, owner, RecordingNotFound)
    if facts.state == RecordState.FAILED:
        raise RecordingFailed(facts.error_detail or "")
    if facts.state == RecordState.QUEUED or facts.sha256 is None:
        raise RecordingNotReady(retry_after=1)
    return facts


def _part(facts: AudioFacts) -> Part:
    return Part(id=RecordId(facts.id), duration=facts.duration, channels=facts.channels, rate=facts.sample_rate)


def _describe(ports: Ports, sources: list[AudioFacts], edit: Edit, order: EditOrder, now: datetime) -> Wanted:
    edited = sources[0]
    title = (
        edited.title
        if order.title is None
        else parse_record_title(order.title, max_length=ports.limits.max_title_length)
    )
    record = AudioRecord(
        id=RecordId(ports.new_token()), owner_id=UserId(edited.owner_id), title=title, state=RecordState.QUEUED,
        source_sha256=_digest(sources, edit), source_bytes=sum(facts.size or 0 for facts in sources), created_at=now,
        edited_from=RecordId(edited.id),
    )  # fmt: skip
    return Wanted(record=record, wav=edit.plan_sound(), tags=Tags(title, order.artist, now.year))


def _digest(sources: list[AudioFacts], edit: Edit) -> bytes:
    """Return a digest that is equal only for the same edit of the same sounds."""
    sounds = {str(facts.id): (facts.sha256 or b"").hex() for facts in sources}
    return hashlib.sha256(json.dumps([sounds, [to_facts(each) for each in edit.operations]]).encode()).digest()


async def _copy_sound(ports: Ports, facts: AudioFacts, folder: Path) -> Path:
    """Copy an MP3. Raises RecordingNotFound when it was deleted meanwhile."""
    store, target = ports.audio.database_blobs if facts.store == "database" else ports.blobs, folder / f"{facts.id}.mp3"
    try:
        blob = await store.open(sound_key(RecordId(facts.id)))
    except BlobMissing as error:
        raise RecordingNotFound from error
    try:
        with target.open("wb") as file:
            for offset in range(0, blob.size, COPY_BYTES):
                file.write(await blob.read(offset, COPY_BYTES))
    finally:
        blob.close()
    return target


async def _edit_now(ports: Ports, edit: Edit, files: Sequence[Path], tags: Tags, folder: Path) -> ConvertedAudio | None:
    """Edit now; return None when the machine is at fault, so that a worker can try later."""
    try:
        return await _make(ports, edit, files, tags, folder, lambda _progress: None)
    except MediaWorkFailed:
        return None


async def _make(
    ports: Ports, edit: Edit, files: Sequence[Path], tags: Tags, folder: Path, report: Report
) -> ConvertedAudio:
    edited, made = folder / "edited", folder / "made"
    edited.mkdir()
    made.mkdir()
    sound, wav = await ports.audio.editor.edit(edit, files, edited, partial(_report_share, report, 0.0, EDITING))
    return await ports.audio.converter.convert(
        sound, wav, tags, made, partial(_report_share, report, EDITING, 1 - EDITING)
    )


def _report_share(report: Report, start: float, share: float, value: float) -> None:
    report(start + share * value)


def _part_key(record_id: RecordId, number: int) -> BlobKey:
    return blob_key(f"{parts_key(record_id)}/{number}.mp3")


def _job(wanted: Wanted, edit: Edit) -> NewJob:
    facts = {
        "artist": wanted.tags.artist,
        "operations": [to_facts(operation) for operation in edit.operations],
        "parts": msgspec.to_builtins(edit.parts),
    }
    return NewJob(
        kind=JobKind.EDIT_AUDIO, subject=wanted.record.id, owner_id=wanted.record.owner_id, generation=1, priority=0,
        queue=Queue.MEDIA, cost=0.3 + edit.seconds / 40, facts=facts,
    )  # fmt: skip
