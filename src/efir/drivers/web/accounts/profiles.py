"""The settings of a person's profile."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from efir.application.access.requirements import SIGNED_IN
from efir.application.accounts.profiles import update_me
from efir.application.accounts.signup import get_me
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import UserId
from efir.drivers.web.kernel.forms import FORM, Form, read_typed
from efir.drivers.web.kernel.i18n import LANGUAGES
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.settings_sections import refuse, show
from efir.ports.accounts.profiles import ProfileChange

TEMPLATE = "settings/profile.html"


class ProfilePages(Controller):
    """The settings of a person's profile, and the way in to all settings."""

    path = "/settings"
    opt = SIGNED_IN

    @get()
    async def settings(self, page: NamedDependency[Page]) -> Response[str]:
        """Lead to the first page of the settings."""
        page.call.session()
        return page.redirect("/settings/profile")

    @get("/profile")
    async def profile_page(self, page: NamedDependency[Page]) -> Response[str]:
        """Show what can be changed."""
        me = await get_me(page.call.ports, user_id=UserId(page.call.session().user_id))
        values = {
            "display_name": me.display_name,
            "nickname": me.nickname,
            "locale": me.locale,
            "phone": me.phone or "",
        }
        return show(page, TEMPLATE, form=Form(values), choices=list(LANGUAGES.items()))

    @post("/profile", opt=FORM)
    async def profile(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Change it."""
        user_id, values = UserId(page.call.session().user_id), await read_typed(request)
        change = ProfileChange(
            display_name=values.get("display_name", ""),
            locale=values.get("locale", ""),
            phone=values.get("phone", "").strip(),
        )
        try:
            page.check(values)
            await update_me(
                page.call.ports, user_id=user_id, change=change, nickname=values.get("nickname", ""), now=page.call.now
            )
        except DomainError as error:
            return refuse(page, TEMPLATE, values, error, choices=list(LANGUAGES.items()))
        return page.redirect("/settings/profile?notice=saved")
