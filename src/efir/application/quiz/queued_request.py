"""A request that waits for new questions: their number, those found so far, and its error when there are too few."""

from asyncio import Future
from dataclasses import dataclass, field

from efir.domain.kernel.errors import DomainError
from efir.domain.quiz import Candidate, QuestionsExhausted, QuestionSourceLimited, QuestionSourceUnavailable
from efir.ports.quiz.questions import Added, QuestionView
from efir.ports.quiz.queue import Fetched
from efir.ports.transactions import Begin

REASONS: dict[type[DomainError], str] = {
    QuestionsExhausted: "has no more new questions",
    QuestionSourceUnavailable: "does not answer as it should",
    QuestionSourceLimited: "asks for patience",
}


@dataclass(eq=False, slots=True)
class QueuedRequest:
    """One request in the queue.

    `held` are new rows, too few to be stored yet; `calls` counts the calls of each source that were made for it, too;
    `left` is why a source is no longer called.
    """

    wanted: int
    begin: Begin
    done: "Future[Fetched]"
    saved: list[QuestionView] = field(default_factory=list)
    previous: QuestionView | None = None
    held: list[Candidate] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    left: dict[str, type[DomainError]] = field(default_factory=dict)
    retry_after: int = 1
    late: bool = False

    @property
    def missing(self) -> int:
        """Return how many questions are still to be found."""
        return self.wanted - len(self.saved) - len(self.held)

    def give(self, rows: list[QuestionView], before: QuestionView | None) -> None:
        """Add stored rows; the question before the very first of them is kept."""
        if rows and not self.saved:
            self.previous = before
        self.saved += rows
        self.held = []

    def settle(self) -> bool:
        """Resolve the request if it is complete; return whether it has been resolved."""
        if not self.done.done() and len(self.saved) >= self.wanted:
            self.done.set_result(Fetched(self.previous, self.saved))
        return self.done.done()

    def refuse(self, error: Exception | None = None) -> None:
        """End the request with an error, by default that of its sources."""
        if not self.done.done():
            self.done.set_exception(error or self.ending())

    def ending(self) -> DomainError:
        """Return the error that states why there are no more questions and how many were stored."""
        kinds = set(self.left.values())
        told = [f"{name} {REASONS[kind]}" for name, kind in self.left.items()]
        if self.late:
            told.append("the time for the request is over")
        reason = "; ".join(told) or "no source is set"
        facts: dict[str, int | str] = {"requested": self.wanted, "saved": len(self.saved), "reason": reason}
        detail = f"{len(self.saved)} of {self.wanted} questions were stored: {reason}."
        if kinds == {QuestionsExhausted} and not self.late:
            return QuestionsExhausted(detail, facts=facts)
        if QuestionSourceLimited in kinds and QuestionSourceUnavailable not in kinds:
            return QuestionSourceLimited(detail, facts=facts, retry_after=self.retry_after)
        return QuestionSourceUnavailable(detail, facts=facts, retry_after=self.retry_after)


def share_out(entries: list[QueuedRequest], added: Added) -> None:
    """Assign stored rows to requests in order of arrival; each is preceded by the last row of the one before it.

    Complete requests return at once: one inside an outer transaction holds the lock of all writers until then.
    """
    before, given = added.previous, 0
    for entry in entries:
        rows = added.saved[given : given + entry.wanted - len(entry.saved)]
        entry.give(rows, before)
        given += len(rows)
        before = rows[-1] if rows else before
        entry.settle()
