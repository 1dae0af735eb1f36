"""JSON bodies of requests and responses about accounts and registrations; unknown fields are refused."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from efir.drivers.http.kernel.bodies import Password, Proof
from efir.ports.jobs.jobs import JobView


class NewUser(Struct, forbid_unknown_fields=True):
    """A wanted account."""

    email: Annotated[str, Meta(max_length=320, description="Email address.", examples=["ada@example.org"])]
    nickname: Annotated[
        str, Meta(max_length=100, description="Unique name: 3 to 30 of a-z, 0-9, `.`, `_`, `-`.", examples=["ada"])
    ]
    password: Annotated[
        str, Meta(max_length=1024, description="10 to 256 characters.", examples=["a long quiet evening"])
    ]
    display_name: Annotated[
        str | None, Meta(description="Name as shown; the nickname when absent.", examples=["Ada Lovelace"])
    ] = None
    locale: Annotated[str, Meta(description="Language of emails: en or ru.", examples=["en"])] = "en"


class ChangedProfile(Struct, forbid_unknown_fields=True):
    """New values of the own account (JSON merge patch); what is absent stays."""

    display_name: Annotated[str | UnsetType, Meta(description="1 to 60 characters.", examples=["Ada Lovelace"])] = UNSET
    nickname: Annotated[
        str | UnsetType, Meta(description="Changes once in 30 days; channels keep their handles.", examples=["ada"])
    ] = UNSET
    locale: Annotated[str | UnsetType, Meta(description="Language of emails: en or ru.", examples=["ru"])] = UNSET
    phone: Annotated[
        str | UnsetType | None,
        Meta(
            description="Phone number with + and country code, stored as E.164; null removes it.",
            examples=["+44 20 7946 0958"],
        ),
    ] = UNSET


class Presence(Struct, forbid_unknown_fields=True):
    """What proves that it is really the person; not needed within ten minutes of signing in."""

    current_password: Annotated[
        Password | None, Meta(description="Current password.", examples=["a long quiet evening"])
    ] = None


class MailboxProof(Struct, forbid_unknown_fields=True):
    """What the mail says: the link's token, the code, or both; a code alone is a signed-in person's."""

    token: Annotated[Proof | None, Meta(description="The `token` of the link.", examples=["0" * 43])] = None
    code: Annotated[Proof | None, Meta(description="8 digits.", examples=["12345678"])] = None


class ChangedEmail(Struct, forbid_unknown_fields=True):
    """A new address; the present one stays until the new one is confirmed."""

    email: Annotated[str, Meta(max_length=320, description="Email address.", examples=["ada@example.org"])]
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
        Meta(description="Current password; an account without one needs a fresh sign-in.", examples=["quiet evening"]),
    ] = None


class ForgottenPassword(Struct, forbid_unknown_fields=True):
    """Whose password is forgotten."""

    email: Annotated[str, Meta(max_length=320, description="A confirmed email address.", examples=["ada@example.org"])]


class ResetPassword(Struct, forbid_unknown_fields=True):
    """A new password by a mailed link."""

    token: Annotated[str, Meta(max_length=100, description="The `token` of the link.", examples=["0" * 43])]
    new_password: Annotated[
        str, Meta(max_length=1024, description="10 to 256 characters.", examples=["a long quiet evening"])
    ]


class AcceptedJob(Struct, frozen=True):
    """Work that was accepted."""

    job: Annotated[JobView, Meta(description="Progress of the job.")]


class ChangedRegistration(Struct, forbid_unknown_fields=True):
    """Answers of a registration (JSON merge patch); what is absent stays, null clears."""

    nickname: Annotated[
        str | UnsetType | None, Meta(description="Unique name: 3 to 30 of a-z, 0-9, `.`, `_`, `-`.", examples=["ada"])
    ] = UNSET
    display_name: Annotated[
        str | UnsetType | None,
        Meta(description="Name as shown; the nickname when absent.", examples=["Ada Lovelace"]),
    ] = UNSET
    email: Annotated[str | UnsetType | None, Meta(description="Email address.", examples=["ada@example.org"])] = UNSET
    password: Annotated[
        str | UnsetType | None, Meta(description="10 to 256 characters.", examples=["a long quiet evening"])
    ] = UNSET
    locale: Annotated[str | UnsetType | None, Meta(description="Language: en or ru.", examples=["en"])] = UNSET
    phone: Annotated[
        str | UnsetType | None, Meta(description="Phone number with its country code.", examples=["+31201234567"])
    ] = UNSET
    work: Annotated[str | UnsetType, Meta(description="Nonce of the proof of work.", examples=["10423"])] = UNSET


class MailedCode(Struct, forbid_unknown_fields=True):
    """A code from a mail."""

    code: Annotated[str, Meta(max_length=100, description="8 digits.", examples=["12345678"])]


class NewBan(Struct, forbid_unknown_fields=True):
    """A wanted ban."""

    reason: Annotated[
        str, Meta(max_length=1000, description="Reason; the banned user is told.", examples=["Spam in comments."])
    ]
    until: Annotated[datetime | None, Meta(description="When it expires; null or absent: never.")] = None
