"""Media files over HTTP: public ones for everybody and every cache, others by signed addresses."""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, HttpMethod, Request, route
from litestar.di import NamedDependency
from litestar.params import FromPath

from efir.application.context import Call
from efir.application.videos.media_files import Media, Wanted, find_media
from efir.domain.kernel.ids import VideoId
from efir.drivers._asgi.files import IMMUTABLE, Content, FileAnswer, FileHead, digest_tag
from efir.drivers._asgi.route_options import ANONYMOUS
from efir.ports.kernel.blobs import Blob

REST = "{video_id:uuid}/{generation:int}/{name:path}"
READ = [HttpMethod.GET, HttpMethod.HEAD]
ANYWHERE = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
SECRET = {"referrer-policy": "no-referrer", "cross-origin-resource-policy": "same-site"}
Asked = Request[Any, Any, Any]


class MediaFilesController(Controller):
    """Files that players read."""

    path = "/media"
    opt = ANONYMOUS
    include_in_schema = False

    @route(f"/v/{REST}", http_method=READ)
    async def open_file(
        self,
        request: Asked,
        video_id: FromPath[UUID],
        generation: FromPath[int],
        name: FromPath[str],
        call: NamedDependency[Call],
    ) -> FileAnswer:
        """Send a file of a video that is not private."""
        wanted = Wanted(VideoId(video_id), generation, name.lstrip("/"))
        return _answer(request, call, await find_media(call.ports, wanted, now=call.now), private=False)

    @route(f"/s/{{token:str}}/{REST}", http_method=READ)
    async def get_signed_file(
        self,
        request: Asked, token: FromPath[str], video_id: FromPath[UUID], generation: FromPath[int], name: FromPath[str],
        call: NamedDependency[Call],
    ) -> FileAnswer:  # fmt: skip
        """Send a file of a video to who holds its signed address."""
        wanted = Wanted(VideoId(video_id), generation, name.lstrip("/"), token)
        return _answer(request, call, await find_media(call.ports, wanted, now=call.now), private=True)


def _answer(request: Asked, call: Call, media: Media, *, private: bool) -> FileAnswer:
    accel: str = request.app.state["accel"]
    head = FileHead(
        media_type=media.content_type,
        tag=digest_tag(media.sha256),
        cache_control=_caching(media, private=private),
        accel=f"{accel}{media.key}" if accel and media.key else "",
        headers=SECRET if private else ANYWHERE,
        dated=media.key is not None,
    )
    if media.key is not None:
        return FileAnswer(partial(call.ports.blobs.open, media.key), head)

    async def text() -> Blob:
        return Content(media.text, datetime.now(UTC))

    return FileAnswer(text, head)


def _caching(media: Media, *, private: bool) -> str:
    if media.steady:
        return "private, max-age=3600" if private else IMMUTABLE
    if media.growing or private:
        return "private, no-cache" if private else "no-cache"
    return "public, max-age=60"
