"""PostgreSQL repositories and read models of quiz questions."""

from efir.adapters.postgres.kernel.repository_attribute import Connected, RepositoryAttribute
from efir.adapters.postgres.quiz.clues import PostgresClueViews
from efir.adapters.postgres.quiz.questions import PostgresQuestionRepository, PostgresQuestionViews


class QuizRepositories(Connected):
    """Repositories of quiz questions."""

    __slots__ = ()

    questions = RepositoryAttribute(PostgresQuestionRepository)


class QuizReadModels(Connected):
    """Read models of quiz questions."""

    __slots__ = ()

    questions = RepositoryAttribute(PostgresQuestionViews)
    clues = RepositoryAttribute(PostgresClueViews)
