"""Forms to see the service as somebody else, and to be oneself again."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from efir.application.access.requirements import HARMLESS, SIGNED_IN, requires
from efir.application.auth.impersonation import end_impersonation, impersonate
from efir.domain.access.permissions import Permission
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import UserId
from efir.drivers._asgi.cookies import PLACE
from efir.drivers.web.access.accounts import account_facts
from efir.drivers.web.kernel.forms import FORM, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.sign_in_cookies import make_short_cookie


class ImpersonationPages(Controller):
    """Forms to begin and to end seeing the service as somebody else."""

    opt = requires(Permission.USERS_IMPERSONATE)

    @post("/admin/users/{user_id:uuid}/impersonate", opt=FORM)
    async def start(
        self, request: Request[Any, Any, Any], user_id: FromPath[UUID], page: NamedDependency[Page]
    ) -> Response[str]:
        """Go to the main page as somebody else sees it."""
        values, call = await read_typed(request), page.call
        actor, own = call.actor(Permission.USERS_IMPERSONATE), call.require_fresh()
        try:
            page.check(values)
            place = await impersonate(
                call.ports, actor, own=own, user_id=UserId(user_id), reason=values.get("place_reason", ""), now=call.now
            )
        except DomainError as error:
            facts = await account_facts(page, user_id)
            return page.refuse("admin/user.html", values, error, renamed={"reason": "place_reason"}, **facts)
        cookie = make_short_cookie(page, PLACE, place.secret, call.ports.limits.impersonation_seconds)
        return page.redirect("/", cookies=[cookie])

    @post("/impersonation/end", opt=SIGNED_IN | HARMLESS | FORM)
    async def end(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Be oneself again, at the account that was looked at."""
        page.check(await read_typed(request))
        found = page.call.require_credential()
        await end_impersonation(page.call.ports, found, now=page.call.now)
        return page.redirect(f"/admin/users/{found.user_id}", cookies=[make_short_cookie(page, PLACE, "", 0)])
