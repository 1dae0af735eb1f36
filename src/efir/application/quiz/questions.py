"""Quiz questions: having new ones stored, and reading those that are."""

from efir.application.context import Ports, Visitor
from efir.application.kernel.cursors import page, wanted
from efir.application.kernel.rate_limits import MINUTE, limited
from efir.domain.kernel.rate_limits import Rate, network_of
from efir.domain.quiz import QuestionId, check_count
from efir.ports.kernel.pagination import Page
from efir.ports.quiz.questions import QuestionCategory, QuestionFilter, QuestionView
from efir.ports.quiz.queue import Fetched

CATEGORIES_SHOWN = 200


async def fetch_questions(ports: Ports, *, count: int, visitor: Visitor | None = None) -> Fetched:
    """Store exactly `count` questions that were not stored before; answer them and the one saved before the first.

    Raises InvalidQuestionCount, QuizOverloaded, Throttled for a visitor who asks too often; QuestionsExhausted,
    QuestionSourceAway, QuestionSourceLimited when there were fewer: those stay stored, and the error's facts tell how
    many and why.
    """
    check_count(count, ports.limits.quiz_questions_most)
    if visitor is not None:
        await limited(ports, quiz_rate(ports, visitor=visitor))
    return await ports.quiz.queue.take(count, begin=ports.begin)


async def get_question(ports: Ports, *, question_id: QuestionId) -> QuestionView:
    """Answer a stored question. Raises QuestionNotFound."""
    async with ports.read() as views:
        return await views.questions.one(question_id)


async def list_questions(
    ports: Ports, *, which: QuestionFilter, limit: int | None, cursor: str | None
) -> Page[QuestionView]:
    """List stored questions, the last saved first. Raises BadCursor."""
    name = f"questions {which!r}"
    part = wanted(ports.keys, ports.limits, name, limit=limit, cursor=cursor)
    async with ports.read() as views:
        found = await views.questions.newest(part, which)
    return page(ports.keys, name, found)


async def random_questions(ports: Ports, *, count: int) -> list[QuestionView]:
    """Answer different stored questions by chance, fewer when there are fewer. Raises InvalidQuestionCount."""
    check_count(count, ports.limits.page_most, pointer="/count")
    async with ports.read() as views:
        return await views.questions.random(count)


async def list_categories(ports: Ports, *, limit: int | None, cursor: str | None) -> Page[QuestionCategory]:
    """List categories of stored questions by title. Raises BadCursor."""
    part = wanted(ports.keys, ports.limits, "question categories", limit=limit, cursor=cursor)
    async with ports.read() as views:
        found = await views.questions.categories(part)
    return page(ports.keys, "question categories", found)


async def largest_categories(ports: Ports) -> list[QuestionCategory]:
    """Answer the categories with most questions, by title: what a person chooses from."""
    async with ports.read() as views:
        return await views.questions.largest_categories(CATEGORIES_SHOWN)


def quiz_rate(ports: Ports, *, visitor: Visitor) -> Rate:
    """How often one network may have new questions stored."""
    return Rate("quiz", network_of(visitor.ip), ports.limits.quiz_requests_network, MINUTE)
