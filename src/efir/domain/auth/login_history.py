"""Login history: every sign-in attempt, kept for half a year, with IP addresses truncated after a month."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from efir.domain.kernel.ids import UserId

SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("YaBrowser/", "Yandex Browser"), ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("Chromium/", "Chromium"), ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
PRODUCT = re.compile(r"[A-Za-z][\w.-]{1,30}(?=/)")


class Outcome(StrEnum):
    """How an attempt ended."""

    OK = "ok"
    BAD_SECRET = "bad_secret"  # noqa: S105  # a name of an outcome
    UNKNOWN = "unknown"
    MFA_NEEDED = "mfa_needed"
    MFA_BAD = "mfa_bad"
    BANNED = "banned"
    REUSE_DETECTED = "reuse_detected"
    OIDC_ERROR = "oidc_error"


class Method(StrEnum):
    """The method of a sign-in."""

    PASSWORD = "password"  # noqa: S105  # a name of a method
    TOKEN = "token"  # noqa: S105  # a name of a method
    REFRESH = "refresh"
    PASSKEY = "passkey"
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"
    OIDC = "oidc"
    REGISTRATION = "registration"
    LINK = "link"
    IMPERSONATION = "impersonation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One attempt. For an unknown name only a keyed hash is stored, because users enter passwords there by mistake."""

    id: UUID
    at: datetime
    user_id: UserId | None
    ident_mac: bytes | None
    outcome: Outcome
    method: Method
    session_id: UUID | None
    ip: str | None
    ua: str
    request_id: str


def device_of(user_agent: str) -> str:
    """Return the browser and operating system of a User-Agent string, or its first word when both are unknown."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    if browser or system:
        return ", ".join(part for part in (browser, system) if part)
    found = PRODUCT.match(user_agent)
    return found[0] if found else ""
