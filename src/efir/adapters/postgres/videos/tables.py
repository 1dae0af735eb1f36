"""Tables of videos, their renditions, segments and single files."""

from datetime import datetime
from uuid import UUID

from advanced_alchemy.mixins import AuditColumns
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.kernel.row import Row


class VideoRow(AuditColumns, Row):
    """A video; `state` is derived from its jobs."""

    __tablename__ = "videos"
    __table_args__ = (
        CheckConstraint("state in ('uploaded','processing','playable','ready','failed')", name="state"),
        CheckConstraint("visibility in ('public','unlisted','private')", name="visibility"),
        Index(
            "ix_videos_newest",
            text("published_at desc"),
            text("id desc"),
            postgresql_where=text("visibility = 'public' and state in ('playable','ready') and deleted_at is null"),
        ),
        Index("ix_videos_owner_id", "owner_id", text("id desc"), postgresql_where=text("deleted_at is null")),
        Index("ix_videos_channel_id", "channel_id", text("published_at desc"), text("id desc")),
        Index("ix_videos_tag_keys", "tag_keys", postgresql_using="gin"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    title: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    tags: Mapped[list[str]] = mapped_column(server_default="{}")
    tag_keys: Mapped[list[str]] = mapped_column(server_default="{}")
    visibility: Mapped[str] = mapped_column(server_default="public")
    state: Mapped[str] = mapped_column(server_default="uploaded")
    generation: Mapped[int] = mapped_column(server_default="1")
    access_epoch: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[int] = mapped_column(server_default="1")
    source_key: Mapped[str]
    duration: Mapped[float | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    views: Mapped[int] = mapped_column(server_default="0")
    likes: Mapped[int] = mapped_column(server_default="0")
    comments: Mapped[int] = mapped_column(server_default="0")
    failure_code: Mapped[str | None]
    failure_detail: Mapped[str | None]
    published_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class RenditionRow(Row):
    """One encoding of a video's picture or sound."""

    __tablename__ = "renditions"
    __table_args__ = (
        CheckConstraint("kind in ('video','audio')", name="kind"),
        Index("uq_renditions_name", "video_id", "generation", "name", unique=True),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    video_id: Mapped[UUID] = mapped_column(ForeignKey("videos.id", ondelete="CASCADE"))
    generation: Mapped[int]
    name: Mapped[str]
    kind: Mapped[str]
    codecs: Mapped[str]
    width: Mapped[int] = mapped_column(server_default="0")
    height: Mapped[int] = mapped_column(server_default="0")
    frame_rate: Mapped[str] = mapped_column(server_default="")
    timescale: Mapped[int]
    init_key: Mapped[str]
    init_size: Mapped[int]
    init_sha256: Mapped[str]
    temporary: Mapped[bool] = mapped_column(server_default=text("false"))
    listed: Mapped[bool] = mapped_column(server_default=text("false"))
    complete: Mapped[bool] = mapped_column(server_default=text("false"))
    bandwidth: Mapped[int] = mapped_column(server_default="0")
    average_bandwidth: Mapped[int] = mapped_column(server_default="0")
    channels: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    target_duration: Mapped[int] = mapped_column(server_default="1")
    growing: Mapped[bool] = mapped_column(server_default=text("false"))


class SegmentRow(Row):
    """A segment of a rendition; one object in the blob store."""

    __tablename__ = "segments"
    __table_args__ = (Index("ix_segments_key", "key"),)
    rendition_id: Mapped[UUID] = mapped_column(ForeignKey("renditions.id", ondelete="CASCADE"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    start_ticks: Mapped[int] = mapped_column(BigInteger)
    ticks: Mapped[int]
    key: Mapped[str] = mapped_column(Text(collation="C"))
    size: Mapped[int]
    sha256: Mapped[str]


class AssetRow(Row):
    """A single file of a video."""

    __tablename__ = "video_assets"
    video_id: Mapped[UUID] = mapped_column(ForeignKey("videos.id", ondelete="CASCADE"), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    content_type: Mapped[str]
    width: Mapped[int] = mapped_column(server_default="0")
    height: Mapped[int] = mapped_column(server_default="0")
