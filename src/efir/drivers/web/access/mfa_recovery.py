"""The form that removes a second factor which its owner has lost."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from efir.application.access.requirements import requires
from efir.application.auth.mfa_recovery import remove_lost_factor
from efir.domain.access.permissions import Permission
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import UserId
from efir.drivers.web.access.accounts import account_facts
from efir.drivers.web.kernel.forms import FORM, read_typed
from efir.drivers.web.kernel.page import Page


class MfaRecoveryPages(Controller):
    """The form that removes a lost second factor."""

    path = "/admin/users/{user_id:uuid}/second-factor"
    opt = requires(Permission.USERS_RECOVER)

    @post(opt=FORM)
    async def remove(
        self, request: Request[Any, Any, Any], user_id: FromPath[UUID], page: NamedDependency[Page]
    ) -> Response[str]:
        """Let somebody sign in without the second step."""
        values, call = await read_typed(request), page.call
        actor = call.actor(Permission.USERS_RECOVER)
        call.require_fresh()
        try:
            page.check(values)
            reason = values.get("factor_reason", "")
            await remove_lost_factor(call.ports, actor, user_id=UserId(user_id), reason=reason, now=call.now)
        except DomainError as error:
            facts = await account_facts(page, user_id)
            return page.refuse("admin/user.html", values, error, renamed={"reason": "factor_reason"}, **facts)
        return page.redirect(f"/admin/users/{user_id}?notice=factor-removed")
