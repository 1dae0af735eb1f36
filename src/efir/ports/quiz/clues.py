"""Stored questions in the shapes of jService, so that its clients can read them (the names are its own)."""

from datetime import datetime
from typing import Annotated, Protocol

from msgspec import UNSET, Meta, Struct, UnsetType


class ClueCategory(Struct, frozen=True, gc=False):
    """A category."""

    id: Annotated[int, Meta(description="Identifier.")]
    title: Annotated[str, Meta(description="Name.")]
    clues_count: Annotated[int, Meta(description="Clues of it.")]
    created_at: Annotated[datetime | UnsetType, Meta(description="When it was stored here.")] = UNSET
    updated_at: Annotated[datetime | UnsetType, Meta(description="When it was stored here.")] = UNSET


class Clue(Struct, frozen=True, gc=False):
    """A question; clues inside a category carry neither stamps nor the category."""

    id: Annotated[int, Meta(description="Identifier: the question's number.")]
    answer: Annotated[str, Meta(description="Text of the answer.")]
    question: Annotated[str, Meta(description="Text of the question.")]
    value: Annotated[int | None, Meta(description="Worth.")]
    airdate: Annotated[datetime | None, Meta(description="When it was on air.")]
    category_id: Annotated[int | None, Meta(description="Its category.")]
    game_id: Annotated[int | None, Meta(description="Always null.")] = None
    invalid_count: Annotated[int | None, Meta(description="Always null.")] = None
    created_at: Annotated[datetime | UnsetType, Meta(description="When it was made, or stored here.")] = UNSET
    updated_at: Annotated[datetime | UnsetType, Meta(description="When it was stored here.")] = UNSET
    category: Annotated[ClueCategory | UnsetType | None, Meta(description="Its category.")] = UNSET


class ClueGroup(Struct, frozen=True, gc=False):
    """A category with its clues."""

    id: Annotated[int, Meta(description="Identifier.")]
    title: Annotated[str, Meta(description="Name.")]
    clues_count: Annotated[int, Meta(description="Clues of it.")]
    clues: Annotated[list[Clue], Meta(description="The clues, at most 1,000.")]


class ClueFilter(Struct, frozen=True):
    """Which clues are wanted; dates bound `airdate`."""

    value: int | None = None
    category: int | None = None
    min_date: datetime | None = None
    max_date: datetime | None = None


class ClueViews(Protocol):
    """Clues, read."""

    async def random(self, count: int) -> list[Clue]:
        """Return distinct random clues."""
        ...

    async def draw_final(self, count: int) -> list[Clue]:
        """Return distinct random clues of final rounds, which have no value."""
        ...

    async def list_clues(self, which: ClueFilter, *, offset: int) -> list[Clue]:
        """Return up to a hundred clues in the order of saving."""
        ...

    async def categories(self, count: int, *, offset: int) -> list[ClueCategory]:
        """Return categories in the order of their ids."""
        ...

    async def category(self, category_id: int) -> ClueGroup:
        """Raises QuestionNotFound."""
        ...
