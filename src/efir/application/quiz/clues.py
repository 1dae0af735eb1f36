"""Stored questions as clues, for clients of jService."""

from efir.application.context import Ports
from efir.ports.quiz.clues import Clue, ClueCategory, ClueFilter, ClueGroup

MOST = 100  # in one response; jService silently truncates longer ones, and so does this


async def draw_random_clues(ports: Ports, *, count: int) -> list[Clue]:
    """Return distinct random clues, a hundred at most."""
    async with ports.read() as views:
        return await views.clues.random(min(count, MOST))


async def draw_final_clues(ports: Ports, *, count: int) -> list[Clue]:
    """Return distinct random clues of final rounds, a hundred at most."""
    async with ports.read() as views:
        return await views.clues.draw_final(min(count, MOST))


async def list_clues(ports: Ports, *, which: ClueFilter, offset: int) -> list[Clue]:
    """Return up to a hundred clues in the order in which they were stored."""
    async with ports.read() as views:
        return await views.clues.list_clues(which, offset=offset)


async def list_categories(ports: Ports, *, count: int, offset: int) -> list[ClueCategory]:
    """Return categories, a hundred at most."""
    async with ports.read() as views:
        return await views.clues.categories(min(count, MOST), offset=offset)


async def clue_category(ports: Ports, *, category_id: int) -> ClueGroup:
    """Return a category with its clues. Raises QuestionNotFound."""
    async with ports.read() as views:
        return await views.clues.category(category_id)
