"""Tables of quiz questions."""

from datetime import datetime
from uuid import UUID

from advanced_alchemy.mixins import AuditColumns
from advanced_alchemy.types import BigIntIdentity
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.kernel.row import Row


class QuestionCategoryRow(AuditColumns, Row):
    """A category; `questions` is the number of its stored questions and is updated with them."""

    __tablename__ = "question_categories"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    title: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    questions: Mapped[int] = mapped_column(server_default="0")


class QuestionRow(Row):
    """A question; `number` is the order in which they were stored, assigned by one transaction at a time."""

    __tablename__ = "questions"
    __table_args__ = (
        CheckConstraint("octet_length(fingerprint) = 32", name="fingerprint"),
        CheckConstraint("difficulty in ('easy','medium','hard')", name="difficulty"),
        Index("ix_questions_category_id", "category_id", "number"),
        Index("ix_questions_source", "source", "number"),
        Index("ix_questions_search", "search", postgresql_using="gin"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    number: Mapped[int] = mapped_column(BigIntIdentity, Identity(always=True), unique=True)
    fingerprint: Mapped[bytes] = mapped_column(unique=True)
    question: Mapped[str]
    answer: Mapped[str]
    category: Mapped[str | None]
    category_id: Mapped[int | None] = mapped_column(ForeignKey("question_categories.id"))
    difficulty: Mapped[str | None]
    value: Mapped[int | None]
    source: Mapped[str]
    source_id: Mapped[str | None]
    licence: Mapped[str | None]
    created_at: Mapped[datetime | None]
    aired_at: Mapped[datetime | None]
    saved_at: Mapped[datetime]
    search: Mapped[str] = mapped_column(
        TSVECTOR, Computed("to_tsvector('english', question || ' ' || answer)", persisted=True)
    )


class QuestionBankRow(Row):
    """The read position of a local bank of questions."""

    __tablename__ = "question_banks"
    identity: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
