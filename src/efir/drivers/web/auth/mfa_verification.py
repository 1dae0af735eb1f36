"""The step of signing in after the first: a code of the second factor."""

from typing import Any
from urllib.parse import quote, unquote, urlencode

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromQuery

from efir.application.access.requirements import PUBLIC
from efir.application.auth.access_tokens import TokenPair
from efir.application.auth.mfa_verification import verify_second_factor
from efir.application.auth.sessions import SignedIn
from efir.application.auth.trusted_devices import device_mark
from efir.domain.auth.redirects import local_path
from efir.domain.auth.second_factors import ChallengeGone
from efir.domain.kernel.cookies import BACK, DEVICE, DEVICE_SECONDS, cookie_name
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import SessionId
from efir.drivers.web.kernel.forms import FORM, Form, typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.redirects import MAIN

CHALLENGE = "mfa"


def to_second_step(page: Page, challenge: str, back: str) -> Response[str]:
    """Send a browser that has shown the first factor to the second; its challenge is in a cookie."""
    cookie = short_cookie(page, CHALLENGE, challenge, page.call.ports.limits.challenge_seconds)
    return page.redirect(f"/login/second-factor?{urlencode({'back': local_path(back)})}", cookies=[cookie])


@get("/login/second-factor", opt=PUBLIC, include_in_schema=False)
async def second_page(
    request: Request[Any, Any, Any], page: NamedDependency[Page], back: FromQuery[str] = ""
) -> Response[str]:
    """Ask for a code of the app, or a recovery code."""
    if not _cookie(request, page, CHALLENGE):
        return page.redirect(f"/login?{urlencode({'back': local_path(back)})}")
    return page.render("second-factor.html", form=Form(), back=local_path(back))


@post("/login/second-factor", include_in_schema=False, status_code=200, opt=PUBLIC | FORM)
async def second(request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
    """Finish signing in."""
    values, call = await typed(request), page.call
    back = local_path(values.get("back"))
    try:
        page.check(values)
        found = call.credential
        signed = await verify_second_factor(
            call.ports, challenge=_cookie(request, page, CHALLENGE), code=values.get("code", ""), visitor=call.visitor,
            now=call.now,
            replaces=None if found is None or found.session_id is None else SessionId(found.session_id),
        )  # fmt: skip
    except ChallengeGone as error:
        return page.redirect(f"/login?{urlencode({'trouble': error.code, 'back': back})}")
    except DomainError as error:
        return page.refuse("second-factor.html", {}, error, back=back)
    if isinstance(signed, TokenPair):  # an app's challenge, put into a browser by hand
        return page.redirect("/login")
    cookies = [*entered(page, signed), short_cookie(page, CHALLENGE, "", 0)]
    return page.redirect(back, cookies=cookies)


def remember(page: Page, back: str) -> Cookie:
    """Keep, for as long as a registration lives, where somebody wants to go; the main page needs no keeping."""
    kept = local_path(back)
    seconds = page.call.ports.limits.registration_life_seconds if kept != MAIN else 0
    return short_cookie(page, BACK, quote(kept, safe=""), seconds)


def remembered(page: Page) -> str:
    """Where they want to go: what this page was told, or an earlier one."""
    told = page.request.query_params.get("back")
    return local_path(unquote(_cookie(page.request, page, BACK)) if told is None else told)


def entered(page: Page, signed: SignedIn) -> list[Cookie]:
    """The cookies of a browser that has just signed in: the login session, and the mark of a known device."""
    mark = device_mark(page.call.ports, signed.user.nickname)
    return [page.shared.session_cookie(page.call, signed.secret), short_cookie(page, DEVICE, mark, DEVICE_SECONDS)]


def short_cookie(page: Page, name: str, value: str, seconds: int) -> Cookie:
    """Make a cookie that lives between the steps of a sign-in; no seconds remove it."""
    origin = page.call.ports.origin
    return Cookie(
        key=cookie_name(name, origin=origin), value=value, path="/", httponly=True, samesite="lax",
        secure=origin.startswith("https:"), max_age=seconds,
    )  # fmt: skip


def _cookie(request: Request[Any, Any, Any], page: Page, name: str) -> str:
    return request.cookies.get(cookie_name(name, origin=page.call.ports.origin), "")


HANDLERS: list[Any] = [second_page, second]
