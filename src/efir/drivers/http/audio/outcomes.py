"""What is answered when a recording was made or accepted, and to whom: work ends with the caller who waits for it."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from litestar import Request

from efir.application.audio.acceptance import Added
from efir.application.context import Call
from efir.drivers.http.kernel.responses import Answer
from efir.ports.audio import AcceptedAudio, AudioView
from efir.ports.uploads import BodyInterrupted

T = TypeVar("T")


async def while_connected(request: Request[Any, Any, Any], work: Awaitable[T]) -> T:
    """Do the work as long as somebody waits for it. Raises BodyInterrupted when they left."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_wait_until_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise BodyInterrupted
        return working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.wait({working, leaving})


async def _wait_until_left(request: Request[Any, Any, Any]) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def respond_added(call: Call, added: Added, present: Any, *, later: bool) -> Answer[Any]:
    """Return 201 for a new recording, 200 for one that was there, 202 for an accepted one."""
    if added.accepted is not None:
        headers = {"location": f"{call.ports.origin}/api/v1/jobs/{added.accepted.job.id}"}
        headers |= {"preference-applied": "respond-async"} if later else {}
        return Answer(present(added), status_code=202, headers=headers)
    status = 201 if added.new else 200
    headers = {"location": added.url} if added.new else {}
    return Answer(present(added), status_code=status, headers=headers)


def present_added(added: Added) -> AudioView | AcceptedAudio | None:
    """Show a recording, or what was accepted."""
    return added.accepted or added.record
