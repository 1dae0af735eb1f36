"""Edits of recordings: a list of operations makes another recording."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from efir.application.access.requirements import SIGNED_IN
from efir.application.audio.acceptance import Added
from efir.application.audio.editing import EditOrder, edit_record
from efir.application.context import Call
from efir.application.kernel.idempotency import AlreadyAnswered, KeyInUse, KeyReused
from efir.domain.audio import edits, records
from efir.domain.audio.records import RecordId
from efir.domain.auth.sessions import CsrfFailed, NoSession, ScopeMissing
from efir.domain.kernel.ids import UserId
from efir.drivers.http.audio.outcomes import present_added, respond_added, while_connected
from efir.drivers.http.audio.records_openapi import EditingRecord
from efir.drivers.http.kernel.problems import raises
from efir.drivers.http.kernel.responses import Answer
from efir.drivers.http.kernel.streamed_idempotency import Replayed, guard_of
from efir.ports.audio import AudioView
from efir.ports.kernel.blobs import StorageFull

REFUSALS = (
    NoSession, CsrfFailed, ScopeMissing, KeyInUse, KeyReused, StorageFull, edits.AudioEditEmpty, edits.AudioEditOutside,
    edits.AudioGainTooHigh, records.InvalidAudio, records.RecordingNotFound, records.RecordingNotReady,
    records.RecordingFailed, records.AudioLimitsExceeded, records.AudioUndecodable, records.UploadsTooFrequent,
    records.QuotaExceeded, records.Overloaded,
)  # fmt: skip


class TrimSilenceBody(
    Struct, frozen=True, kw_only=True, tag_field="type", tag="trim_silence", forbid_unknown_fields=True
):
    """Cut silence off both ends."""

    threshold_db: Annotated[
        float, Meta(description="Anything quieter than this is silence, in dBFS.", examples=[-50])
    ] = -50.0
    margin: Annotated[float, Meta(description="Seconds of silence to keep at either end.", examples=[0.1])] = 0.1

    def operation(self) -> edits.Operation:
        """Return the operation."""
        return edits.TrimSilence(threshold_db=self.threshold_db, margin=self.margin)


class CutBody(Struct, frozen=True, kw_only=True, tag_field="type", tag="cut", forbid_unknown_fields=True):
    """Keep a range, or remove it."""

    start: Annotated[float, Meta(description="Start of the range, in seconds.", examples=[1.5])] = 0.0
    end: Annotated[
        float | None, Meta(description="End of the range, in seconds; the end of the recording when absent.")
    ] = None
    keep: Annotated[bool, Meta(description="True keeps the range, false removes it.")] = True

    def operation(self) -> edits.Operation:
        """Return the operation."""
        return edits.Cut(start=self.start, end=self.end, keep=self.keep)


class FadeBody(
    Struct, frozen=True, kw_only=True, tag_field="type", tag="fade", forbid_unknown_fields=True,
    rename={"fade_in": "in", "fade_out": "out"},
):  # fmt: skip
    """Let the sound come and go."""

    fade_in: Annotated[float, Meta(description="Duration of the fade-in, in seconds.", examples=[0.5])] = 0.0
    fade_out: Annotated[float, Meta(description="Duration of the fade-out, in seconds.", examples=[1.0])] = 0.0

    def operation(self) -> edits.Operation:
        """Return the operation."""
        return edits.Fade(fade_in=self.fade_in, fade_out=self.fade_out)


class GainBody(Struct, frozen=True, kw_only=True, tag_field="type", tag="gain", forbid_unknown_fields=True):
    """Change the level."""

    db: Annotated[float, Meta(description="Gain in decibels; one that would clip is refused.", examples=[3])]

    def operation(self) -> edits.Operation:
        """Return the operation."""
        return edits.Gain(db=self.db)


class JoinBody(Struct, frozen=True, kw_only=True, tag_field="type", tag="join", forbid_unknown_fields=True):
    """Put other own recordings behind it."""

    records: Annotated[list[UUID], Meta(description="Recordings to append, in order.")]
    crossfade: Annotated[float, Meta(description="Seconds by which each overlaps the previous one.")] = 0.0

    def operation(self) -> edits.Operation:
        """Return the operation."""
        return edits.Join(records=tuple(map(RecordId, self.records)), crossfade=self.crossfade)


class EditBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is done to a recording, one operation after the other; times are those of the sound at that point."""

    operations: Annotated[
        list[TrimSilenceBody | CutBody | FadeBody | GainBody | JoinBody],
        Meta(description="Operations, in order.", examples=[[{"type": "cut", "start": 1.5, "end": 4}]]),
    ]
    title: Annotated[str | None, Meta(description="Title; that of the original when absent.")] = None


class EditsController(Controller):
    """Edits of a recording."""

    path = "/api/v1/audio-records/{record_id:uuid}/edits"
    tags = ("Audio",)
    opt = SIGNED_IN | {"streams": True}

    @post(operation_id="editAudioRecord", operation_class=EditingRecord, status_code=201, responses=raises(*REFUSALS))
    async def edit(
        self,
        record_id: FromPath[UUID],
        data: JSONBody[EditBody],
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
    ) -> Answer[AudioView]:
        """Create an edited copy of one of your recordings; the original stays as it is."""
        call.user("audio.write")
        return await _edit(request, call, RecordId(record_id), data)


async def _edit(request: Request[Any, Any, Any], call: Call, record_id: RecordId, data: EditBody) -> Answer[Any]:
    who, later = call.require_credential(), "respond-async" in request.headers.get("prefer", "").lower()
    operations = tuple(each.operation() for each in data.operations)
    order = EditOrder(operations=operations, title=data.title, artist=who.display_name, later=later)

    def answer(added: Added) -> Answer[Any]:
        return respond_added(call, added, present_added, later=later)

    guard = guard_of(request, who.user_id, msgspec.json.encode(data), present=answer)
    owner = UserId(who.user_id)
    work = edit_record(call.ports, record_id=record_id, owner=owner, order=order, guard=guard, now=call.now)
    try:
        return answer(await while_connected(request, work))
    except AlreadyAnswered as known:
        return Replayed(known)
