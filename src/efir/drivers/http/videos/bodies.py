"""JSON bodies of requests and responses about videos; unknown fields are refused."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType


class NewVideo(Struct, forbid_unknown_fields=True):
    """A video to be made of an upload."""

    upload_id: Annotated[
        str, Meta(description="A finished upload, or its address.", examples=["019a0c57-7a2c-7e6f-b4f2-5b3c7a1d2e3f"])
    ]
    title: Annotated[str, Meta(description="1 to 120 characters.", examples=["A walk in the rain"])]
    description: Annotated[str, Meta(description="Plain text, at most 10 000 characters.")] = ""
    tags: Annotated[list[str], Meta(description="At most 20, of 2 to 40 characters.", examples=[["rain"]])] = []
    visibility: Annotated[str, Meta(description="public, unlisted or private.", examples=["public"])] = "public"
    channel: Annotated[str | None, Meta(description="Handle of one of your channels; the first one when absent.")] = (
        None
    )


class ChangedVideo(Struct, forbid_unknown_fields=True):
    """New values of a video (JSON merge patch); what is absent stays."""

    title: Annotated[str | UnsetType, Meta(description="1 to 120 characters.", examples=["A walk in the rain"])] = UNSET
    description: Annotated[str | UnsetType | None, Meta(description="Plain text; null clears it.")] = UNSET
    tags: Annotated[list[str] | UnsetType | None, Meta(description="At most 20; null clears them.")] = UNSET
    visibility: Annotated[str | UnsetType, Meta(description="public, unlisted or private.", examples=["private"])] = (
        UNSET
    )
