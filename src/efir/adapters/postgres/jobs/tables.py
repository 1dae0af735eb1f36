"""Tables of jobs and events."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import REAL
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.kernel.row import NOW, Row


class JobRow(Row):
    """A unit of background work; leases are timed by the clock of the database."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("state in ('blocked','ready','running','done','failed','poison','cancelled')", name="state"),
        CheckConstraint("(state = 'running') = (lease_until is not null)", name="lease"),
        Index("ix_jobs_claim", "queue", "priority", "vtime", "id", postgresql_where=text("state = 'ready'")),
        Index("ix_jobs_subject", "subject", "kind", "created_at"),
        Index("ix_jobs_due", "run_at", postgresql_where=text("state = 'ready'")),
        Index("ix_jobs_leased", "lease_until", postgresql_where=text("state = 'running'")),
        Index(
            "uq_jobs_unit",
            "subject",
            "generation",
            "kind",
            "ordinal",
            unique=True,
            postgresql_where=text("generation > 0"),
        ),
        Index(
            "ix_jobs_fair",
            "owner_id",
            "priority",
            "vtime",
            postgresql_where=text("state in ('blocked','ready','running')"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    kind: Mapped[str]
    subject: Mapped[UUID]
    generation: Mapped[int] = mapped_column(server_default="0")
    ordinal: Mapped[int] = mapped_column(server_default="0")
    dedupe_key: Mapped[str | None] = mapped_column(unique=True)
    owner_id: Mapped[UUID | None]
    queue: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    vtime: Mapped[float] = mapped_column(server_default="0")
    cost: Mapped[float] = mapped_column(REAL, server_default="1")
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    output: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    correlation_id: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="ready")
    run_at: Mapped[datetime] = mapped_column(server_default=NOW)
    woken_at: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    kills: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    fence: Mapped[int] = mapped_column(BigInteger, server_default="0")
    lease_until: Mapped[datetime | None]
    worker: Mapped[str | None]
    progress: Mapped[float] = mapped_column(REAL, server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    finished_at: Mapped[datetime | None]


class OutboxRow(Row):
    """An event waiting for the relay."""

    __tablename__ = "outbox"
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    name: Mapped[str]
    subject: Mapped[UUID]
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    correlation_id: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
