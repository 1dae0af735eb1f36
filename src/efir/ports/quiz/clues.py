"""Read model of quiz questions in the format of the jService API, for its clients; it keeps the field names."""

from datetime import datetime
from typing import Annotated, Protocol

from msgspec import UNSET, Meta, Struct, UnsetType


class ClueCategory(Struct, frozen=True, gc=False):
    """A category of clues."""

    id: Annotated[int, Meta(description="Identifier.")]
    title: Annotated[str, Meta(description="Name of the category.")]
    clues_count: Annotated[int, Meta(description="Number of clues in the category.")]
    created_at: Annotated[datetime | UnsetType, Meta(description="When the category was stored here.")] = UNSET
    updated_at: Annotated[datetime | UnsetType, Meta(description="When the category was stored here.")] = UNSET


class Clue(Struct, frozen=True, gc=False):
    """A question; clues listed within a category have neither timestamps nor the category."""

    id: Annotated[int, Meta(description="Identifier: the number of the question.")]
    answer: Annotated[str, Meta(description="Text of the answer.")]
    question: Annotated[str, Meta(description="Text of the question.")]
    value: Annotated[int | None, Meta(description="Value of the clue.")]
    airdate: Annotated[datetime | None, Meta(description="When the question was broadcast.")]
    category_id: Annotated[int | None, Meta(description="Category of the clue.")]
    game_id: Annotated[int | None, Meta(description="Always null.")] = None
    invalid_count: Annotated[int | None, Meta(description="Always null.")] = None
    created_at: Annotated[datetime | UnsetType, Meta(description="When the question was created or stored here.")] = (
        UNSET
    )
    updated_at: Annotated[datetime | UnsetType, Meta(description="When the question was stored here.")] = UNSET
    category: Annotated[ClueCategory | UnsetType | None, Meta(description="Category of the clue.")] = UNSET


class ClueGroup(Struct, frozen=True, gc=False):
    """A category with its clues."""

    id: Annotated[int, Meta(description="Identifier.")]
    title: Annotated[str, Meta(description="Name of the category.")]
    clues_count: Annotated[int, Meta(description="Number of clues in the category.")]
    clues: Annotated[list[Clue], Meta(description="Clues of the category, at most 1,000.")]


class ClueFilter(Struct, frozen=True):
    """Filter of a list of clues; `min_date` and `max_date` limit `airdate`."""

    value: int | None = None
    category: int | None = None
    min_date: datetime | None = None
    max_date: datetime | None = None


class ClueViews(Protocol):
    """Reads clues."""

    async def random(self, count: int) -> list[Clue]:
        """Return distinct random clues."""
        ...

    async def draw_final(self, count: int) -> list[Clue]:
        """Return distinct random clues of final rounds, which have no value."""
        ...

    async def list_clues(self, which: ClueFilter, *, offset: int) -> list[Clue]:
        """Return up to a hundred clues in the order in which they were stored."""
        ...

    async def categories(self, count: int, *, offset: int) -> list[ClueCategory]:
        """Return categories in the order of their ids."""
        ...

    async def category(self, category_id: int) -> ClueGroup:
        """Return a category with its clues. Raises QuestionNotFound."""
        ...
