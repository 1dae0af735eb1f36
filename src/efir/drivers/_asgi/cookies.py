"""Cookies by name: the login session's, and those that live between the steps of signing in or up."""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie

from litestar.datastructures import Cookie

from efir.application.auth.sign_in_rates import device_mark
from efir.application.context import Call

PREFIX = "__Host-"

SESSION = "sid"
"""The secret of the login session."""

TICKET = "reg"
"""The ticket of an unfinished registration."""

VISITOR = "pre"
"""What forms are bound to before somebody signs in."""

BROWSER = "oidc"
"""Which browser left for another provider; only that one comes back."""

CHALLENGE = "mfa"
"""The first factor was shown; the code of the second goes with it."""

PLACE = "place"
"""The secret of an impersonation; it counts beside the cookie of the login session it was started from."""

BACK = "back"
"""The page somebody wanted before they began to register, percent-encoded."""

DEVICE = "device"
"""The mark of a browser that somebody has signed in from."""

DEVICE_SECONDS = 400 * 86_400  # the longest that browsers keep a cookie


def cookie_name(name: str, *, origin: str) -> str:
    """Prefix a cookie where the connection is safe: browsers then refuse one set by a sibling domain."""
    return f"{PREFIX}{name}" if is_safe(origin) else name


def is_safe(origin: str) -> bool:
    """Whether browsers reach the service by an encrypted connection only."""
    return origin.startswith("https:")


def cookie_value(headers: Mapping[str, str], name: str) -> str | None:
    """Read a cookie; an unreadable header has none."""
    if "cookie" not in headers:
        return None
    try:
        found = SimpleCookie(headers["cookie"]).get(name)
    except CookieError:
        return None
    return None if found is None or not found.value else found.value


def make_short_cookie(call: Call, name: str, value: str, *, seconds: int | None) -> Cookie:
    """Make a cookie that no script reads; 0 seconds remove it, none at all keep it until the browser is closed."""
    origin = call.ports.origin
    return Cookie(
        key=cookie_name(name, origin=origin), value=value, path="/", httponly=True, samesite="lax",
        secure=is_safe(origin), max_age=seconds,
    )  # fmt: skip


def session_cookie(call: Call, secret: str, *, max_age: int | None = None) -> Cookie:
    """Make the login session's cookie; an age of 0 removes it."""
    seconds = call.ports.limits.session_life_seconds if max_age is None else max_age
    return make_short_cookie(call, SESSION, secret, seconds=seconds)


def ticket_cookie(call: Call, ticket: str, *, max_age: int | None = None) -> Cookie:
    """Make the cookie of an unfinished registration; an age of 0 removes it."""
    seconds = call.ports.limits.registration_life_seconds if max_age is None else max_age
    return make_short_cookie(call, TICKET, ticket, seconds=seconds)


def place_cookie(call: Call, secret: str) -> Cookie:
    """Make the cookie of an impersonation; without a secret it goes."""
    return make_short_cookie(call, PLACE, secret, seconds=call.ports.limits.impersonation_seconds if secret else 0)


def device_cookie(call: Call, nickname: str) -> Cookie:
    """Make the cookie of a browser that somebody has signed in from."""
    return make_short_cookie(call, DEVICE, device_mark(call.ports, nickname), seconds=DEVICE_SECONDS)
