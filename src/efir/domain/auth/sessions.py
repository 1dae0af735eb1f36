"""Login sessions, API tokens and their scopes."""

import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from efir.domain.kernel.errors import FieldError, Forbidden, Invalid, NotFound, Unauthenticated
from efir.domain.kernel.ids import SessionId, UserId

TokenId = NewType("TokenId", UUID)

MAX_TOKEN_NAME = 60
ADMIN_SCOPE = "admin"
SCOPES: dict[str, str] = {
    "account.read": "Read the own account.",
    "account.write": "Change the own account.",
    "audio.read": "See own recordings.",
    "audio.write": "Send and delete own recordings.",
    "videos.read": "See own and private videos.",
    "videos.write": "Upload, change and delete own videos.",
    ADMIN_SCOPE: "Use the permissions of the own roles.",
}
"""The scopes that a token can be limited to; without `admin`, a token has none of its owner's permissions."""
UUID_TOKEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TOKEN = re.compile(r"efir_pat_([0-9A-Za-z]{43})_([0-9a-f]{8})")


class WrongCredentials(Unauthenticated):
    """The name or the password is wrong; the response does not reveal which."""

    code = "wrong-credentials"
    title = "The name or password is wrong"


class NoSession(Unauthenticated):
    """There is no login session, or it has ended."""

    code = "no-session"
    title = "There is no active login session"


class InvalidToken(Unauthenticated):
    """The bearer token is unknown, expired or revoked."""

    code = "invalid-token"
    title = "The token is invalid"


class CsrfFailed(Forbidden):
    """An unsafe request with a cookie lacked the CSRF token that proves it comes from a page of this service."""

    code = "csrf-failed"
    title = "The CSRF token is missing or wrong"


class ScopeMissing(Forbidden):
    """The scopes of the token do not cover this request; `required` names the scope that would."""

    code = "scope-missing"
    title = "The token does not cover this request"

    def __init__(self, required: str = "") -> None:
        super().__init__(f"The token needs the scope {required}." if required else "This needs a login session.")
        self.required = required


class SessionNotFound(NotFound):
    """This user has no such login session."""

    code = "session-not-found"
    title = "There is no such login session"


class InvalidRefreshToken(Unauthenticated):
    """The refresh token is unknown, used, expired or revoked."""

    code = "invalid-refresh-token"
    title = "The refresh token is invalid"


class StepUpNeeded(Unauthenticated):
    """Changing credentials requires a recent sign-in."""

    code = "step-up-needed"
    title = "Sign in again to do this"


class SessionKind(StrEnum):
    """A browser with a cookie, an app with an access and a refresh token, or an impersonating administrator."""

    WEB = "web"
    TOKEN = "token"  # noqa: S105  # a name of a kind
    IMPERSONATION = "impersonation"


class TokenNotFound(NotFound):
    """This user has no such API token."""

    code = "token-not-found"
    title = "There is no such token"


class InvalidTokenRequest(Invalid):
    """The name, scopes or lifetime of a requested token are invalid."""

    code = "invalid-token-request"
    title = "The token request is invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSession:
    """A login session of a browser or an app. Only hashes of its secrets are stored.

    `aal` is 2 after a second factor (NIST SP 800-63B), `amr` names the methods used (RFC 8176). A session that began
    at another provider has the provider's issuer, session id and sealed ID token (`idp_…`). An impersonation has the
    impersonator and the login session in which it was started.
    """

    id: SessionId
    user_id: UserId
    kind: SessionKind = SessionKind.WEB
    secret_hash: bytes
    rt_hash: bytes | None = None
    aal: int = 1
    amr: list[str]
    auth_time: datetime
    created_at: datetime
    seen_at: datetime
    idle_expires: datetime
    abs_expires: datetime
    ip: str | None
    ua: str
    idp_issuer: str | None = None
    idp_sid: str | None = None
    idp_hint: bytes | None = None
    actor_id: UserId | None = None
    actor_session_id: SessionId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A credential for scripts. Only the hash of its secret is stored."""

    id: TokenId
    user_id: UserId
    name: str
    secret_hash: bytes
    scopes: list[str]
    created_at: datetime
    expires_at: datetime


def token_text(secret: str) -> str:
    """Return an API token: a prefix for secret scanners, the secret, and a checksum that detects typing errors."""
    return f"efir_pat_{secret}_{zlib.crc32(secret.encode()):08x}"


def token_secret(text: str) -> str:
    """Return the secret of a token from `token_text`, or of one that is a UUID. Raises InvalidToken."""
    if UUID_TOKEN.fullmatch(text.lower()):
        return text.lower()
    found = TOKEN.fullmatch(text)
    if found is None or zlib.crc32(found[1].encode()) != int(found[2], 16):
        raise InvalidToken
    return found[1]


def parse_token_request(name: str, scopes: list[str] | None) -> tuple[str, list[str]]:
    """Return the validated name and scopes of a requested token; None means all scopes. Raises InvalidTokenRequest."""
    name = name.strip()
    errors = []
    if not 1 <= len(name) <= MAX_TOKEN_NAME:
        errors.append(FieldError("/name", "length", f"A token's name has 1 to {MAX_TOKEN_NAME} characters."))
    wanted = sorted(set(SCOPES if scopes is None else scopes))
    if unknown := set(wanted) - SCOPES.keys():
        errors.append(FieldError("/scopes", "unknown", f"Unknown scopes: {', '.join(sorted(unknown))}."))
    if not wanted:
        errors.append(FieldError("/scopes", "empty", "Name at least one scope."))
    if errors:
        raise InvalidTokenRequest(errors=tuple(errors))
    return name, wanted
