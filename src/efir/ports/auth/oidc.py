"""Identity providers (OpenID Connect Core 1.0); adapters verify responses before they return them here."""

from datetime import datetime
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from efir.domain.kernel.errors import Unavailable
from efir.ports.auth.identities import ProviderSession


class ProviderUnavailable(Unavailable):
    """The provider does not respond, or its response contradicts its discovery document."""

    code = "provider-away"
    title = "The identity provider is unavailable"


class ProviderView(Struct, frozen=True):
    """A provider that users may sign in with."""

    name: Annotated[str, Meta(description="Name used in URLs.", examples=["auth0"])]
    label: Annotated[str, Meta(description="Display name.", examples=["Auth0"])]
    login_url: Annotated[str, Meta(description="URL that starts the sign-in.")]


class Claims(Struct, frozen=True):
    """Verified claims about a user. Only issuer and `sub` identify; the rest fills in forms."""

    sub: str
    session: ProviderSession
    email: str = ""
    name: str = ""
    nickname: str = ""

    @property
    def shown(self) -> str:
        """The name or address under which the provider knows the user."""
        return self.email or self.nickname or self.name


class LogoutNotice(Struct, frozen=True):
    """A provider's notice that one session there, or all of a user's, have ended; `id` is used once."""

    id: str
    sub: str | None
    sid: str | None


class Provider(Protocol):
    """One provider. Untrustworthy responses raise ProviderRefused, missing ones ProviderUnavailable."""

    @property
    def view(self) -> ProviderView:
        """Return the public description of the provider."""
        ...

    @property
    def issuer(self) -> str:
        """Return the issuer identifier."""
        ...

    async def address(self, *, state: str, nonce: str, challenge: str, fresh: bool) -> str:
        """Return the authorization URL; `fresh` requires a new sign-in even with a session at the provider."""
        ...

    async def redeem(self, *, code: str, verifier: str, nonce: str, issuer: str | None, now: datetime) -> Claims:
        """Exchange an authorization code for the claims about a user.

        `issuer` is the issuer named in the authorization response, if any.
        """
        ...

    async def logout_address(self, hint: bytes) -> str | None:
        """Return the URL that ends the session at the provider, or None; `hint` is a sealed ID token."""
        ...

    async def notice(self, token: str, *, now: datetime) -> LogoutNotice:
        """Verify a logout token (OpenID Connect Back-Channel Logout 1.0) and return its notice."""
        ...
