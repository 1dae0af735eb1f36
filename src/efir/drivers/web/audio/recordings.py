"""The page of recordings; the bytes themselves go to the JSON driver."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from efir.application.access.requirements import SIGNED_IN
from efir.application.audio.conversion import delete_record
from efir.application.audio.records import list_records
from efir.domain.audio.records import RecordId
from efir.drivers.web.kernel import error_messages
from efir.drivers.web.kernel.forms import FORM, typed
from efir.drivers.web.kernel.page import Page


@get("/audio", opt=SIGNED_IN, include_in_schema=False)
async def recordings(page: NamedDependency[Page], cursor: FromQuery[str | None] = None) -> Response[str]:
    """List own recordings, with what makes new ones."""
    call = page.call
    call.session()
    found = await list_records(call.ports, owner=call.user(), limit=None, cursor=cursor)
    following = None if found.next is None else f"/audio?{urlencode({'cursor': found.next})}"
    words = page.words.gettext
    return page.render(
        "audio.html",
        items=found.items,
        next=following,
        max_bytes=call.ports.limits.audio_bytes,
        max_title_length=call.ports.limits.max_title_length,
        failures={code: words(text) for code, text in error_messages.RECORDINGS.items()},
        other_failure=words(error_messages.OTHER_FAILURE),
    )


@post("/audio/{record_id:uuid}/delete", include_in_schema=False, status_code=200, opt=SIGNED_IN | FORM)
async def delete(
    request: Request[Any, Any, Any], record_id: FromPath[UUID], page: NamedDependency[Page]
) -> Response[str]:
    """Delete a recording."""
    call = page.call
    owner = call.user()
    page.check(await typed(request))
    await delete_record(call.ports, record_id=RecordId(record_id), owner=owner)
    return page.redirect("/audio?notice=recording-deleted")


HANDLERS: list[Any] = [recordings, delete]
