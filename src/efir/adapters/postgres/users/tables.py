"""The table of user accounts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Index,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.kernel.row import NOW, Row


class UserRow(Row):
    """A user account, whatever the ways to sign in to it."""

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
