"""What the area keeps in PostgreSQL: quiz questions."""

from efir.adapters.postgres.kernel.repository_attribute import Connected, On
from efir.adapters.postgres.quiz.clues import ReadClues
from efir.adapters.postgres.quiz.questions import Questions, ReadQuestions


class QuizRepositories(Connected):
    """Repositories of quiz questions."""

    __slots__ = ()

    questions = On(Questions)


class QuizReadModels(Connected):
    """Read models of quiz questions."""

    __slots__ = ()

    questions = On(ReadQuestions)
    clues = On(ReadClues)
