"""What clients send: JSON bodies; unknown fields are refused."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from efir.ports.jobs.jobs import JobView
from efir.ports.users import UserView

Password = Annotated[str, Meta(max_length=1024)]
Proof = Annotated[str, Meta(max_length=100)]


class NewUser(Struct, forbid_unknown_fields=True):
    """A wanted account."""

    email: Annotated[str, Meta(max_length=320, description="Address.", examples=["ada@example.org"])]
    nickname: Annotated[
        str, Meta(max_length=100, description="Unique name: 3 to 30 of a-z, 0-9, `.`, `_`, `-`.", examples=["ada"])
    ]
    password: Annotated[
        str, Meta(max_length=1024, description="10 to 256 characters.", examples=["a long quiet evening"])
    ]
    display_name: Annotated[
        str | None, Meta(description="Name as shown; the nickname when absent.", examples=["Ada Lovelace"])
    ] = None
    locale: Annotated[str, Meta(description="Language of mails: en or ru.", examples=["en"])] = "en"


class ChangedProfile(Struct, forbid_unknown_fields=True):
    """New values of the own account (JSON merge patch); what is absent stays."""

    display_name: Annotated[str | UnsetType, Meta(description="1 to 60 characters.", examples=["Ada Lovelace"])] = UNSET
    nickname: Annotated[
        str | UnsetType, Meta(description="Changes once in 30 days; channels keep their handles.", examples=["ada"])
    ] = UNSET
    locale: Annotated[str | UnsetType, Meta(description="Language of mails: en or ru.", examples=["ru"])] = UNSET
    phone: Annotated[
        str | UnsetType | None,
        Meta(description="Number with + and country, kept as E.164; null removes it.", examples=["+44 20 7946 0958"]),
    ] = UNSET


class Presence(Struct, forbid_unknown_fields=True):
    """What proves that it is really the person; not needed within ten minutes of signing in."""

    current_password: Annotated[
        Password | None, Meta(description="Present password.", examples=["a long quiet evening"])
    ] = None


class MailboxProof(Struct, forbid_unknown_fields=True):
    """What the mail says: the link's token, the code, or both; a code alone is a signed-in person's."""

    token: Annotated[Proof | None, Meta(description="`token` of the link.", examples=["0" * 43])] = None
    code: Annotated[Proof | None, Meta(description="8 digits.", examples=["12345678"])] = None


class ChangedEmail(Struct, forbid_unknown_fields=True):
    """A new address; the present one stays until the new one is confirmed."""

    email: Annotated[str, Meta(max_length=320, description="Address.", examples=["ada@example.org"])]
    current_password: Annotated[
        Password | None,
        Meta(description="Not needed within ten minutes of signing in.", examples=["a quiet evening"]),
    ] = None


class ChangedPassword(Struct, forbid_unknown_fields=True):
    """A new password, and the present one if there is one."""

    new_password: Annotated[
        str, Meta(max_length=1024, description="10 to 256 characters.", examples=["a long quiet evening"])
    ]
    current_password: Annotated[
        Password | None,
        Meta(description="Present password; an account without one needs a fresh login.", examples=["quiet evening"]),
    ] = None


class ForgottenPassword(Struct, forbid_unknown_fields=True):
    """Whose password is forgotten."""

    email: Annotated[str, Meta(max_length=320, description="A confirmed address.", examples=["ada@example.org"])]


class ResetPassword(Struct, forbid_unknown_fields=True):
    """A new password by a mailed link."""

    token: Annotated[str, Meta(max_length=100, description="`token` of the link.", examples=["0" * 43])]
    new_password: Annotated[
        str, Meta(max_length=1024, description="10 to 256 characters.", examples=["a long quiet evening"])
    ]


class AcceptedJob(Struct, frozen=True):
    """Work that was accepted."""

    job: Annotated[JobView, Meta(description="How far it has come.")]


class Credentials(Struct, forbid_unknown_fields=True):
    """What somebody signs in with."""

    login: Annotated[str, Meta(max_length=320, description="Nickname or confirmed address.", examples=["ada"])]
    password: Annotated[str, Meta(max_length=1024, description="Password.", examples=["a long quiet evening"])]


class LoggedIn(Struct, frozen=True):
    """A fresh login session; its secret is in the cookie."""

    user: Annotated[UserView, Meta(description="Who signed in.")]
    csrf_token: Annotated[str, Meta(description="Send it as `X-CSRF-Token` with unsafe requests by cookie.")]


class SessionView(Struct, frozen=True):
    """The active login session."""

    user: Annotated[UserView, Meta(description="Who is signed in.")]
    csrf_token: Annotated[str, Meta(description="Send it as `X-CSRF-Token` with unsafe requests by cookie.")]
    expires_at: Annotated[datetime | None, Meta(description="When the session ends in any case.")]
    idle_expires_at: Annotated[datetime | None, Meta(description="When it ends without use.")]


class Ended(Struct, frozen=True):
    """How many login sessions ended."""

    ended: Annotated[int, Meta(description="Number of sessions that ended.")]


class RefreshToken(Struct, forbid_unknown_fields=True):
    """A refresh token."""

    refresh_token: Annotated[str, Meta(max_length=512, description="What the last answer of this kind gave.")]


class RevokedToken(Struct, forbid_unknown_fields=True):
    """A token to be ended (RFC 7009)."""

    token: Annotated[str, Meta(max_length=512, description="A refresh token.")]


class NewRole(Struct, forbid_unknown_fields=True):
    """A wanted role."""

    name: Annotated[
        str, Meta(max_length=100, description="2 to 40 of a-z, 0-9 and single dashes.", examples=["editor"])
    ]
    permissions: Annotated[
        list[str], Meta(max_length=200, description="What it allows.", examples=[["moderation", "cinema:watch"]])
    ]
    description: Annotated[str, Meta(max_length=1000, description="What it is for.")] = ""


class ChangedRole(Struct, forbid_unknown_fields=True):
    """New values of a role (JSON merge patch); what is absent stays."""

    name: Annotated[str | UnsetType, Meta(description="Another name.", examples=["editor"])] = UNSET
    permissions: Annotated[list[str] | UnsetType, Meta(description="What it allows.", examples=[["moderation"]])] = (
        UNSET
    )
    description: Annotated[str | UnsetType, Meta(description="What it is for.")] = UNSET


class NewGrant(Struct, forbid_unknown_fields=True):
    """How a role is granted."""

    expires_at: Annotated[datetime | None, Meta(description="When it ends by itself; null or absent: never.")] = None
    reason: Annotated[str, Meta(max_length=1000, description="Why, for the audit log.")] = ""


class NewBan(Struct, forbid_unknown_fields=True):
    """A wanted ban."""

    reason: Annotated[
        str, Meta(max_length=1000, description="Why; the banned person is told.", examples=["Spam in comments."])
    ]
    until: Annotated[datetime | None, Meta(description="When it ends by itself; null or absent: never.")] = None


class CsrfToken(Struct, frozen=True):
    """A token for unsafe requests by cookie."""

    csrf_token: Annotated[str, Meta(description="Send it as `X-CSRF-Token`.")]


class NewApiToken(Struct, forbid_unknown_fields=True):
    """A wanted API token."""

    name: Annotated[str, Meta(description="What it is for.", examples=["laptop"])]
    scopes: Annotated[
        list[str] | None, Meta(description="What it may do; everything when absent.", examples=[["videos.write"]])
    ] = None
    expires_in: Annotated[
        int | None, Meta(description="Seconds until it ends; 90 days when absent.", examples=[86400])
    ] = None


class NewVideo(Struct, forbid_unknown_fields=True):
    """A video to be made of an upload."""

    upload_id: Annotated[
        str, Meta(description="A finished upload, or its address.", examples=["019a0c57-7a2c-7e6f-b4f2-5b3c7a1d2e3f"])
    ]
    title: Annotated[str, Meta(description="1 to 120 characters.", examples=["A walk in the rain"])]
    description: Annotated[str, Meta(description="Plain text, at most 10 000 characters.")] = ""
    tags: Annotated[list[str], Meta(description="At most 20, of 2 to 40 characters.", examples=[["rain"]])] = []
    visibility: Annotated[str, Meta(description="public, unlisted or private.", examples=["public"])] = "public"
    channel: Annotated[str | None, Meta(description="Handle of an own channel; the first one when absent.")] = None


class ChangedVideo(Struct, forbid_unknown_fields=True):
    """New values of a video (JSON merge patch); what is absent stays."""

    title: Annotated[str | UnsetType, Meta(description="1 to 120 characters.", examples=["A walk in the rain"])] = UNSET
    description: Annotated[str | UnsetType | None, Meta(description="Plain text; null clears it.")] = UNSET
    tags: Annotated[list[str] | UnsetType | None, Meta(description="At most 20; null clears them.")] = UNSET
    visibility: Annotated[str | UnsetType, Meta(description="public, unlisted or private.", examples=["private"])] = (
        UNSET
    )


class ChangedRegistration(Struct, forbid_unknown_fields=True):
    """Answers of a registration (JSON merge patch); what is absent stays, null clears."""

    nickname: Annotated[
        str | UnsetType | None, Meta(description="Unique name: 3 to 30 of a-z, 0-9, `.`, `_`, `-`.", examples=["ada"])
    ] = UNSET
    display_name: Annotated[
        str | UnsetType | None,
        Meta(description="Name as shown; the nickname when absent.", examples=["Ada Lovelace"]),
    ] = UNSET
    email: Annotated[str | UnsetType | None, Meta(description="Address.", examples=["ada@example.org"])] = UNSET
    password: Annotated[
        str | UnsetType | None, Meta(description="10 to 256 characters.", examples=["a long quiet evening"])
    ] = UNSET
    locale: Annotated[str | UnsetType | None, Meta(description="Language: en or ru.", examples=["en"])] = UNSET
    phone: Annotated[
        str | UnsetType | None, Meta(description="Number with its country code.", examples=["+31201234567"])
    ] = UNSET
    work: Annotated[str | UnsetType, Meta(description="Nonce of the proof of work.", examples=["10423"])] = UNSET


class MailedCode(Struct, forbid_unknown_fields=True):
    """A code from a mail."""

    code: Annotated[str, Meta(max_length=100, description="8 digits.", examples=["12345678"])]


class Crop(Struct, forbid_unknown_fields=True):
    """Part to cut out of a picture."""

    x: Annotated[float, Meta(description="Left edge, in fractions of the upright picture.", examples=[0.25])]
    y: Annotated[float, Meta(description="Top edge, in fractions of the upright picture.", examples=[0.1])]
    size: Annotated[float, Meta(description="Side, in fractions of the largest square that fits.", examples=[0.5])]
