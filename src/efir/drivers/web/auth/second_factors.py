"""Settings: the second step of signing in, and recovery codes."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from efir.application.access.requirements import ONESELF, SIGNED_IN
from efir.application.auth.second_factors import (
    begin_totp,
    confirm_totp,
    get_second_factor,
    make_recovery_codes,
    remove_totp,
    resume_totp,
)
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import UserId
from efir.drivers.web.kernel.forms import FORM, Form, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.settings_sections import refuse, show

HERE = "/settings/two-factor"


class SecondFactorPages(Controller):
    """The settings of the second step of signing in."""

    path = HERE
    opt = SIGNED_IN

    @get()
    async def two_factor(self, page: NamedDependency[Page]) -> Response[str]:
        """Show whether signing in takes two steps."""
        user_id = UserId(page.call.session().user_id)
        return show(page, "settings/two-factor.html", factor=await get_second_factor(page.call.ports, user_id=user_id))

    @get("/app", opt=ONESELF)
    async def app_page(self, page: NamedDependency[Page]) -> Response[str]:
        """Show the secret that an authenticator app needs, and ask for its first code."""
        who, ports = page.call.require_fresh(), page.call.ports
        user_id = UserId(who.user_id)
        if (await get_second_factor(ports, user_id=user_id)).enabled:
            return page.redirect(HERE)
        setup = await resume_totp(ports, user_id=user_id, nickname=who.nickname)
        if setup is None:
            setup = await begin_totp(ports, user_id=user_id, nickname=who.nickname, now=page.call.now)
        return _forbid_caching(show(page, "settings/app.html", form=Form(), setup=setup))

    @post("/app", opt=FORM)
    async def post_app(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Turn the second step on, and show recovery codes this once."""
        values, call = await read_typed(request), page.call
        who = call.require_fresh()
        user_id = UserId(who.user_id)
        try:
            page.check(values)
            codes = await confirm_totp(
                call.ports, user_id=user_id, keep=call.current_session(), code=values.get("code", ""), now=call.now
            )
        except DomainError as error:
            setup = await resume_totp(call.ports, user_id=user_id, nickname=who.nickname)
            if setup is None:
                return page.redirect(HERE)
            return _forbid_caching(refuse(page, "settings/app.html", {}, error, setup=setup))
        return _forbid_caching(show(page, "settings/recovery-codes.html", codes=codes, fresh=True))

    @post("/codes", opt=FORM)
    async def post_codes(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Make new recovery codes, and show them this once."""
        user_id = UserId(page.call.require_fresh().user_id)
        page.check(await read_typed(request))
        codes = await make_recovery_codes(page.call.ports, user_id=user_id, now=page.call.now)
        return _forbid_caching(show(page, "settings/recovery-codes.html", codes=codes, fresh=False))

    @post("/off", opt=FORM)
    async def post_off(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Turn the second step off."""
        user_id = UserId(page.call.require_fresh().user_id)
        page.check(await read_typed(request))
        await remove_totp(page.call.ports, user_id=user_id, now=page.call.now)
        return page.redirect(f"{HERE}?notice=saved")


def _forbid_caching(answer: Response[str]) -> Response[str]:
    """Secrets stay out of every cache."""
    answer.headers["cache-control"] = "no-store"
    return answer
