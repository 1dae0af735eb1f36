"""The queue of requests for new quiz questions."""

from dataclasses import dataclass
from typing import Protocol

from efir.ports.quiz.questions import QuestionView
from efir.ports.transactions import Begin


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a request gets: its new questions, and the one that had been saved before the first of them."""

    previous: QuestionView | None
    saved: list[QuestionView]


class QuestionQueue(Protocol):
    """Serves requests for new questions in order of arrival; many of them share one call of a source."""

    async def take(self, count: int, *, begin: Begin) -> Fetched:
        """Return `count` new questions, stored in a transaction of `begin`.

        Raises QuestionsExhausted, QuestionSourceUnavailable or QuestionSourceLimited with the number that was stored
        all the same, QuizOverloaded.
        """
        ...

    async def close(self) -> None:
        """End the work; waiting callers get QuestionSourceUnavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizPorts:
    """Where new questions come from."""

    queue: QuestionQueue
