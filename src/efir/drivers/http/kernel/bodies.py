"""JSON bodies that several areas share; unknown fields are refused."""

from typing import Annotated

from msgspec import Meta, Struct

from efir.ports.users import UserView

Password = Annotated[str, Meta(max_length=1024)]

Proof = Annotated[str, Meta(max_length=100)]


class Credentials(Struct, forbid_unknown_fields=True):
    """What somebody signs in with."""

    login: Annotated[str, Meta(max_length=320, description="Nickname or confirmed address.", examples=["ada"])]
    password: Annotated[str, Meta(max_length=1024, description="Password.", examples=["a long quiet evening"])]


class LoggedIn(Struct, frozen=True):
    """A fresh login session; its secret is in the cookie."""

    user: Annotated[UserView, Meta(description="The user who signed in.")]
    csrf_token: Annotated[str, Meta(description="Send it as `X-CSRF-Token` with unsafe requests by cookie.")]


class Crop(Struct, forbid_unknown_fields=True):
    """Part to cut out of a picture."""

    x: Annotated[float, Meta(description="Left edge, in fractions of the upright picture.", examples=[0.25])]
    y: Annotated[float, Meta(description="Top edge, in fractions of the upright picture.", examples=[0.1])]
    size: Annotated[float, Meta(description="Side, in fractions of the largest square that fits.", examples=[0.5])]
