"""Stored questions for clients of jService: its paths, names and types, so old clients need only another host."""

from datetime import UTC, datetime
from typing import Annotated, TypeVar

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from efir.application.context import Call
from efir.application.quiz.clues import clue_category, draw_final_clues, draw_random_clues, list_categories, list_clues
from efir.domain.kernel.errors import FieldError, Invalid
from efir.domain.quiz import QuestionNotFound
from efir.drivers._asgi.route_options import ANONYMOUS
from efir.drivers.http.kernel.problems import raises
from efir.drivers.http.kernel.responses import Answer
from efir.ports.quiz.clues import Clue, ClueCategory, ClueFilter, ClueGroup

T = TypeVar("T")
BIG = 2**31 - 1
CountQuery = Annotated[
    str | None,
    QueryParameter(pattern="^[0-9]{0,9}$", description="Number of clues: 1 when absent or empty, at most 100."),
]
OffsetQuery = Annotated[int, QueryParameter(ge=0, le=BIG, description="Number of clues to skip.")]
ValueQuery = Annotated[int | None, QueryParameter(ge=0, le=BIG, description="Only clues of this value.")]
CategoryQuery = Annotated[int | None, QueryParameter(ge=0, le=BIG, description="Only clues of this category.")]
DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})?)?$"
FromQuery = Annotated[
    str | None, QueryParameter(pattern=DAY, description="Only clues aired at or after this date, or date and time.")
]
UntilQuery = Annotated[
    str | None, QueryParameter(pattern=DAY, description="Only clues aired at or before this date, or date and time.")
]
IdQuery = Annotated[int, QueryParameter(name="id", ge=0, le=BIG, description="Identifier of the category.")]


class CluesController(Controller):
    """Clues, as jService gives them."""

    path = "/api"
    tags = ("jService",)
    opt = ANONYMOUS

    @get("/random", operation_id="getRandomClues", responses=raises())
    async def get_random(self, call: NamedDependency[Call], count: CountQuery = None) -> Response[list[Clue]]:
        """Return random clues."""
        return _open(await draw_random_clues(call.ports, count=int(count or 1)))

    @get("/final", operation_id="getFinalClues", responses=raises())
    async def get_final(self, call: NamedDependency[Call], count: CountQuery = None) -> Response[list[Clue]]:
        """Return random clues of final rounds, which have no value."""
        return _open(await draw_final_clues(call.ports, count=int(count or 1)))

    @get("/clues", operation_id="getClues", responses=raises(Invalid))
    async def clues(
        self,
        call: NamedDependency[Call],
        value: ValueQuery = None,
        category: CategoryQuery = None,
        min_date: FromQuery = None,
        max_date: UntilQuery = None,
        offset: OffsetQuery = 0,
    ) -> Response[list[Clue]]:
        """List clues in the order they were stored, a hundred at a time."""
        which = ClueFilter(
            value=value,
            category=category,
            min_date=_moment(min_date, "min_date"),
            max_date=_moment(max_date, "max_date"),
        )
        return _open(await list_clues(call.ports, which=which, offset=offset))

    @get("/categories", operation_id="getClueCategories", responses=raises())
    async def categories(
        self, call: NamedDependency[Call], count: CountQuery = None, offset: OffsetQuery = 0
    ) -> Response[list[ClueCategory]]:
        """List categories."""
        return _open(await list_categories(call.ports, count=int(count or 1), offset=offset))

    @get("/category", operation_id="getClueCategory", responses=raises(QuestionNotFound))
    async def category(self, call: NamedDependency[Call], category_id: IdQuery) -> Response[ClueGroup]:
        """Return a category with its clues."""
        return _open(await clue_category(call.ports, category_id=category_id))


def _moment(text: str | None, name: str) -> datetime | None:
    """Read a date, or a date with a time; without a zone it is UTC. Raises Invalid for a day that never was."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        detail = "There is no such day or time."
        raise Invalid(detail, errors=(FieldError(f"/{name}", "format", detail),)) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _open(found: T) -> Response[T]:
    """Allow scripts of every site: there is nothing personal here."""
    return Answer(found, headers={"access-control-allow-origin": "*", "cache-control": "no-store"})
