"""Quiz questions: where they come from, how they are stored and read."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from efir.domain.quiz import Candidate, QuestionId
from efir.ports.kernel.pagination import PageRequest, Rows

DATE = "Date the source gives for the question; null when it gives none."


class QuestionView(Struct, frozen=True, gc=False):
    """A stored question."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    number: Annotated[int, Meta(description="Place in the order of saving; numbers have gaps.", examples=[41])]
    question: Annotated[str, Meta(description="Text of the question.", examples=["What is Japan called in German?"])]
    answer: Annotated[str, Meta(description="Text of the answer.", examples=["Japan"])]
    created_at: Annotated[datetime | None, Meta(description=DATE)]
    category: Annotated[str | None, Meta(description="Category.", examples=["Currencies"])]
    difficulty: Annotated[str | None, Meta(description="easy, medium or hard.", examples=["easy"])]
    value: Annotated[int | None, Meta(description="Worth of the clue, as in jService.", examples=[200])]
    source: Annotated[str, Meta(description="Where it comes from.", examples=["cldr", "jservice", "opentdb"])]
    source_id: Annotated[str | None, Meta(description="Identifier at the source; may be given twice there.")]
    licence: Annotated[str | None, Meta(description="Licence of the text (SPDX).", examples=["Unicode-3.0"])]
    aired_at: Annotated[datetime | None, Meta(description="When it was on air.")]
    saved_at: Annotated[datetime, Meta(description="When it was stored here.")]


class PreviousQuestion(Struct, frozen=True):
    """The question saved before this request's first one; an empty object when there was none."""

    id: Annotated[UUID | UnsetType, Meta(description="Identifier (UUIDv7).")] = UNSET
    number: Annotated[int | UnsetType, Meta(description="Place in the order of saving.", examples=[41])] = UNSET
    question: Annotated[str | UnsetType, Meta(description="Text of the question.")] = UNSET
    answer: Annotated[str | UnsetType, Meta(description="Text of the answer.")] = UNSET
    created_at: Annotated[datetime | UnsetType | None, Meta(description=DATE)] = UNSET
    category: Annotated[str | UnsetType | None, Meta(description="Category.")] = UNSET
    difficulty: Annotated[str | UnsetType | None, Meta(description="easy, medium or hard.")] = UNSET
    value: Annotated[int | UnsetType | None, Meta(description="Worth of the clue, as in jService.")] = UNSET
    source: Annotated[str | UnsetType, Meta(description="Where it comes from.")] = UNSET
    source_id: Annotated[str | UnsetType | None, Meta(description="Identifier at the source.")] = UNSET
    licence: Annotated[str | UnsetType | None, Meta(description="Licence of the text (SPDX).")] = UNSET
    aired_at: Annotated[datetime | UnsetType | None, Meta(description="When it was on air.")] = UNSET
    saved_at: Annotated[datetime | UnsetType, Meta(description="When it was stored here.")] = UNSET


class QuestionCategory(Struct, frozen=True, gc=False):
    """A category and how many stored questions it has."""

    id: Annotated[int, Meta(description="Identifier.", examples=[7])]
    title: Annotated[str, Meta(description="Name.", examples=["Currencies"])]
    questions: Annotated[int, Meta(description="Stored questions of it.", examples=[250])]


class QuestionFilter(Struct, frozen=True):
    """Filter of a list of questions; `q` is words of the question or the answer."""

    q: str | None = None
    category: str | None = None
    difficulty: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a source gave: usable rows, how many were refused, whether it certainly has no more."""

    found: list[Candidate]
    refused: int = 0
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Added:
    """What was stored, in order, the newest question that had been stored before, and what is new but was not stored.

    `unsaved` are question and answer of each.
    """

    previous: QuestionView | None
    saved: list[QuestionView]
    unsaved: list[tuple[str, str]] = field(default_factory=list)


class QuestionSource(Protocol):
    """A source on the network. It returns any questions; which of them are new is not its concern."""

    @property
    def name(self) -> str:
        """Name in settings and responses."""
        ...

    @property
    def most(self) -> int:
        """Most questions of one call."""
        ...

    async def draw(self, count: int, *, seconds: float) -> Drawn:
        """Ask for questions, for `seconds` at most. Raises QuestionSourceUnavailable, QuestionSourceLimited."""
        ...


class QuestionBank(Protocol):
    """A local store of questions in a fixed shuffled order; how far it was read is kept with the questions."""

    @property
    def name(self) -> str:
        """Name in settings."""
        ...

    async def identity(self) -> str:
        """Make it readable and return its identity. Raises QuestionSourceUnavailable."""
        ...

    def read(self, position: int, count: int) -> Drawn:
        """Return the questions from a position on; it has been made readable before."""
        ...


class QuestionRepository(Protocol):
    """Questions inside a transaction; writers queue until its end, so there is one at a time."""

    async def claim(self, bank: str, count: int) -> int:
        """Wait for other writers, advance a bank's position and return the previous one."""
        ...

    async def add(self, found: list[Candidate], *, max_rows: int, min_rows: int, now: datetime) -> Added:
        """Store the first `max_rows` new ones in order, or none when fewer than `min_rows` are new."""
        ...


class QuestionViews(Protocol):
    """Questions, read."""

    async def one(self, question_id: QuestionId) -> QuestionView:
        """Raises QuestionNotFound."""
        ...

    async def list_newest(self, wanted: PageRequest, which: QuestionFilter) -> Rows[QuestionView]:
        """List questions, the last saved first."""
        ...

    async def random(self, count: int) -> list[QuestionView]:
        """Return distinct random questions, fewer when fewer are stored."""
        ...

    async def categories(self, wanted: PageRequest) -> Rows[QuestionCategory]:
        """List categories by title."""
        ...

    async def list_largest_categories(self, limit: int) -> list[QuestionCategory]:
        """Return the categories with most questions, by title."""
        ...
