"""The quiz: draw a question nobody has seen here, think, look at the answer; search what was asked before."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from efir.application.access.requirements import PUBLIC
from efir.application.quiz.questions import fetch_questions, get_question, list_largest_categories, list_questions
from efir.domain.kernel.errors import DomainError
from efir.domain.quiz import Difficulty, QuestionId
from efir.drivers.web.kernel.forms import FORM, Form, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.paging import next_address
from efir.ports.quiz.questions import QuestionFilter

LISTED = 12
SOURCES = {
    "cldr": "Unicode CLDR", "jservice": "jService", "opentdb": "Open Trivia DB", "opentriviaqa": "OpenTriviaQA",
}  # fmt: skip
MAX_WORDS = 200


class QuizPages(Controller):
    """The quiz."""

    path = "/quiz"
    opt = PUBLIC

    @get()
    async def quiz(
        self,
        page: NamedDependency[Page],
        question: FromQuery[UUID | None] = None,
        answer: FromQuery[UUID | None] = None,
        q: FromQuery[str] = "",
        category: FromQuery[str] = "",
        difficulty: FromQuery[str] = "",
        cursor: FromQuery[str | None] = None,
    ) -> Response[str]:
        """Show a drawn question and the stored ones; an answer is in the page only when it was asked for."""
        asked = {"q": q[:MAX_WORDS], "category": category, "difficulty": difficulty}
        return page.render("quiz.html", form=Form(asked), **await _describe(page, asked, question, answer, cursor))

    @post("/draw", opt=FORM)
    async def draw(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Have a new question stored and show it."""
        values = await read_typed(request)
        try:
            page.check(values)
            fetched = await fetch_questions(page.call.ports, count=1, visitor=page.call.visitor)
        except DomainError as error:
            return page.refuse("quiz.html", {}, error, **await _describe(page, {}, None, None, None))
        return page.redirect(f"/quiz?question={fetched.saved[-1].id}")


async def _describe(
    page: Page, asked: dict[str, str], question: UUID | None, answer: UUID | None, cursor: str | None
) -> dict[str, Any]:
    ports = page.call.ports
    wanted = {name: text for name, text in asked.items() if text.strip()}
    found = await list_questions(ports, which=QuestionFilter(**wanted), limit=LISTED, cursor=cursor)
    following = next_address("/quiz", found.next, wanted)
    drawn = None if question is None else await get_question(ports, question_id=QuestionId(question))
    return {
        "drawn": drawn,
        "answer": answer,
        "items": [row for row in found.items if row.id != question],
        "next": following,
        "query": urlencode({**wanted, **({} if cursor is None else {"cursor": cursor})}),
        "filtered": bool(wanted),
        "categories": [row.title for row in await list_largest_categories(ports)],
        "difficulties": _difficulties(page),
        "sources": SOURCES,
    }


def _difficulties(page: Page) -> dict[str, str]:
    _ = page.words.gettext
    return {Difficulty.EASY.value: _("Easy"), Difficulty.MEDIUM.value: _("Medium"), Difficulty.HARD.value: _("Hard")}


PAGES = (QuizPages,)
