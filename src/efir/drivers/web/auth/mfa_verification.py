"""The step of signing in after the first: a code of the second factor."""

from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from efir.application.access.requirements import PUBLIC
from efir.application.auth.access_tokens import TokenPair
from efir.application.auth.mfa_verification import verify_second_factor
from efir.domain.auth.redirects import local_path
from efir.domain.auth.second_factors import ChallengeGone
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import SessionId
from efir.drivers._asgi.cookies import CHALLENGE
from efir.drivers.web.kernel.forms import FORM, Form, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.sign_in_cookies import make_short_cookie, make_sign_in_cookies, read_short_cookie


def to_second_step(page: Page, challenge: str, back: str) -> Response[str]:
    """Send a browser that has shown the first factor to the second; its challenge is in a cookie."""
    cookie = make_short_cookie(page, CHALLENGE, challenge, page.call.ports.limits.challenge_seconds)
    return page.redirect(f"/login/second-factor?{urlencode({'back': local_path(back)})}", cookies=[cookie])


class SecondStepPages(Controller):
    """The second step of signing in."""

    path = "/login/second-factor"
    opt = PUBLIC

    @get()
    async def second_page(self, page: NamedDependency[Page], back: FromQuery[str] = "") -> Response[str]:
        """Ask for a code of the app, or a recovery code."""
        if not read_short_cookie(page, CHALLENGE):
            return page.redirect(f"/login?{urlencode({'back': local_path(back)})}")
        return page.render("auth/second-factor.html", form=Form(), back=local_path(back))

    @post(opt=FORM)
    async def second(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Finish signing in."""
        values, call = await read_typed(request), page.call
        back = local_path(values.get("back"))
        try:
            page.check(values)
            found = call.credential
            signed = await verify_second_factor(
                call.ports, challenge=read_short_cookie(page, CHALLENGE), code=values.get("code", ""),
                visitor=call.visitor, now=call.now,
                replaces=None if found is None or found.session_id is None else SessionId(found.session_id),
            )  # fmt: skip
        except ChallengeGone as error:
            return page.redirect(f"/login?{urlencode({'trouble': error.code, 'back': back})}")
        except DomainError as error:
            return page.refuse("auth/second-factor.html", {}, error, back=back)
        if isinstance(signed, TokenPair):  # an app's challenge, put into a browser by hand
            return page.redirect("/login")
        cookies = [*make_sign_in_cookies(page, signed), make_short_cookie(page, CHALLENGE, "", 0)]
        return page.redirect(back, cookies=cookies)
