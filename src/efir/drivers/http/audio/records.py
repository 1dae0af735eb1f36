"""Recordings over HTTP; `sending.py` takes them in."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, HttpMethod, Request, delete, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct

from efir.application.access.requirements import SIGNED_IN
from efir.application.audio.conversion import delete_record
from efir.application.audio.records import (
    NewNamedUser,
    Sound,
    create_named_user,
    find_sound,
    get_record,
    get_waveform,
    list_records,
)
from efir.application.context import Call
from efir.domain.audio.records import (
    InvalidAudio,
    RecordId,
    RecordingFailed,
    RecordingNotFound,
    RecordingNotReady,
    UsernameTaken,
)
from efir.domain.auth.sessions import CsrfFailed, NoSession, ScopeMissing
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.rate_limits import Throttled
from efir.drivers._asgi.files import PRIVATE, FileAnswer, FileHead, digest_tag, disposition
from efir.drivers._asgi.route_options import ANONYMOUS
from efir.drivers.http.kernel.pagination import CursorQuery, LimitQuery, paginate
from efir.drivers.http.kernel.problems import raises
from efir.drivers.http.kernel.responses import Answer
from efir.ports.audio import AudioView, Waveform
from efir.ports.kernel.pagination import Page

READ = [HttpMethod.GET, HttpMethod.HEAD]
RECORDS = "/api/v1/audio-records"
ONE = f"{RECORDS}/{{record_id:uuid}}"
UNHAPPY = (RecordingNotFound, RecordingNotReady, RecordingFailed)
InlineQuery = Annotated[bool, QueryParameter(description="Play in the browser instead of downloading.")]


def _name_both(read: str, described: str) -> Any:
    """Name GET and HEAD of one handler."""

    def name(_handler: Any, method: Any, _path: Any) -> str:
        return described if method == HttpMethod.HEAD else read

    return name


class NewName(Struct):
    """A wanted user; what else is sent does not count."""

    name: Annotated[str, Meta(description="1 to 50 characters, unique regardless of case.", examples=["Ada"])]


class NamedUsersController(Controller):
    """Users of a name."""

    path = "/user"
    tags = ("Audio",)
    opt = ANONYMOUS

    @post(operation_id="createNamedUser", responses=raises(InvalidAudio, UsernameTaken, Throttled))
    async def user(self, data: JSONBody[NewName], call: NamedDependency[Call]) -> Answer[NewNamedUser]:
        """Create a user by name, with a token for recordings."""
        made = await create_named_user(call.ports, name=data.name, visitor=call.visitor, now=call.now)
        return Answer(made, headers={"cache-control": "no-store"})


class RecordingLinksController(Controller):
    """Recordings by the link of their senders."""

    path = "/record"
    tags = ("Audio",)
    opt = ANONYMOUS

    @route(
        http_method=READ,
        operation_id=_name_both("downloadRecording", "describeRecording"),
        media_type="audio/mpeg",
        responses=raises(InvalidAudio, *UNHAPPY),
    )
    async def record(
        self,
        call: NamedDependency[Call],
        id: FromQuery[UUID],  # noqa: A002  # the seed's own name
        user: FromQuery[UUID],
        inline: InlineQuery = False,  # noqa: FBT002  # a query parameter
    ) -> FileAnswer:
        """Download a recording by the link that its sender was given."""
        sound = await find_sound(call.ports, record_id=RecordId(id), owner=UserId(user))
        return _file(sound, inline=inline)


class MyRecordsController(Controller):
    """Own recordings."""

    path = "/api/v1/users/me/audio-records"
    tags = ("Audio",)
    opt = SIGNED_IN

    @get(operation_id="listMyAudioRecords", responses=raises(NoSession, ScopeMissing))
    async def get_my_records(
        self,
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Answer[Page[AudioView]]:
        """List your recordings, newest first."""
        owner = call.user("audio.read")
        return paginate(request, await list_records(call.ports, owner=owner, limit=limit, cursor=cursor))


class RecordsController(Controller):
    """A recording."""

    path = "/api/v1/audio-records/{record_id:uuid}"
    tags = ("Audio",)
    opt = SIGNED_IN

    @get(operation_id="getAudioRecord", responses=raises(NoSession, ScopeMissing, RecordingNotFound))
    async def one(self, record_id: FromPath[UUID], call: NamedDependency[Call]) -> AudioView:
        """Return one of your recordings."""
        return await get_record(call.ports, record_id=RecordId(record_id), owner=call.user("audio.read"))

    @delete(operation_id="deleteAudioRecord", responses=raises(NoSession, CsrfFailed, ScopeMissing, RecordingNotFound))
    async def remove(self, record_id: FromPath[UUID], call: NamedDependency[Call]) -> None:
        """Delete one of your recordings and its bytes."""
        await delete_record(call.ports, record_id=RecordId(record_id), owner=call.user("audio.write"))

    @route(
        "/content",
        http_method=READ,
        operation_id=_name_both("getAudioContent", "describeAudioContent"),
        opt=ANONYMOUS,
        media_type="audio/mpeg",
        responses=raises(*UNHAPPY),
    )
    async def content(self, record_id: FromPath[UUID], call: NamedDependency[Call]) -> FileAnswer:
        """Return the MP3 for playing; anyone who knows the id may have it."""
        return _file(await find_sound(call.ports, record_id=RecordId(record_id), owner=None), inline=True)

    @get("/waveform", operation_id="getAudioWaveform", opt=ANONYMOUS, responses=raises(*UNHAPPY))
    async def waveform(self, record_id: FromPath[UUID], call: NamedDependency[Call]) -> Answer[Waveform]:
        """Return the peaks of the waveform, in the format of audiowaveform."""
        found = await get_waveform(call.ports, record_id=RecordId(record_id))
        return Answer(found, headers={"cache-control": "private, max-age=86400"})


def _file(sound: Sound, *, inline: bool) -> FileAnswer:
    saved_as = disposition(f"{sound.title}.mp3")
    shown_as = saved_as.replace("attachment", "inline", 1) if inline else saved_as
    head = FileHead(
        media_type="audio/mpeg", tag=digest_tag(sound.sha256), cache_control=PRIVATE,
        headers={"content-disposition": shown_as, "referrer-policy": "no-referrer"},
    )  # fmt: skip
    return FileAnswer(sound.open, head)
