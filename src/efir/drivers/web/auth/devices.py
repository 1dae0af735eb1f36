"""The settings of where a person is signed in: devices, and the history of sign-ins."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from efir.application.access.requirements import SIGNED_IN
from efir.application.auth.login_history import list_logins
from efir.application.auth.sessions import list_devices, revoke_other_sessions, revoke_session
from efir.domain.kernel.ids import SessionId
from efir.drivers.web.kernel.forms import FORM, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.paging import next_address
from efir.drivers.web.kernel.settings_sections import show


class DevicePages(Controller):
    """The settings of devices."""

    path = "/settings/devices"
    opt = SIGNED_IN

    @get()
    async def devices(self, page: NamedDependency[Page], cursor: FromQuery[str | None] = None) -> Response[str]:
        """List where the reader is signed in."""
        call = page.call
        current = call.current_session()
        found = await list_devices(
            call.ports, owner=call.user(), current=current, now=call.now, limit=None, cursor=cursor
        )
        return show(
            page, "settings/devices.html", items=found.items, next=next_address("/settings/devices", found.next)
        )

    @post("/others", opt=FORM)
    async def end_others(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Sign out everywhere else."""
        call = page.call
        keep = call.current_session()
        page.check(await read_typed(request))
        await revoke_other_sessions(call.ports, owner=call.user(), keep=keep, now=call.now)
        return page.redirect("/settings/devices?notice=signed-out")

    @post("/{session_id:uuid}", opt=FORM)
    async def end_one(
        self, request: Request[Any, Any, Any], session_id: FromPath[UUID], page: NamedDependency[Page]
    ) -> Response[str]:
        """Sign out one device."""
        call = page.call
        call.session()
        page.check(await read_typed(request))
        await revoke_session(call.ports, owner=call.user(), session_id=SessionId(session_id), now=call.now)
        return page.redirect("/settings/devices?notice=signed-out")


class LoginHistoryPages(Controller):
    """The history of sign-ins."""

    path = "/settings/logins"
    opt = SIGNED_IN

    @get()
    async def logins(self, page: NamedDependency[Page], cursor: FromQuery[str | None] = None) -> Response[str]:
        """List own sign-ins and failed attempts."""
        call = page.call
        call.session()
        found = await list_logins(call.ports, user_id=call.user(), limit=None, cursor=cursor)
        return show(page, "settings/logins.html", items=found.items, next=next_address("/settings/logins", found.next))
