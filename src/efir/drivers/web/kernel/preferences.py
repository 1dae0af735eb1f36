"""Colours and language, kept in two harmless cookies; with scripts the browser sets them itself."""

from typing import Any

from litestar import Controller, Request, Response, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency

from efir.application.access.requirements import HARMLESS, PUBLIC
from efir.domain.auth.redirects import local_path
from efir.drivers._asgi.cookies import is_safe
from efir.drivers._asgi.same_origin import require_same_origin
from efir.drivers.web.kernel.forms import FORM, read_typed
from efir.drivers.web.kernel.i18n import LANGUAGES
from efir.drivers.web.kernel.layout import THEMES
from efir.drivers.web.kernel.page import Page

YEAR = 365 * 86_400
CHOICES = {"theme": THEMES | {"auto"}, "lang": frozenset(LANGUAGES)}


class PreferencePages(Controller):
    """Colours and language."""

    path = "/preferences"
    opt = PUBLIC

    @post(opt=HARMLESS | FORM)
    async def preferences(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Remember a choice and go back."""
        require_same_origin(request.headers, origin=page.call.ports.origin)
        values = await read_typed(request)
        secure = is_safe(page.call.ports.origin)
        cookies = [
            Cookie(key=name, value=values[name], path="/", max_age=YEAR, samesite="lax", secure=secure)
            for name, allowed in CHOICES.items()
            if values.get(name) in allowed
        ]
        return page.redirect(local_path(values.get("back")), cookies=cookies)


PAGES = (PreferencePages,)
