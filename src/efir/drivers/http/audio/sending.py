"""Recordings on their way in, by the literal route of the seed and by the API: the same use case, the same refusals."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from efir.application.access.requirements import SIGNED_IN
from efir.application.audio.acceptance import Added
from efir.application.audio.conversion import About, add_record
from efir.application.audio.records import audio_credential
from efir.application.audio.spooling import Received, spool
from efir.application.context import Call
from efir.application.kernel.idempotency import AlreadyAnswered, KeyInUse, KeyReused
from efir.domain.audio import records
from efir.domain.auth.sessions import CsrfFailed, NoSession, ScopeMissing
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import UserId
from efir.drivers._asgi.route_options import ANONYMOUS
from efir.drivers._asgi.streamed_body import Body
from efir.drivers.http.audio.outcomes import present_added, respond_added, while_connected
from efir.drivers.http.audio.records_openapi import SendingMusic, SendingRecord
from efir.drivers.http.kernel.multipart import SentForm
from efir.drivers.http.kernel.problems import raises
from efir.drivers.http.kernel.responses import Answer
from efir.drivers.http.kernel.streamed_idempotency import Replayed, guard_of
from efir.ports.access.credential_cache import Credential
from efir.ports.audio import AudioView
from efir.ports.jobs.jobs import JobView
from efir.ports.kernel.blobs import StorageFull
from efir.ports.uploads import BodyInterrupted

WAV_TYPES = frozenset(
    {"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-pn-wav", "application/octet-stream"}
)
FILES = frozenset({"audio", "file"})
FORM_MORE = 64 << 10  # bytes of a form beside its file
REFUSALS = (
    records.InvalidAudio, records.AudioTooLarge, records.NotWav, records.WavCodecUnsupported, records.WavMalformed,
    records.AudioEmpty, records.AudioLimitsExceeded, records.AudioUndecodable, records.UploadsTooFrequent,
    records.QuotaExceeded, records.Overloaded, StorageFull, BodyInterrupted, KeyInUse, KeyReused, ScopeMissing,
)  # fmt: skip
Asked = Request[Any, Any, Any]
TitleQuery = Annotated[str | None, QueryParameter(description="Title, when the body is the WAV file itself.")]


class AddedRecording(Struct, frozen=True, omit_defaults=True):
    """Where a recording is downloaded; with a job while a worker converts it."""

    url: Annotated[str, Meta(description="Address of the MP3.")]
    state: Annotated[str | UnsetType, Meta(description="`queued` while the recording is converted.")] = UNSET
    job: Annotated[JobView | UnsetType, Meta(description="The conversion.")] = UNSET


class MusicController(Controller):
    """The literal route of the seed."""

    path = "/music-add"
    tags = ("Audio",)
    opt = ANONYMOUS | {"streams": True}
    request_max_body_size = None

    @post(
        operation_id="addMusic",
        operation_class=SendingMusic,
        responses=raises(records.BadCredentials, *REFUSALS),
        status_code=201,
    )
    async def add_music(self, request: Asked, call: NamedDependency[Call]) -> Answer[AddedRecording]:
        """Upload a WAV file with the id and the token of its user; it is converted to MP3."""
        sending = _Sending(request, call)
        form = sending.form()

        async def who() -> Credential:
            user_id = form.field("user_id", "user")
            if user_id is None:
                raise records.invalid_audio("/user_id", "missing", "The field user_id is missing.")
            token = form.field("token") or request.headers.get("authorization", "").removeprefix("Bearer ")
            return await audio_credential(call.ports, user_id=user_id, token=token, now=call.now)

        return await sending.add(form, who, _music)


class NewRecordsController(Controller):
    """Recordings on their way in."""

    path = "/api/v1/audio-records"
    tags = ("Audio",)
    opt = SIGNED_IN | {"streams": True}
    request_max_body_size = None

    @post(
        operation_id="createAudioRecord",
        operation_class=SendingRecord,
        responses=raises(NoSession, CsrfFailed, *REFUSALS),
        status_code=201,
    )
    async def create(self, request: Asked, call: NamedDependency[Call], title: TitleQuery = None) -> Answer[AudioView]:
        """Upload a WAV file; it is converted to MP3."""
        call.user("audio.write")
        sending = _Sending(request, call)

        async def who() -> Credential:
            return call.credential or _require_nobody()

        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        sent = sending.raw(title) if kind in WAV_TYPES else sending.form()
        return await sending.add(sent, who, present_added)


class _Raw:
    """A body that is the file itself, in the shape of a form."""

    def __init__(self, body: AsyncIterator[bytes], title: str | None) -> None:
        self._body, self._title = body, title
        self.filename, self.sent = "", 1

    async def chunks(self, at_file: Any) -> AsyncIterator[bytes]:
        """Give the bytes."""
        await at_file()
        async for chunk in self._body:
            yield chunk

    def field(self, *names: str) -> str | None:
        """Only the title is known."""
        return self._title if "title" in names else None


class _Sending:
    """One request that brings a recording."""

    def __init__(self, request: Asked, call: Call) -> None:
        """Raises AudioTooLarge for what is announced to be."""
        self._request, self._call = request, call
        self._body = Body(request, call.ports.limits)
        self._who: Credential | None = None

    def form(self) -> SentForm:
        """Read the body as a form. Raises UnsupportedMedia, Malformed."""
        return SentForm(self._request.headers.get("content-type", ""), self._body.chunks(), files=FILES)

    def raw(self, title: str | None) -> _Raw:
        """Take the body as the file."""
        return _Raw(self._body.chunks(), title)

    async def add(self, sent: SentForm | _Raw, who: Any, present: Any) -> Answer[Any]:
        """Take the file in, make a recording of it while the client waits, and answer."""
        try:
            self._check_announced()
            chunks = sent.chunks(lambda: self._authenticate_early(sent, who))
            async with spool(self._call.ports, chunks) as sound:
                self._who = self._who or await who()
                if not sent.sent:
                    raise records.invalid_audio("/audio", "missing", "The file is missing.")
                return await self._make(sound, sent, self._who, present)
        except AlreadyAnswered as known:
            return Replayed(known)
        except DomainError:
            await self._body.drain()
            raise

    def _check_announced(self) -> None:
        most = self._call.ports.limits.audio_bytes + FORM_MORE
        length = self._request.headers.get("content-length", "")
        if length.isdigit() and int(length) > most:
            raise records.AudioTooLarge(f"A recording has at most {self._call.ports.limits.audio_bytes} bytes.")

    async def _authenticate_early(self, sent: SentForm | _Raw, who: Any) -> None:
        """Ask who it is before the file is taken in, when that was said before it."""
        if isinstance(sent, _Raw) or (sent.field("token") and sent.field("user_id", "user")):
            self._who = await who()

    async def _make(self, sound: Received, sent: SentForm | _Raw, who: Credential, present: Any) -> Answer[Any]:
        call, title = self._call, sent.field("title")
        later = "respond-async" in self._request.headers.get("prefer", "").lower()
        about = About(title=title, filename=sent.filename, artist=who.display_name, later=later)

        def answer(added: Added) -> Answer[Any]:
            return respond_added(call, added, present, later=later)

        text = (title or "").encode()
        guard = guard_of(self._request, who.user_id, sound.sha256, text, present=answer)
        work = add_record(
            call.ports, owner=UserId(who.user_id), sound=sound, about=about, guard=guard, now=call.now
        )  # fmt: skip
        return answer(await while_connected(self._request, work))


def _music(added: Added) -> AddedRecording:
    if added.accepted is None:
        return AddedRecording(added.url)
    return AddedRecording(added.url, added.accepted.state, added.accepted.job)


def _require_nobody() -> Credential:
    raise NoSession
