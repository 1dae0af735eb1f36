"""Cookies: the login session's, and those that live for minutes between the steps of a sign-in."""

from litestar.datastructures import Cookie

from efir.application.auth.trusted_devices import device_mark
from efir.application.context import Call
from efir.domain.kernel.cookies import DEVICE, DEVICE_SECONDS, PLACE, cookie_name
from efir.drivers.http.kernel.security import session_cookie_name

BROWSER, CHALLENGE = "oidc", "mfa"


def place_cookie(call: Call, secret: str) -> Cookie:
    """Make the cookie of an impersonation; without a secret it goes."""
    return short_cookie(call, PLACE, secret, seconds=call.ports.limits.impersonation_seconds if secret else 0)


def device_cookie(call: Call, nickname: str) -> Cookie:
    """Make the cookie of a browser that somebody has signed in from."""
    return short_cookie(call, DEVICE, device_mark(call.ports, nickname), seconds=DEVICE_SECONDS)


def short_cookie(call: Call, name: str, value: str, *, seconds: int) -> Cookie:
    """Make such a cookie; no seconds remove it."""
    origin = call.ports.origin
    return Cookie(
        key=cookie_name(name, origin=origin), value=value, path="/", httponly=True, samesite="lax",
        secure=origin.startswith("https:"), max_age=seconds,
    )  # fmt: skip


def session_cookie(call: Call, secret: str, *, max_age: int | None = None) -> Cookie:
    """The login session's cookie; an age of 0 removes it."""
    origin = call.ports.origin
    return Cookie(
        key=session_cookie_name(origin), value=secret, path="/", httponly=True, samesite="lax",
        secure=origin.startswith("https:"),
        max_age=call.ports.limits.session_life_seconds if max_age is None else max_age,
    )  # fmt: skip
