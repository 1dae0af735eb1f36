"""Tables of pictures."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.kernel.row import NOW, Row


class PictureRow(Row):
    """A picture; its bytes are in the blob store under its id, and the row exists before and after them."""

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
