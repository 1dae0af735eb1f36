"""All tables. Rows never leave this package: `mapping.py` turns them into entities and read models."""

from datetime import datetime
from typing import Any
from uuid import UUID

from advanced_alchemy.base import orm_registry
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB, REAL, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Moment = TIMESTAMP(timezone=True)
NOW = text("now()")


class Row(DeclarativeBase):
    """A table row; names of constraints follow advanced-alchemy's convention, so `constraints.py` can list them."""

    metadata = orm_registry.metadata
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads this class attribute
        str: Text(),
        datetime: Moment,
        UUID: Uuid(),
        bytes: LargeBinary(),
        dict[str, Any]: JSONB(none_as_null=True),
        list[str]: ARRAY(Text()),
    }


class UserRow(Row):
    """One account, whatever the ways to sign in."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("kind in ('human','service','named')", name="kind"),
        CheckConstraint("status in ('active','banned','pending_delete','deleted')", name="status"),
        CheckConstraint("kind <> 'human' or nickname is not null", name="human_has_nickname"),
        Index(
            "uq_user_account_email_key",
            "email_key",
            unique=True,
            postgresql_where=text("email_verified_at is not null"),
        ),
        Index("uq_user_account_name_key", "name_key", unique=True, postgresql_where=text("kind = 'named'")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    kind: Mapped[str] = mapped_column(server_default="human")
    nickname: Mapped[str | None] = mapped_column(Text(collation="C"), unique=True)
    nick_skel: Mapped[str | None] = mapped_column(Text(collation="C"), unique=True)
    name_key: Mapped[str | None] = mapped_column(Text(collation="C"))
    key_ver: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    display_name: Mapped[str]
    email: Mapped[str | None]
    email_key: Mapped[str | None] = mapped_column(Text(collation="C"))
    email_verified_at: Mapped[datetime | None]
    phone: Mapped[str | None] = mapped_column(unique=True)
    avatar_id: Mapped[UUID | None]
    status: Mapped[str] = mapped_column(server_default="active")
    epoch: Mapped[int] = mapped_column(server_default="0")
    authz_ver: Mapped[int] = mapped_column(server_default="0")
    last_login_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class PasswordRow(Row):
    """A password hash, wrapped with the key `wrap_kid`."""

    __tablename__ = "password_credential"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    wrapped: Mapped[bytes]
    wrap_kid: Mapped[str] = mapped_column(server_default="1")
    changed_at: Mapped[datetime] = mapped_column(server_default=NOW)
    breach_checked_at: Mapped[datetime | None]


class SessionRow(Row):
    """A login session of a browser or an app."""

    __tablename__ = "login_session"
    __table_args__ = (
        CheckConstraint("kind in ('web','token','impersonation')", name="kind"),
        Index("ix_login_session_user_id", "user_id", postgresql_where=text("revoked_at is null")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(server_default="web")
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    rt_seq: Mapped[int] = mapped_column(server_default="0")
    rt_hash: Mapped[bytes | None]
    rt_prev_hash: Mapped[bytes | None]
    rt_rotated_at: Mapped[datetime | None]
    epoch: Mapped[int] = mapped_column(server_default="0")
    aal: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    amr: Mapped[list[str]] = mapped_column(server_default="{pwd}")
    auth_time: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    device_id: Mapped[UUID | None]
    label: Mapped[str | None]
    ip: Mapped[str | None] = mapped_column(INET)
    ua: Mapped[str] = mapped_column(server_default="")
    idp_issuer: Mapped[str | None]
    idp_sid: Mapped[str | None]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    idle_expires: Mapped[datetime]
    abs_expires: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoke_reason: Mapped[str | None]


class TokenRow(Row):
    """An API token; `uuid` tokens (mission S4.2) never expire."""

    __tablename__ = "api_token"
    __table_args__ = (
        CheckConstraint("kind in ('pat','uuid')", name="kind"),
        CheckConstraint("expires_at is not null or kind = 'uuid'", name="pat_expires"),
        Index("ix_api_token_user_id", "user_id", "created_at", "id", postgresql_where=text("revoked_at is null")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(server_default="pat")
    name: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[list[str]]
    cidrs: Mapped[list[str]] = mapped_column(server_default="{}")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ChannelRow(Row):
    """A channel."""

    __tablename__ = "channels"
    __table_args__ = (Index("ix_channels_owner_id", "owner_id", "created_at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    handle: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    subscriber_count: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime]


class UploadRow(Row):
    """A file on its way in; `writer_fence` rises with each writer, so an overtaken one changes nothing."""

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint("state in ('open','finished','used','gone')", name="state"),
        CheckConstraint("length is null or stored_offset <= length", name="offset"),
        Index("ix_uploads_expires_at", "expires_at", postgresql_where=text("state in ('open','finished')")),
        Index("ix_uploads_owner_id", "owner_id", postgresql_where=text("state in ('open','finished')")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(server_default="open")
    length: Mapped[int | None] = mapped_column(BigInteger)
    stored_offset: Mapped[int] = mapped_column(BigInteger, server_default="0")
    filename: Mapped[str] = mapped_column(server_default="")
    filetype: Mapped[str] = mapped_column(server_default="")
    metadata_: Mapped[str] = mapped_column("metadata", server_default="")
    sha256: Mapped[str | None]
    hash_state: Mapped[bytes | None]
    partial: Mapped[bool] = mapped_column(server_default=text("false"))
    writer_fence: Mapped[int] = mapped_column(server_default="0")
    writer: Mapped[str | None]
    writer_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime]


class VideoRow(Row):
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
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
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


class SegmentRow(Row):
    """A stretch of a rendition; one object in the store."""

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


class JobRow(Row):
    """Work that leaves the request; leases are the database's time."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("state in ('blocked','ready','running','done','failed','poison','cancelled')", name="state"),
        CheckConstraint("(state = 'running') = (lease_until is not null)", name="lease"),
        Index("ix_jobs_claim", "queue", "priority", "vtime", "id", postgresql_where=text("state = 'ready'")),
        Index("ix_jobs_due", "run_at", postgresql_where=text("state = 'ready'")),
        Index("ix_jobs_leased", "lease_until", postgresql_where=text("state = 'running'")),
        Index(
            "uq_jobs_unit",
            "subject",
            "generation",
            "kind",
            "ordinal",
            unique=True,
            postgresql_where=text("generation > 0"),
        ),
        Index(
            "ix_jobs_fair",
            "owner_id",
            "priority",
            "vtime",
            postgresql_where=text("state in ('blocked','ready','running')"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    kind: Mapped[str]
    subject: Mapped[UUID]
    generation: Mapped[int] = mapped_column(server_default="0")
    ordinal: Mapped[int] = mapped_column(server_default="0")
    dedupe_key: Mapped[str | None] = mapped_column(unique=True)
    owner_id: Mapped[UUID | None]
    queue: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    vtime: Mapped[float] = mapped_column(server_default="0")
    cost: Mapped[float] = mapped_column(REAL, server_default="1")
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    output: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    correlation_id: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="ready")
    run_at: Mapped[datetime] = mapped_column(server_default=NOW)
    woken_at: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    kills: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    fence: Mapped[int] = mapped_column(BigInteger, server_default="0")
    lease_until: Mapped[datetime | None]
    worker: Mapped[str | None]
    progress: Mapped[float] = mapped_column(REAL, server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    finished_at: Mapped[datetime | None]


class OutboxRow(Row):
    """An event waiting for the relay."""

    __tablename__ = "outbox"
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    name: Mapped[str]
    subject: Mapped[UUID]
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    correlation_id: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class ReplyRow(Row):
    """The stored answer of a request with an `Idempotency-Key`; the body is encrypted with the instance's key."""

    __tablename__ = "replies"
    __table_args__ = (Index("ix_replies_created_at", "created_at"),)
    principal: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    status: Mapped[int] = mapped_column(SmallInteger)
    sealed: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
