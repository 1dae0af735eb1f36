"""Tables of mails, proofs of mailboxes and names that are kept from others."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.tables.row import NOW, Row


class MailRow(Row):
    """A mail; `sealed` holds its facts under the instance's key while they are needed."""

    __tablename__ = "mails"
    __table_args__ = (
        CheckConstraint("state in ('asked','waiting','sent','failed','expired','kept')", name="state"),
        CheckConstraint("lang in ('en','ru')", name="lang"),
        Index("ix_mails_recipient_key", "recipient_key", "kind", "created_at"),
        Index("ix_mails_created_at", "created_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    kind: Mapped[str]
    recipient: Mapped[str]
    recipient_key: Mapped[str] = mapped_column(Text(collation="C"))
    lang: Mapped[str]
    state: Mapped[str]
    sealed: Mapped[bytes | None]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ProofRow(Row):
    """What proves that somebody reads a mailbox: hashes of a link's secret and of a code."""

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
    """A nickname that was given up: nobody else takes it, or one that looks like it, until a moment."""

    __tablename__ = "name_hold"
    skel: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    until: Mapped[datetime]
