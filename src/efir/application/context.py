"""What a use case works with, and who asks."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from efir.application.keys import Keys
from efir.domain.errors import Forbidden
from efir.domain.limits import Limits
from efir.domain.sessions import NoSession, ScopeMissing
from efir.domain.users import UserId
from efir.ports.blobs import BlobStore, Scratch
from efir.ports.media import MediaConverter, MediaProbe
from efir.ports.passwords import Passwords
from efir.ports.sessions import Credential
from efir.ports.transactions import Begin, Read
from efir.ports.uploads import Staging
from efir.ports.users import Addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything outside the core, wired by the composition root."""

    begin: Begin
    read: Read
    joined: Callable[[Any], Begin]
    blobs: BlobStore
    scratch: Scratch
    staging: Staging
    probe: MediaProbe
    converter: MediaConverter
    passwords: Passwords
    addresses: Addresses
    new_id: Callable[[], UUID]
    new_secret: Callable[[], str]
    clock: Callable[[], datetime]
    keys: Keys
    limits: Limits
    origin: str
    health: Callable[[], Awaitable[dict[str, tuple[str, str]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: the ports to use, who asks (None: nobody known), when, and the id that follows it."""

    ports: Ports
    credential: Credential | None
    now: datetime
    correlation_id: str
    ip: str | None = None
    user_agent: str = ""

    def user(self, scope: str = "") -> UserId:
        """Answer who asks. Raises NoSession for nobody, ScopeMissing when a token does not cover `scope`.

        An empty scope is for what only a signed-in person may do, never a token.
        """
        if self.credential is None:
            raise NoSession
        if self.credential.scopes is not None and scope not in self.credential.scopes:
            raise ScopeMissing(f"The token needs the scope {scope}." if scope else "This needs a login session.")
        return UserId(self.credential.user_id)

    def session(self) -> Credential:
        """Answer the login session. Raises NoSession for nobody, Forbidden for a token."""
        if self.credential is None:
            raise NoSession
        if self.credential.session_id is None:
            raise Forbidden("This needs a login session, not a token.")
        return self.credential

    @property
    def viewer(self) -> UserId | None:
        """Who looks at something public, if known and allowed to read."""
        credential = self.credential
        if credential is None or (credential.scopes is not None and "videos.read" not in credential.scopes):
            return None
        return UserId(credential.user_id)
