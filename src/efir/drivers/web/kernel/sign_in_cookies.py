"""Cookies of a browser that signs in or up in steps."""

from urllib.parse import quote, unquote

from litestar.datastructures import Cookie

from efir.application.auth.sessions import SignedIn
from efir.domain.auth.redirects import local_path
from efir.drivers._asgi import cookies
from efir.drivers._asgi.cookies import BACK, cookie_name, device_cookie
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.redirects import MAIN


def remember(page: Page, back: str) -> Cookie:
    """Keep, for as long as a registration lives, where somebody wants to go; the main page needs no keeping."""
    kept = local_path(back)
    seconds = page.call.ports.limits.registration_life_seconds if kept != MAIN else 0
    return make_short_cookie(page, BACK, quote(kept, safe=""), seconds)


def find_destination(page: Page) -> str:
    """Where they want to go: what this page was told, or an earlier one."""
    told = page.request.query_params.get("back")
    return local_path(unquote(read_short_cookie(page, BACK)) if told is None else told)


def make_sign_in_cookies(page: Page, signed: SignedIn) -> list[Cookie]:
    """The cookies of a browser that has just signed in: the login session, and the mark of a known device."""
    return [cookies.session_cookie(page.call, signed.secret), device_cookie(page.call, signed.user.nickname)]


def make_short_cookie(page: Page, name: str, value: str, seconds: int) -> Cookie:
    """Make a cookie that lives between the steps of a sign-in; no seconds remove it."""
    return cookies.make_short_cookie(page.call, name, value, seconds=seconds)


def read_short_cookie(page: Page, name: str) -> str:
    """Return what such a cookie says; nothing when it is not there."""
    return page.request.cookies.get(cookie_name(name, origin=page.call.ports.origin), "")
