"""JSON bodies of requests and responses about sessions, tokens and providers; unknown fields are refused."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from efir.ports.users import UserView


class SessionView(Struct, frozen=True):
    """The active login session."""

    user: Annotated[UserView, Meta(description="The signed-in user.")]
    csrf_token: Annotated[str, Meta(description="Send it as `X-CSRF-Token` with unsafe requests by cookie.")]
    expires_at: Annotated[datetime | None, Meta(description="When the session ends at the latest.")]
    idle_expires_at: Annotated[datetime | None, Meta(description="When the session ends if it is not used.")]


class Ended(Struct, frozen=True):
    """How many login sessions ended."""

    ended: Annotated[int, Meta(description="Number of sessions that ended.")]


class RefreshToken(Struct, forbid_unknown_fields=True):
    """The refresh token."""

    refresh_token: Annotated[str, Meta(max_length=512, description="The refresh token of the previous response.")]


class RevokedToken(Struct, forbid_unknown_fields=True):
    """A token to be ended (RFC 7009)."""

    token: Annotated[str, Meta(max_length=512, description="The refresh token.")]


class CsrfToken(Struct, frozen=True):
    """A token for unsafe requests by cookie."""

    csrf_token: Annotated[str, Meta(description="Send it as `X-CSRF-Token`.")]


class NewApiToken(Struct, forbid_unknown_fields=True):
    """A wanted API token."""

    name: Annotated[str, Meta(description="Purpose of the token.", examples=["laptop"])]
    scopes: Annotated[
        list[str] | None, Meta(description="Scopes of the token; all when absent.", examples=[["videos.write"]])
    ] = None
    expires_in: Annotated[
        int | None, Meta(description="Lifetime in seconds; 90 days when absent.", examples=[86400])
    ] = None


class Onward(Struct, frozen=True):
    """Where the browser goes next."""

    redirect_to: Annotated[
        str | None, Meta(description="An address of the provider; null when there is nothing to do there.")
    ]
