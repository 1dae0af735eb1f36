"""A jService-compatible server: the wire format of the service that closed in 2023, kept by its successors."""

from typing import Any

from efir.adapters.quiz.checking import check_rows
from efir.adapters.quiz.fetching import Fetching
from efir.domain.quiz import QuestionSourceUnavailable, RawQuestion
from efir.ports.quiz.questions import Drawn

MOST = 100  # the server silently reduces a larger `count`
PATH = "/api/random"


class Jservice:
    """Calls `GET /api/random?count=`; the clues of one response are distinct, but responses repeat each other's."""

    name = "jservice"
    most = MOST

    def __init__(self, url: str, fetching: Fetching) -> None:
        self._url = url.partition("?")[0].rstrip("/").removesuffix(PATH) + PATH
        self._fetching = fetching

    async def draw(self, count: int, *, seconds: float) -> Drawn:
        """Request questions, for at most `seconds`. Raises QuestionSourceUnavailable, QuestionSourceLimited."""
        rows = await self._fetching.json(self._url, {"count": str(count)}, seconds=seconds)
        if not isinstance(rows, list):
            raise QuestionSourceUnavailable("The source did not answer a list.")
        return check_rows([parse_clue(row) for row in rows[:count]], source=self.name)


def parse_clue(row: Any) -> RawQuestion:
    """Return the fields of a clue, unvalidated: they may have any type or be absent."""
    if not isinstance(row, dict):
        return RawQuestion(question=None, answer=None)
    category = row.get("category")
    return RawQuestion(
        question=row.get("question"), answer=row.get("answer"), value=row.get("value"), id=row.get("id"),
        category=category.get("title") if isinstance(category, dict) else category,
        invalid_count=row.get("invalid_count"), created_at=row.get("created_at"), aired_at=row.get("airdate"),
        difficulty=row.get("difficulty"),
    )  # fmt: skip
