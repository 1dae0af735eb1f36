"""What the area offers to use cases: quiz questions."""

from typing import Protocol

from efir.ports.quiz.clues import ClueViews
from efir.ports.quiz.questions import QuestionRepository, QuestionViews


class QuizRepositories(Protocol):
    """What is changed of quiz questions."""

    @property
    def questions(self) -> QuestionRepository: ...


class QuizReadModels(Protocol):
    """What is read of quiz questions."""

    @property
    def questions(self) -> QuestionViews: ...

    @property
    def clues(self) -> ClueViews: ...
