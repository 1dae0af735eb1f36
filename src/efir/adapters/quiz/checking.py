"""Validation of the rows in a server's response; a response without any question is an error."""

from collections.abc import Sequence

from efir.domain.quiz import Candidate, QuestionSourceUnavailable, RawQuestion, candidate
from efir.ports.quiz.questions import Drawn


def check_rows(rows: Sequence[RawQuestion], *, source: str, licence: str | None = None) -> Drawn:
    """Return the usable rows.

    Raises QuestionSourceUnavailable when there are rows and none is even shaped like a question: such a server is
    broken, while one that has nothing new returns known questions or none.
    """
    if rows and not any(isinstance(row.question, str) and isinstance(row.answer, str) for row in rows):
        raise QuestionSourceUnavailable("The source answers rows that are no questions.")
    looked_at = [candidate(row, source=source, licence=licence) for row in rows]
    found = [one for one in looked_at if isinstance(one, Candidate)]
    return Drawn(found=found, refused=len(looked_at) - len(found))
