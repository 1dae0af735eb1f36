"""Settings: passkeys."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from efir.application.access.requirements import SIGNED_IN
from efir.application.auth.passkeys import list_passkeys, remove_passkey
from efir.domain.auth.passkeys import PasskeyId, site_name
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import UserId
from efir.drivers.web.kernel.forms import FORM, Form, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.settings_sections import refuse, show

HERE = "/settings/passkeys"


def passkey_site(page: Page) -> str:
    """The name that passkeys of this service are for; empty when it is known by a number only."""
    return site_name(urlsplit(page.call.ports.origin).hostname or "")


class PasskeyPages(Controller):
    """The settings of passkeys."""

    path = HERE
    opt = SIGNED_IN

    @get()
    async def passkeys(self, page: NamedDependency[Page]) -> Response[str]:
        """List own passkeys."""
        return show(page, "settings/passkeys.html", form=Form(), **await _describe(page))

    @post("/{passkey_id:uuid}/remove", opt=FORM)
    async def remove(
        self, request: Request[Any, Any, Any], passkey_id: FromPath[UUID], page: NamedDependency[Page]
    ) -> Response[str]:
        """Remove a passkey."""
        owner = UserId(page.call.require_fresh().user_id)
        values = await read_typed(request)
        try:
            page.check(values)
            await remove_passkey(page.call.ports, owner=owner, passkey_id=PasskeyId(passkey_id), now=page.call.now)
        except DomainError as error:
            return refuse(page, "settings/passkeys.html", values, error, **await _describe(page))
        return page.redirect(f"{HERE}?notice=saved")


async def _describe(page: Page) -> dict[str, Any]:
    call = page.call
    owner = UserId(call.session().user_id)
    found = await list_passkeys(call.ports, owner=owner, limit=call.ports.limits.max_passkeys, cursor=None)
    return {"items": found.items, "site": passkey_site(page)}
