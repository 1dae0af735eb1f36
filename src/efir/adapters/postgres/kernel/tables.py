"""Tables of stored responses, and of blobs inside the database."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.kernel.row import NOW, Row


class ReplyRow(Row):
    """The stored response to a request with an `Idempotency-Key`; the body is encrypted with the instance's key."""

    __tablename__ = "replies"
    __table_args__ = (Index("ix_replies_created_at", "created_at"),)
    principal: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    status: Mapped[int] = mapped_column(SmallInteger)
    sealed: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class BlobRow(Row):
    """An object of the blob store that is inside the database."""

    __tablename__ = "blobs"
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    key: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class ChunkRow(Row):
    """A chunk of an object; stored uncompressed outside of the row, so that a part of it can be read alone."""

    __tablename__ = "blob_chunks"
    blob_id: Mapped[UUID] = mapped_column(ForeignKey("blobs.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes]
