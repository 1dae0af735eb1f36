"""Tables of accounts, login sessions and tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.tables.row import NOW, Row


class UserRow(Row):
    """One account, whatever the ways to sign in."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("kind in ('human','service','named')", name="kind"),
        CheckConstraint("locale in ('en','ru')", name="locale"),
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
    locale: Mapped[str] = mapped_column(server_default="en")
    status: Mapped[str] = mapped_column(server_default="active")
    purge_at: Mapped[datetime | None]
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
        Index("ix_login_session_idp", "idp_issuer", "idp_sid", postgresql_where=text("idp_issuer is not null")),
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
    actor_id: Mapped[UUID | None]  # who sees the service in the user's place, and from which session of theirs
    actor_session_id: Mapped[UUID | None]
    device_id: Mapped[UUID | None]
    label: Mapped[str | None]
    ip: Mapped[str | None] = mapped_column(INET)
    ua: Mapped[str] = mapped_column(server_default="")
    idp_issuer: Mapped[str | None]
    idp_sid: Mapped[str | None]
    idp_hint: Mapped[bytes | None]  # the provider's ID token, sealed; it is shown to the provider at the end
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    idle_expires: Mapped[datetime]
    abs_expires: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoke_reason: Mapped[str | None]


class TokenRow(Row):
    """An API token; `uuid` tokens never expire."""

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
