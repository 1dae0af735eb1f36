"""Quiz questions: storing new ones, and reading stored ones."""

from efir.application.context import Ports, Visitor
from efir.application.kernel.cursors import paginate, parse_page
from efir.application.kernel.rate_limits import MINUTE, enforce_limits
from efir.domain.kernel.rate_limits import Rate, network_of
from efir.domain.quiz import QuestionId, check_count
from efir.ports.kernel.pagination import Page
from efir.ports.quiz.questions import QuestionCategory, QuestionFilter, QuestionView
from efir.ports.quiz.queue import Fetched

CATEGORIES_SHOWN = 200


async def fetch_questions(ports: Ports, *, count: int, visitor: Visitor | None = None) -> Fetched:
    """Store exactly `count` questions that were not stored before; return them and the one stored before the first.

    Raises InvalidQuestionCount, QuizOverloaded, Throttled for a visitor who asks too often; QuestionsExhausted,
    QuestionSourceUnavailable, QuestionSourceLimited when there were fewer: those stay stored, and the facts of the
    error contain their number and the reason.
    """
    check_count(count, ports.limits.max_quiz_questions)
    if visitor is not None:
        await enforce_limits(ports, quiz_rate(ports, visitor=visitor))
    return await ports.quiz.queue.take(count, begin=ports.begin)


async def get_question(ports: Ports, *, question_id: QuestionId) -> QuestionView:
    """Return a stored question. Raises QuestionNotFound."""
    async with ports.read() as views:
        return await views.questions.one(question_id)


async def list_questions(
    ports: Ports, *, which: QuestionFilter, limit: int | None, cursor: str | None
) -> Page[QuestionView]:
    """List stored questions, the last stored first. Raises BadCursor."""
    name = f"questions {which!r}"
    part = parse_page(ports.keys, ports.limits, name, limit=limit, cursor=cursor)
    async with ports.read() as views:
        found = await views.questions.list_newest(part, which)
    return paginate(ports.keys, name, found)


async def random_questions(ports: Ports, *, count: int) -> list[QuestionView]:
    """Return distinct random questions, fewer when fewer are stored. Raises InvalidQuestionCount."""
    check_count(count, ports.limits.max_page_size, pointer="/count")
    async with ports.read() as views:
        return await views.questions.random(count)


async def list_categories(ports: Ports, *, limit: int | None, cursor: str | None) -> Page[QuestionCategory]:
    """List categories of stored questions by title. Raises BadCursor."""
    part = parse_page(ports.keys, ports.limits, "question categories", limit=limit, cursor=cursor)
    async with ports.read() as views:
        found = await views.questions.categories(part)
    return paginate(ports.keys, "question categories", found)


async def list_largest_categories(ports: Ports) -> list[QuestionCategory]:
    """Return the categories with the most questions, by title, for a user to choose from."""
    async with ports.read() as views:
        return await views.questions.list_largest_categories(CATEGORIES_SHOWN)


def quiz_rate(ports: Ports, *, visitor: Visitor) -> Rate:
    """Return the rate at which one network may have new questions stored."""
    return Rate("quiz", network_of(visitor.ip), ports.limits.quiz_requests_network, MINUTE)
