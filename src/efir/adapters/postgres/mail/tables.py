"""Tables of mails."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.kernel.row import NOW, Row


class MailRow(Row):
    """A mail; `sealed` contains its facts, encrypted with the instance's key, while they are needed."""

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
