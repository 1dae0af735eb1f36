"""The context of use cases: ports, callers, actors and visitors."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from efir.domain.access.permissions import OnlyLooking, PermissionMissing
from efir.domain.auth.sessions import ADMIN_SCOPE, NoSession, ScopeMissing, StepUpNeeded
from efir.domain.kernel.errors import Forbidden, Unauthenticated
from efir.domain.kernel.ids import SessionId, UserId
from efir.domain.kernel.keys import Keys
from efir.domain.kernel.limits import Limits
from efir.ports.access.credential_cache import AccessPorts, Credential
from efir.ports.accounts.group import AccountPorts
from efir.ports.audio import AudioPorts
from efir.ports.auth.group import AuthPorts
from efir.ports.kernel.archives import Archives
from efir.ports.kernel.blobs import BlobStore, Scratch
from efir.ports.kernel.links import Links
from efir.ports.kernel.one_time_store import OneTimeStore
from efir.ports.kernel.rate_limits import RateLimiter
from efir.ports.mail import MailPorts
from efir.ports.pictures import PicturePorts
from efir.ports.processing.media import MediaPorts
from efir.ports.quiz.queue import QuizPorts
from efir.ports.transactions import Begin, Read, Transaction
from efir.ports.uploads import UploadPorts


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """All ports, wired by the composition root: those that every area needs, then a group for each area."""

    begin: Begin
    single: Begin  # for one statement: without round trips for BEGIN and COMMIT; a second statement is refused
    read: Read
    joined: Callable[[Transaction], Begin]
    blobs: BlobStore
    scratch: Scratch
    archives: Archives
    new_id: Callable[[], UUID]
    new_secret: Callable[[], str]
    new_token: Callable[[], UUID]
    new_code: Callable[[], str]
    clock: Callable[[], datetime]
    keys: Keys
    rates: RateLimiter
    one_time_store: OneTimeStore
    limits: Limits
    links: Links
    origin: str
    health: Callable[[], Awaitable[dict[str, tuple[str, str]]]]

    access: AccessPorts
    accounts: AccountPorts
    audio: AudioPorts
    auth: AuthPorts
    mail: MailPorts
    media: MediaPorts
    pictures: PicturePorts
    quiz: QuizPorts
    uploads: UploadPorts

    def nest(self, tx: Transaction) -> Self:
        """Return ports whose transactions are parts of `tx`: they are committed or rolled back with it."""
        begin = self.joined(tx)
        return replace(self, begin=begin, single=begin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """The origin of a request: network address, user agent and request id.

    `device` is the mark of a browser that a user has signed in from (`auth/sign_in_rates.py`).
    """

    ip: str | None = None
    user_agent: str = ""
    request_id: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A user who exercises permissions over others; without a user id, the operator of this machine or the system."""

    user_id: UserId | None
    permissions: frozenset[str]
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: the ports to use, the caller (None: anonymous), the time and the request id."""

    ports: Ports
    credential: Credential | None
    now: datetime
    correlation_id: str
    ip: str | None = None
    user_agent: str = ""
    device: str = ""
    recheck: Callable[[], Awaitable[Credential | None]] | None = None

    async def is_still_valid(self) -> bool:
        """Return whether the credential of a long request is still valid."""
        if self.credential is None or self.recheck is None:
            return True
        try:
            found = await self.recheck()
        except Unauthenticated:
            return False
        return found is not None and found.user_id == self.credential.user_id

    def user(self, scope: str = "") -> UserId:
        """Return the caller. Raises NoSession when anonymous, ScopeMissing when a token does not cover `scope`.

        With an empty scope, only a signed-in user is accepted, never a token.
        """
        if self.credential is None:
            raise NoSession
        if self.credential.scopes is not None and scope not in self.credential.scopes:
            raise ScopeMissing(scope)
        return UserId(self.credential.user_id)

    def require_anybody(self) -> UserId:
        """Return the caller with any kind of credential, for what is not secret. Raises NoSession when anonymous."""
        if self.credential is None:
            raise NoSession
        return UserId(self.credential.user_id)

    def require_credential(self) -> Credential:
        """Return the credential, whatever its kind. Raises NoSession when anonymous."""
        if self.credential is None:
            raise NoSession
        return self.credential

    def session(self) -> Credential:
        """Return the login session. Raises NoSession when anonymous, Forbidden for a token."""
        if self.credential is None:
            raise NoSession
        if self.credential.session_id is None:
            raise Forbidden("This needs a login session, not a token.")
        return self.credential

    def current_session(self) -> SessionId:
        """Return the id of the login session. Raises NoSession when anonymous, Forbidden for a token."""
        return SessionId(self.session().session_id or UUID(int=0))

    def require_fresh(self) -> Credential:
        """Return a login session whose owner signed in minutes ago.

        Raises StepUpNeeded and OnlyLooking in addition to the errors of `session`.
        """
        found = self.session()
        if self.looks_on:
            raise OnlyLooking
        oldest = self.now - timedelta(seconds=self.ports.limits.step_up_seconds)
        if found.auth_time is None or found.auth_time < oldest:
            raise StepUpNeeded
        return found

    def actor(self, permission: str) -> Actor:
        """Return the caller as an actor, when a role allows it. Raises NoSession, ScopeMissing, PermissionMissing."""
        user_id = self.user(ADMIN_SCOPE)
        held = frozenset() if self.credential is None else frozenset(self.credential.permissions)
        if permission not in held:
            raise PermissionMissing(permission)
        return Actor(user_id=user_id, permissions=held, request_id=self.correlation_id)

    def may(self, permission: str) -> bool:
        """Return whether a role of the caller grants a permission and their token covers it."""
        found = self.credential
        if found is None or (found.scopes is not None and ADMIN_SCOPE not in found.scopes):
            return False
        return permission in found.permissions

    @property
    def looks_on(self) -> bool:
        """Return whether the caller is an impersonator."""
        return self.credential is not None and self.credential.actor_id is not None

    @property
    def visitor(self) -> Visitor:
        """Return the origin of this request."""
        return Visitor(ip=self.ip, user_agent=self.user_agent, request_id=self.correlation_id, device=self.device)

    @property
    def viewer(self) -> UserId | None:
        """Return the viewer of something public, if known and allowed to read."""
        credential = self.credential
        if credential is None or (credential.scopes is not None and "videos.read" not in credential.scopes):
            return None
        return UserId(credential.user_id)
