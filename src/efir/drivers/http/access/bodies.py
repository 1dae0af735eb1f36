"""JSON bodies of requests and responses about roles and grants; unknown fields are refused."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType


class NewRole(Struct, forbid_unknown_fields=True):
    """A wanted role."""

    name: Annotated[
        str, Meta(max_length=100, description="2 to 40 of a-z, 0-9 and single dashes.", examples=["editor"])
    ]
    permissions: Annotated[
        list[str],
        Meta(
            max_length=200, description="Permissions that the role grants.", examples=[["moderation", "cinema:watch"]]
        ),
    ]
    description: Annotated[str, Meta(max_length=1000, description="Purpose of the role.")] = ""


class ChangedRole(Struct, forbid_unknown_fields=True):
    """New values of a role (JSON merge patch); what is absent stays."""

    name: Annotated[str | UnsetType, Meta(description="New name.", examples=["editor"])] = UNSET
    permissions: Annotated[
        list[str] | UnsetType, Meta(description="Permissions that the role grants.", examples=[["moderation"]])
    ] = UNSET
    description: Annotated[str | UnsetType, Meta(description="Purpose of the role.")] = UNSET


class NewGrant(Struct, forbid_unknown_fields=True):
    """How a role is granted."""

    expires_at: Annotated[datetime | None, Meta(description="When it expires; null or absent: never.")] = None
    reason: Annotated[str, Meta(max_length=1000, description="Reason, for the audit log.")] = ""
