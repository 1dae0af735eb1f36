"""Quiz questions over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from efir.application.access.requirements import PUBLIC
from efir.application.context import Call
from efir.application.quiz.questions import (
    fetch_questions,
    get_question,
    list_categories,
    list_questions,
    random_questions,
)
from efir.domain.kernel.errors import FieldError
from efir.domain.kernel.rate_limits import Throttled
from efir.domain.quiz import (
    InvalidQuestionCount,
    QuestionId,
    QuestionNotFound,
    QuestionsExhausted,
    QuestionSourceLimited,
    QuestionSourceUnavailable,
    QuizOverloaded,
)
from efir.drivers.http.kernel.pagination import CursorQuery, LimitQuery, paginate
from efir.drivers.http.kernel.problems import raises
from efir.drivers.http.kernel.responses import Answer
from efir.ports.kernel.pagination import Page
from efir.ports.quiz.questions import PreviousQuestion, QuestionCategory, QuestionFilter, QuestionView

NUMBER = Annotated[int, Meta(description="Number of new questions, 1 to 100.", examples=[1])]
FETCHING = raises(
    InvalidQuestionCount,
    QuestionsExhausted,
    Throttled,
    QuestionSourceUnavailable,
    QuestionSourceLimited,
    QuizOverloaded,
)
NOTHING = PreviousQuestion()

WordsQuery = Annotated[str | None, QueryParameter(max_length=200, description="Words in the question or the answer.")]
CategoryQuery = Annotated[str | None, QueryParameter(description="Only questions of this category.")]
DifficultyQuery = Annotated[str | None, QueryParameter(description="Only easy, medium or hard ones.")]
SourceQuery = Annotated[str | None, QueryParameter(description="Only questions of this source.")]
CountQuery = Annotated[int, QueryParameter(ge=1, le=100, description="Number of questions.")]


class WantedQuestions(Struct, forbid_unknown_fields=True):
    """How many new questions are wanted."""

    questions_num: NUMBER


class QuizRequest(Struct):
    """How many new questions are wanted; other members are ignored."""

    questions_num: NUMBER


class RandomQuestions(Struct, frozen=True):
    """Questions chosen by chance."""

    items: Annotated[list[QuestionView], Meta(description="Distinct questions; fewer when fewer are stored.")]


class QuizController(Controller):
    """The literal route of the seed."""

    path = "/quiz"
    tags = ("Quiz",)
    opt = PUBLIC

    @post(operation_id="postQuiz", status_code=200, responses=FETCHING)
    async def quiz(
        self, request: Request[Any, Any, Any], data: JSONBody[QuizRequest], call: NamedDependency[Call]
    ) -> Answer[PreviousQuestion]:
        """Store new questions and return the one stored before them; an empty object when there was none."""
        fetched = await fetch_questions(
            call.ports, count=await _require_whole(request, data.questions_num), visitor=call.visitor
        )
        return Answer(fetched.previous or NOTHING)  # type: ignore[arg-type]  # the same fields, none absent


class QuestionsController(Controller):
    """Stored questions."""

    path = "/api/v1/quiz"
    tags = ("Quiz",)
    opt = PUBLIC

    @post("/questions", operation_id="fetchQuestions", status_code=200, responses=FETCHING)
    async def fetch(
        self, request: Request[Any, Any, Any], data: JSONBody[WantedQuestions], call: NamedDependency[Call]
    ) -> Answer[PreviousQuestion]:
        """Store new questions and return the one stored before them; an empty object when there was none."""
        fetched = await fetch_questions(
            call.ports, count=await _require_whole(request, data.questions_num), visitor=call.visitor
        )
        return Answer(fetched.previous or NOTHING)  # type: ignore[arg-type]  # the same fields, none absent

    @get("/questions", operation_id="listQuestions", responses=raises())
    async def get_questions(
        self,
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
        q: WordsQuery = None,
        category: CategoryQuery = None,
        difficulty: DifficultyQuery = None,
        source: SourceQuery = None,
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[QuestionView]]:
        """List stored questions, the last saved first."""
        which = QuestionFilter(q=q, category=category, difficulty=difficulty, source=source)
        return paginate(request, await list_questions(call.ports, which=which, limit=limit, cursor=cursor))

    @get("/questions/random", operation_id="getRandomQuestions", responses=raises())
    async def get_random(self, call: NamedDependency[Call], count: CountQuery = 1) -> Response[RandomQuestions]:
        """Return different stored questions at random."""
        return Answer(
            RandomQuestions(await random_questions(call.ports, count=count)), headers={"cache-control": "no-store"}
        )

    @get("/questions/{question_id:uuid}", operation_id="getQuestion", responses=raises(QuestionNotFound))
    async def one(self, question_id: FromPath[UUID], call: NamedDependency[Call]) -> QuestionView:
        """Return a stored question."""
        return await get_question(call.ports, question_id=QuestionId(question_id))

    @get("/categories", operation_id="listQuestionCategories", responses=raises())
    async def categories(
        self,
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[QuestionCategory]]:
        """List the categories of stored questions by title."""
        return paginate(request, await list_categories(call.ports, limit=limit, cursor=cursor))


async def _require_whole(request: Request[Any, Any, Any], count: int) -> int:
    """Refuse `"5"` and `5.0`, which the framework takes for whole numbers; the body is decoded already."""
    if type((await request.json())["questions_num"]) is int:
        return count
    detail = "`questions_num` is a whole number."
    raise InvalidQuestionCount(detail, errors=(FieldError("/questions_num", "type", detail),))
