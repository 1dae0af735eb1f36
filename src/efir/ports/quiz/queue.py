"""The queue of requests for new quiz questions."""

from dataclasses import dataclass
from typing import Protocol

from efir.ports.quiz.questions import QuestionView
from efir.ports.transactions import Begin


@dataclass(frozen=True, slots=True)
class Fetched:
    """The result of a request: its new questions, and the question stored before the first of them."""

    previous: QuestionView | None
    saved: list[QuestionView]


class QuestionQueue(Protocol):
    """Serves requests for new questions in order of arrival; several requests can share one call to a source."""

    async def take(self, count: int, *, begin: Begin) -> Fetched:
        """Return `count` new questions, stored in a transaction of `begin`.

        Raises QuestionsExhausted, QuestionSourceUnavailable or QuestionSourceLimited, each with the number of questions
        that were stored nevertheless, and QuizOverloaded.
        """
        ...

    async def close(self) -> None:
        """Stop the queue; waiting callers receive QuestionSourceUnavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizPorts:
    """Ports that supply new questions."""

    queue: QuestionQueue
