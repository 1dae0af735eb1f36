"""Tables of audio records."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import REAL
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.kernel.row import Row


class AudioRow(Row):
    """A recording; its bytes are stored under a key derived from its id, in the database or in the blob store."""

    __tablename__ = "audio_records"
    __table_args__ = (
        CheckConstraint("state in ('queued','ready','failed')", name="state"),
        CheckConstraint("store in ('database','storage')", name="store"),
        CheckConstraint("state <> 'ready' or (size > 0 and sha256 is not null)", name="ready_has_bytes"),
        UniqueConstraint("owner_id", "source_sha256", "title"),
        Index("ix_audio_records_newest", "owner_id", text("created_at desc"), text("id desc")),
        Index("ix_audio_records_queued", "id", postgresql_where=text("state = 'queued'")),
        Index("ix_audio_records_edited_from", "edited_from", postgresql_where=text("edited_from is not null")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    title: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="queued")
    store: Mapped[str] = mapped_column(server_default="database")
    source_sha256: Mapped[bytes]
    source_bytes: Mapped[int] = mapped_column(BigInteger)
    source_format: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    duration: Mapped[float]
    channels: Mapped[int]
    sample_rate: Mapped[int]
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[bytes | None]
    loudness_integrated: Mapped[float | None] = mapped_column(REAL)
    loudness_range: Mapped[float | None] = mapped_column(REAL)
    true_peak: Mapped[float | None] = mapped_column(REAL)
    peaks: Mapped[bytes | None]
    samples_per_pixel: Mapped[int | None]
    warnings: Mapped[list[str]] = mapped_column(server_default="{}")
    error_code: Mapped[str | None]
    error_detail: Mapped[str | None]
    created_at: Mapped[datetime]
    edited_from: Mapped[UUID | None] = mapped_column(ForeignKey("audio_records.id", ondelete="SET NULL"))
