"""Tables of uploads."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.kernel.row import NOW, Row


class UploadRow(Row):
    """A file that is being uploaded; `writer_fence` increases with each writer, so an overtaken one changes nothing."""

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint("state in ('open','finished','used','gone')", name="state"),
        CheckConstraint("length is null or stored_offset <= length", name="offset"),
        Index("ix_uploads_ended", "id", postgresql_where=text("state = 'gone' and cleared_at is null")),
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
    partial: Mapped[bool] = mapped_column(server_default=text("false"))
    concat: Mapped[str] = mapped_column(server_default="")
    writer_fence: Mapped[int] = mapped_column(server_default="0")
    writer_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
