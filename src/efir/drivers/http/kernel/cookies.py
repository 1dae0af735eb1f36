"""Cookies that live for minutes, between the steps of a sign-in."""

from litestar.datastructures import Cookie

from efir.application.auth.trusted_devices import device_mark
from efir.application.context import Call
from efir.domain.kernel.cookies import DEVICE, DEVICE_SECONDS, PLACE, cookie_name

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
