"""The settings of what a person signs in with: where each of them is changed."""

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from efir.application.access.requirements import SIGNED_IN
from efir.application.accounts.passwords import has_password
from efir.application.accounts.signup import get_me
from efir.domain.kernel.ids import UserId
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.settings_sections import show


class SecurityPages(Controller):
    """The settings of what a person signs in with."""

    path = "/settings/security"
    opt = SIGNED_IN

    @get()
    async def security_page(self, page: NamedDependency[Page]) -> Response[str]:
        """Show by what a person is known."""
        me = await get_me(page.call.ports, user_id=UserId(page.call.session().user_id))
        known = await has_password(page.call.ports, user_id=UserId(me.id))
        return show(page, "settings/security.html", me=me, has_password=known)
