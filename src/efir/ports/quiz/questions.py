"""Ports of quiz questions: sources, storage and read models."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from efir.domain.quiz import Candidate, QuestionId
from efir.ports.kernel.pagination import PageRequest, Rows

DATE = "Date of the question according to its source; null when the source has none."


class QuestionView(Struct, frozen=True, gc=False):
    """A stored question."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    number: Annotated[int, Meta(description="Sequence number in order of storage, with gaps.", examples=[41])]
    question: Annotated[str, Meta(description="Text of the question.", examples=["What is Japan called in German?"])]
    answer: Annotated[str, Meta(description="Text of the answer.", examples=["Japan"])]
    created_at: Annotated[datetime | None, Meta(description=DATE)]
    category: Annotated[str | None, Meta(description="Category.", examples=["Currencies"])]
    difficulty: Annotated[str | None, Meta(description="easy, medium or hard.", examples=["easy"])]
    value: Annotated[int | None, Meta(description="Value of the clue, as in jService.", examples=[200])]
    source: Annotated[str, Meta(description="Source of the question.", examples=["cldr", "jservice", "opentdb"])]
    source_id: Annotated[str | None, Meta(description="Identifier at the source; not always unique there.")]
    licence: Annotated[str | None, Meta(description="Licence of the text (SPDX).", examples=["Unicode-3.0"])]
    aired_at: Annotated[datetime | None, Meta(description="When the question was broadcast.")]
    saved_at: Annotated[datetime, Meta(description="When the question was stored here.")]


class PreviousQuestion(Struct, frozen=True):
    """The question stored before the first question of this request; an empty object when there was none."""

    id: Annotated[UUID | UnsetType, Meta(description="Identifier (UUIDv7).")] = UNSET
    number: Annotated[int | UnsetType, Meta(description="Sequence number in order of storage.", examples=[41])] = UNSET
    question: Annotated[str | UnsetType, Meta(description="Text of the question.")] = UNSET
    answer: Annotated[str | UnsetType, Meta(description="Text of the answer.")] = UNSET
    created_at: Annotated[datetime | UnsetType | None, Meta(description=DATE)] = UNSET
    category: Annotated[str | UnsetType | None, Meta(description="Category.")] = UNSET
    difficulty: Annotated[str | UnsetType | None, Meta(description="easy, medium or hard.")] = UNSET
    value: Annotated[int | UnsetType | None, Meta(description="Value of the clue, as in jService.")] = UNSET
    source: Annotated[str | UnsetType, Meta(description="Source of the question.")] = UNSET
    source_id: Annotated[str | UnsetType | None, Meta(description="Identifier at the source.")] = UNSET
    licence: Annotated[str | UnsetType | None, Meta(description="Licence of the text (SPDX).")] = UNSET
    aired_at: Annotated[datetime | UnsetType | None, Meta(description="When the question was broadcast.")] = UNSET
    saved_at: Annotated[datetime | UnsetType, Meta(description="When the question was stored here.")] = UNSET


class QuestionCategory(Struct, frozen=True, gc=False):
    """A category with the number of its stored questions."""

    id: Annotated[int, Meta(description="Identifier.", examples=[7])]
    title: Annotated[str, Meta(description="Name of the category.", examples=["Currencies"])]
    questions: Annotated[int, Meta(description="Number of stored questions.", examples=[250])]


class QuestionFilter(Struct, frozen=True):
    """Filter of a list of questions; `q` is search words in the question or the answer."""

    q: str | None = None
    category: str | None = None
    difficulty: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The result of a call to a source.

    Usable questions, the number of refused rows, and whether the source certainly has no more.
    """

    found: list[Candidate]
    refused: int = 0
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Added:
    """The result of storing questions.

    `saved` holds the stored questions in order, `previous` the newest question stored before them, and `unsaved` the
    question and answer of each new question that was not stored.
    """

    previous: QuestionView | None
    saved: list[QuestionView]
    unsaved: list[tuple[str, str]] = field(default_factory=list)


class QuestionSource(Protocol):
    """A source of questions on the network. It does not know which of its questions are already stored."""

    @property
    def name(self) -> str:
        """Name of the source in settings and responses."""
        ...

    @property
    def most(self) -> int:
        """Maximum number of questions per call."""
        ...

    async def draw(self, count: int, *, seconds: float) -> Drawn:
        """Request questions, for at most `seconds`. Raises QuestionSourceUnavailable, QuestionSourceLimited."""
        ...


class QuestionBank(Protocol):
    """A local bank of questions in a fixed shuffled order; the read position is stored with the questions."""

    @property
    def name(self) -> str:
        """Name of the bank in settings."""
        ...

    async def identity(self) -> str:
        """Open the bank and return its identity. Raises QuestionSourceUnavailable."""
        ...

    def read(self, position: int, count: int) -> Drawn:
        """Return up to `count` questions from a position on; call `identity` first."""
        ...


class QuestionRepository(Protocol):
    """Stores questions within a transaction; writers are serialized until it ends."""

    async def claim(self, bank: str, count: int) -> int:
        """Wait for other writers, advance the read position of a bank by `count` and return the previous position."""
        ...

    async def add(self, found: list[Candidate], *, max_rows: int, min_rows: int, now: datetime) -> Added:
        """Store the first `max_rows` new questions in order, or none when fewer than `min_rows` are new."""
        ...


class QuestionViews(Protocol):
    """Reads questions."""

    async def one(self, question_id: QuestionId) -> QuestionView:
        """Return a question. Raises QuestionNotFound."""
        ...

    async def list_newest(self, wanted: PageRequest, which: QuestionFilter) -> Rows[QuestionView]:
        """List questions, most recently stored first."""
        ...

    async def random(self, count: int) -> list[QuestionView]:
        """Return up to `count` distinct random questions, fewer when fewer are stored."""
        ...

    async def categories(self, wanted: PageRequest) -> Rows[QuestionCategory]:
        """List categories by title."""
        ...

    async def list_largest_categories(self, limit: int) -> list[QuestionCategory]:
        """Return the categories with the most questions, sorted by title."""
        ...
