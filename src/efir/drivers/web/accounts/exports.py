"""The page where a person gets everything that is stored about them."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from efir.application.access.requirements import SIGNED_IN
from efir.application.accounts.exports import find_latest_export, start_export
from efir.application.auth.reauthentication import is_fresh
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import UserId
from efir.drivers.web.kernel.forms import FORM, Form, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.settings_sections import refuse, show


class ExportPages(Controller):
    """The settings of one's data."""

    path = "/settings/data"
    opt = SIGNED_IN

    @get()
    async def data_page(self, page: NamedDependency[Page]) -> Response[str]:
        """Offer the file and the way out."""
        return show(page, "settings/data.html", form=Form(), **await _describe(page))

    @post(opt=FORM)
    async def export(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Start making the file."""
        credential, values = page.call.session(), await read_typed(request)
        try:
            page.check(values)
            password = values.get("current_password")
            await start_export(page.call.ports, credential=credential, password=password, now=page.call.now)
        except DomainError as error:
            return refuse(page, "settings/data.html", {}, error, **await _describe(page))
        return page.redirect("/settings/data")


async def _describe(page: Page) -> dict[str, Any]:
    call, credential = page.call, page.call.session()
    job = await find_latest_export(call.ports, user_id=UserId(credential.user_id), now=call.now)
    hours = call.ports.limits.export_seconds // 3600
    return {"job": job, "hours": hours, "fresh": is_fresh(call.ports, credential, now=call.now)}
