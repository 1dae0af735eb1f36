"""Tables of unfinished registrations, of the names they hold, and of pictures."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.tables.row import NOW, Row


class RegistrationRow(Row):
    """What somebody has told so far; only the hash of their ticket is kept, and of the password a wrapped hash."""

    __tablename__ = "registration"
    __table_args__ = (
        Index("ix_registration_expires_at", "expires_at"),
        Index("ix_registration_issuer_sub", "issuer", "sub", postgresql_where=text("issuer is not null")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    ticket_hash: Mapped[bytes] = mapped_column(unique=True)
    nickname: Mapped[str | None]
    display_name: Mapped[str | None]
    email: Mapped[str | None]
    email_key: Mapped[str | None]
    password: Mapped[bytes | None]
    locale: Mapped[str | None]
    phone: Mapped[str | None]
    worked: Mapped[bool] = mapped_column(server_default=text("false"))
    email_checks: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    email_code_hash: Mapped[bytes | None]
    email_code_until: Mapped[datetime | None]
    email_code_tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    email_verified_at: Mapped[datetime | None]
    issuer: Mapped[str | None]
    sub: Mapped[str | None]
    provider: Mapped[str | None]
    shown: Mapped[str | None]
    idp_sid: Mapped[str | None]
    idp_hint: Mapped[bytes | None]
    idp_auth_time: Mapped[datetime | None]
    avatar_id: Mapped[UUID | None]
    avatar_gen: Mapped[int] = mapped_column(server_default="0")
    avatar_uploads: Mapped[int] = mapped_column(server_default="0")
    user_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime]


class ReservationRow(Row):
    """A nickname, by its skeleton, that was found free and is kept for a while for who asked."""

    __tablename__ = "name_reservation"
    __table_args__ = (Index("ix_name_reservation_registration_id", "registration_id"),)
    key: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]


class PictureRow(Row):
    """A picture; its bytes lie in the store under its id, and the row is there before and after them."""

    __tablename__ = "staged_upload"
    __table_args__ = (
        CheckConstraint("kind in ('avatar','thumbnail','banner')", name="kind"),
        CheckConstraint("state in ('receiving','staged','claimed','deleting')", name="state"),
        Index("ix_staged_upload_expires_at", "expires_at", postgresql_where=text("state <> 'claimed'")),
        Index("ix_staged_upload_owner_id", "owner_id", "created_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    kind: Mapped[str]
    state: Mapped[str]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    registration_id: Mapped[UUID | None]
    gen: Mapped[int] = mapped_column(BigInteger, server_default="0")
    width: Mapped[int] = mapped_column(server_default="0")
    height: Mapped[int] = mapped_column(server_default="0")
    files: Mapped[list[Any]] = mapped_column(JSONB(none_as_null=True), server_default="[]")
    thumbhash: Mapped[bytes] = mapped_column(server_default="")
    bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    working: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
