"""Tables of channels."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.kernel.row import Row


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
