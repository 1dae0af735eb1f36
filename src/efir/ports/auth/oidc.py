"""Identity providers (OpenID Connect Core 1.0); what they return is verified before it gets here."""

from datetime import datetime
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from efir.domain.kernel.errors import Unavailable
from efir.ports.auth.identities import ProviderSession


class ProviderUnavailable(Unavailable):
    """The provider does not respond, or not as its own discovery document promises."""

    code = "provider-away"
    title = "The provider does not answer"


class ProviderView(Struct, frozen=True):
    """A provider that people may sign in with."""

    name: Annotated[str, Meta(description="Name in addresses.", examples=["auth0"])]
    label: Annotated[str, Meta(description="Name as shown.", examples=["Auth0"])]
    login_url: Annotated[str, Meta(description="Where signing in begins.")]


class Claims(Struct, frozen=True):
    """Verified claims about a user. Only issuer and `sub` identify; the rest fills in forms."""

    sub: str
    session: ProviderSession
    email: str = ""
    name: str = ""
    nickname: str = ""

    @property
    def shown(self) -> str:
        """What the provider calls the person."""
        return self.email or self.nickname or self.name


class LogoutNotice(Struct, frozen=True):
    """A provider's notice that one session there, or all of a user's, have ended; `id` is used once."""

    id: str
    sub: str | None
    sid: str | None


class Provider(Protocol):
    """One provider. What cannot be trusted raises ProviderRefused, no response ProviderUnavailable."""

    @property
    def view(self) -> ProviderView:
        """Return how it is shown."""
        ...

    @property
    def issuer(self) -> str:
        """Return who it is."""
        ...

    async def address(self, *, state: str, nonce: str, challenge: str, fresh: bool) -> str:
        """Return where to send the browser; `fresh` requires a new sign-in even with a session there."""
        ...

    async def redeem(self, *, code: str, verifier: str, nonce: str, issuer: str | None, now: datetime) -> Claims:
        """Exchange a code for the claims about a person. `issuer` is the issuer named in the response, if any."""
        ...

    async def logout_address(self, hint: bytes) -> str | None:
        """Write where the session there ends; `hint` is a sealed ID token. None when the provider has no such place."""
        ...

    async def notice(self, token: str, *, now: datetime) -> LogoutNotice:
        """Read a logout token (OpenID Connect Back-Channel Logout 1.0)."""
        ...
