"""Names and attributes of cookies: that of the login session, and short-lived ones of sign-in and registration."""

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
"""The random value that CSRF tokens of forms are bound to before sign-in."""

BROWSER = "oidc"
"""The secret of a browser that was sent to another provider; only this browser may complete the flow."""

CHALLENGE = "mfa"
"""The challenge of a sign-in after its first factor; it is sent with the code of the second."""

PLACE = "place"
"""The secret of an impersonation; valid only with the cookie of the login session it was started from."""

BACK = "back"
"""The page that the user requested before registering, percent-encoded."""

DEVICE = "device"
"""The mark of a browser that a user has signed in from."""

DEVICE_SECONDS = 400 * 86_400  # the longest lifetime that browsers allow


def cookie_name(name: str, *, origin: str) -> str:
    """Return the name of a cookie, prefixed on HTTPS: browsers then reject one set by a sibling domain."""
    return f"{PREFIX}{name}" if is_safe(origin) else name


def is_safe(origin: str) -> bool:
    """Return whether browsers reach the service over HTTPS only."""
    return origin.startswith("https:")


def cookie_value(headers: Mapping[str, str], name: str) -> str | None:
    """Return the value of a cookie, or None; also for an unreadable header."""
    if "cookie" not in headers:
        return None
    try:
        found = SimpleCookie(headers["cookie"]).get(name)
    except CookieError:
        return None
    return None if found is None or not found.value else found.value


def make_short_cookie(call: Call, name: str, value: str, *, seconds: int | None) -> Cookie:
    """Return a cookie that scripts cannot read; 0 seconds delete it, None keeps it until the browser is closed."""
    origin = call.ports.origin
    return Cookie(
        key=cookie_name(name, origin=origin), value=value, path="/", httponly=True, samesite="lax",
        secure=is_safe(origin), max_age=seconds,
    )  # fmt: skip


def session_cookie(call: Call, secret: str, *, max_age: int | None = None) -> Cookie:
    """Return the cookie of the login session; an age of 0 deletes it."""
    seconds = call.ports.limits.session_life_seconds if max_age is None else max_age
    return make_short_cookie(call, SESSION, secret, seconds=seconds)


def ticket_cookie(call: Call, ticket: str, *, max_age: int | None = None) -> Cookie:
    """Return the cookie of an unfinished registration; an age of 0 deletes it."""
    seconds = call.ports.limits.registration_life_seconds if max_age is None else max_age
    return make_short_cookie(call, TICKET, ticket, seconds=seconds)


def place_cookie(call: Call, secret: str) -> Cookie:
    """Return the cookie of an impersonation; an empty secret deletes it."""
    return make_short_cookie(call, PLACE, secret, seconds=call.ports.limits.impersonation_seconds if secret else 0)


def device_cookie(call: Call, nickname: str) -> Cookie:
    """Return the cookie of a browser that a user has signed in from."""
    return make_short_cookie(call, DEVICE, device_mark(call.ports, nickname), seconds=DEVICE_SECONDS)
