"""Identities at other providers (OpenID Connect): identified by issuer and subject, never by an address."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from efir.domain.kernel.errors import Conflict, NotFound, Unauthenticated
from efir.domain.kernel.ids import UserId

IdentityId = NewType("IdentityId", UUID)


class ProviderNotFound(NotFound):
    """No provider with this name is configured."""

    code = "provider-not-found"
    title = "There is no such provider"


class IdentityNotFound(NotFound):
    """This user has no such identity."""

    code = "identity-not-found"
    title = "There is no such identity"


class IdentityUnknown(Conflict):
    """No account is linked to the identity that the provider returned; it can be linked in the settings."""

    code = "identity-unknown"
    title = "No account is linked to this identity"


class IdentityTaken(Conflict):
    """Another account has this identity; it must be unlinked there first."""

    code = "identity-taken"
    title = "This identity belongs to another account"


class LastWayIn(Conflict):
    """The account would have no sign-in method left: set a password or add a passkey first."""

    code = "last-way-in"
    title = "This is the last way to sign in"


class ProviderRefused(Unauthenticated):
    """The provider's response cannot be trusted, or does not belong to this browser; the reason is in the log."""

    code = "oidc-error"
    title = "Sign-in through the provider failed"


class ProviderCancelled(ProviderRefused):
    """The user cancelled the sign-in at the provider, or the provider did not allow it."""

    code = "oidc-cancelled"
    title = "Sign-in was cancelled at the provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An identity at another provider. `shown` lets the user recognise it; no decision is based on it."""

    id: IdentityId
    issuer: str
    sub: str
    user_id: UserId
    provider: str
    shown: str
    linked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A user's identity and name at a provider, without an account here yet."""

    issuer: str
    sub: str
    provider: str
    shown: str

    def link(self, identity_id: IdentityId, user_id: UserId, *, now: datetime) -> "Identity":
        """Return this identity, linked to an account."""
        return Identity(
            id=identity_id, issuer=self.issuer, sub=self.sub, user_id=user_id, provider=self.provider,
            shown=self.shown, linked_at=now,
        )  # fmt: skip
