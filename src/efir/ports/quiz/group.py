"""Ports of the quiz, grouped for use cases."""

from typing import Protocol

from efir.ports.quiz.clues import ClueViews
from efir.ports.quiz.questions import QuestionRepository, QuestionViews


class QuizRepositories(Protocol):
    """Repositories of quiz questions."""

    @property
    def questions(self) -> QuestionRepository: ...


class QuizReadModels(Protocol):
    """Read models of quiz questions."""

    @property
    def questions(self) -> QuestionViews: ...

    @property
    def clues(self) -> ClueViews: ...
