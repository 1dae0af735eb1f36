"""The page of recordings; the bytes themselves go to the JSON driver."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from efir.application.access.requirements import SIGNED_IN
from efir.application.audio.conversion import delete_record
from efir.application.audio.records import list_records
from efir.domain.audio.records import RecordId
from efir.drivers.web.kernel import failure_messages
from efir.drivers.web.kernel.forms import FORM, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.paging import next_address


class RecordingPages(Controller):
    """Own recordings."""

    path = "/audio"
    opt = SIGNED_IN

    @get()
    async def recordings(self, page: NamedDependency[Page], cursor: FromQuery[str | None] = None) -> Response[str]:
        """List own recordings, with what makes new ones."""
        call = page.call
        call.session()
        found = await list_records(call.ports, owner=call.user(), limit=None, cursor=cursor)
        following = next_address("/audio", found.next)
        words = page.words.gettext
        return page.render(
            "audio/recordings.html",
            items=found.items,
            next=following,
            max_bytes=call.ports.limits.audio_bytes,
            max_title_length=call.ports.limits.max_title_length,
            failures={code: words(text) for code, text in failure_messages.RECORDINGS.items()},
            other_failure=words(failure_messages.OTHER_FAILURE),
        )

    @post("/{record_id:uuid}/delete", opt=FORM)
    async def delete(
        self, request: Request[Any, Any, Any], record_id: FromPath[UUID], page: NamedDependency[Page]
    ) -> Response[str]:
        """Delete a recording."""
        call = page.call
        owner = call.user()
        page.check(await read_typed(request))
        await delete_record(call.ports, record_id=RecordId(record_id), owner=owner)
        return page.redirect("/audio?notice=recording-deleted")
