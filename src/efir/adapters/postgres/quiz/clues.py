"""Stored questions in jService's response formats."""

from typing import Any

from efir.adapters.postgres.quiz.questions import draw_random
from efir.domain.quiz import QuestionNotFound
from efir.ports.quiz.clues import Clue, ClueCategory, ClueFilter, ClueGroup

PAGE = 100  # clues per response, as in jService
GROUP = 1_000  # clues per category
CLUES = """
select q.number, q.answer, q.question, q.value, q.aired_at, q.category_id, coalesce(q.created_at, q.saved_at),
       q.saved_at, c.title, c.questions, c.created_at, c.updated_at
  from questions q left join question_categories c on c.id = q.category_id """
CATEGORY = "select id, title, questions from question_categories "


class PostgresClueViews:
    """Read models of clues."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def random(self, count: int) -> list[Clue]:
        """Return distinct random clues."""
        numbers = [row["number"] for row in await draw_random(self._connection, count)]
        sql = f"{CLUES} where q.number = any($1::bigint[])"
        rows = {row[0]: _clue(row) for row in await self._connection.fetch(sql, numbers)} if numbers else {}
        return [rows[number] for number in numbers if number in rows]

    async def draw_final(self, count: int) -> list[Clue]:
        """Return distinct random clues of final rounds, which have no value."""
        sql = f"{CLUES} where q.value is null order by random() limit $1"
        return [_clue(row) for row in await self._connection.fetch(sql, count)]

    async def list_clues(self, which: ClueFilter, *, offset: int) -> list[Clue]:
        """Return up to a hundred clues in the order in which they were stored."""
        tests = {
            "q.value = ${}": which.value,
            "q.category_id = ${}": which.category,
            "q.aired_at >= ${}": which.min_date,
            "q.aired_at <= ${}": which.max_date,
        }
        given = [(test, value) for test, value in tests.items() if value is not None]
        filters = " and ".join(["true", *(test.format(place) for place, (test, _) in enumerate(given, 3))])
        sql = f"{CLUES} where {filters} order by q.number limit $1 offset $2"
        rows = await self._connection.fetch(sql, PAGE, offset, *(value for _, value in given))
        return [_clue(row) for row in rows]

    async def categories(self, count: int, *, offset: int) -> list[ClueCategory]:
        """Return categories in the order of their ids."""
        rows = await self._connection.fetch(f"{CATEGORY} order by id limit $1 offset $2", count, offset)
        return [ClueCategory(*row) for row in rows]

    async def category(self, category_id: int) -> ClueGroup:
        """Return a category with its clues. Raises QuestionNotFound."""
        row = await self._connection.fetchrow(f"{CATEGORY} where id = $1", category_id)
        if row is None:
            raise QuestionNotFound("There is no such category.")
        sql = f"{CLUES} where q.category_id = $1 order by q.number limit $2"
        clues = [Clue(*one[:6]) for one in await self._connection.fetch(sql, category_id, GROUP)]
        return ClueGroup(row[0], row[1], row[2], clues)


def _clue(row: Any) -> Clue:
    number, answer, question, value, aired_at, category_id, made_at, saved_at, *category = row
    return Clue(
        number, answer, question, value, aired_at, category_id, created_at=made_at, updated_at=saved_at,
        category=None if category_id is None else ClueCategory(category_id, *category),
    )  # fmt: skip
