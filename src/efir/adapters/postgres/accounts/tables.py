"""Tables of registrations, proofs of email addresses, and reserved names."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.kernel.row import NOW, Row


class RegistrationRow(Row):
    """The values entered so far; of the ticket only a hash is stored, and of the password a wrapped hash."""

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
    """A nickname, by its skeleton, that was available and is reserved for a registration for a while."""

    __tablename__ = "name_reservation"
    __table_args__ = (Index("ix_name_reservation_registration_id", "registration_id"),)
    key: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]


class ProofRow(Row):
    """A proof that a user receives mail at an address: hashes of a link's secret and of a code."""

    __tablename__ = "mailbox_proof"
    __table_args__ = (CheckConstraint("purpose in ('email','password')", name="purpose"),)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(Text(collation="C"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    code_hash: Mapped[bytes | None]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    created_at: Mapped[datetime]
    code_until: Mapped[datetime]
    expires_at: Mapped[datetime]


class NameHoldRow(Row):
    """A nickname that was given up: it, and names that look like it, are unavailable to others until a given time."""

    __tablename__ = "name_hold"
    skel: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    until: Mapped[datetime]
