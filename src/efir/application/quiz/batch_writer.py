"""Storage of drawn questions for the requests that wait for them.

The questions of one request are stored together or not yet, so they are adjacent, and whatever is stored next comes
after the last of them. New questions that are too few for a request are held. Requests whose transaction is the queue's
own share one transaction; a request inside an outer transaction (one with an `Idempotency-Key`) is stored in that one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from efir.application.quiz.queued_request import QueuedRequest, share_out
from efir.domain.quiz import Candidate, distinct
from efir.ports.quiz.questions import Added, Drawn, QuestionBank
from efir.ports.transactions import Begin, Transaction

MAX_READ = 500  # rows of a bank in one read while most of them are known
MAX_TURNS = 400  # reads of a bank in one transaction


class _Undone(Exception):  # rolls the transaction back, never leaves this module
    """Too few questions were stored: roll back."""


@dataclass(frozen=True, slots=True)
class Yield:
    """Yield of a source's response: rows examined, new ones among them, and rows not examined."""

    looked_at: int
    new: int
    left: Sequence[Candidate] = ()


@dataclass(slots=True)
class _Read:
    """The result of reading a bank."""

    added: Added
    new: list[Candidate]
    ended: bool = False


class BatchWriter:
    """Stores questions for groups of requests; `begin` and `single` (one statement) open transactions of the queue."""

    def __init__(self, begin: Begin, single: Begin, clock: Callable[[], datetime]) -> None:
        self._begin = begin
        self._single = single
        self._clock = clock

    def is_own(self, entry: QueuedRequest) -> bool:
        """Return whether the queue opens the transaction of a request."""
        return entry.begin == self._begin

    async def keep(self, entries: list[QueuedRequest], drawn: Drawn) -> Yield:
        """Store the questions that a source returned, and return their yield."""
        found = distinct(drawn.found)
        left, new = found, 0
        for group in self._groups(entries):
            used = await self._store(group, left)
            left, new = [one for one in left if one.fingerprint not in used], new + len(used)
        enough = all(len(entry.saved) >= entry.wanted for entry in entries)
        looked_at = _count_used(found, left) if enough else len(found)
        return Yield(looked_at, new, found[looked_at:])

    async def turn(self, entries: list[QueuedRequest], bank: QuestionBank, identity: str) -> bool:
        """Store the next questions of a bank; return whether it is exhausted."""
        ended = False
        for group in self._groups(entries):
            read = _Read(Added(None, []), [])
            wanted, held = sum(entry.wanted for entry in group), [one for entry in group for one in entry.held]
            try:
                async with group[0].begin() as tx:
                    await self._read(tx, bank, identity, wanted, held, read)
                    if len(read.new) < wanted:
                        raise _Undone  # noqa: TRY301  # leaving the block rolls back
                share_out(group, read.added)
            except _Undone:
                await self._store(group, read.new)
            ended = ended or read.ended
        return ended

    async def finish(self, entry: QueuedRequest) -> None:
        """Store the questions held for a request, although they are too few."""
        if not entry.held:
            return
        async with self._choose_begin(entry)() as tx:
            added = await tx.questions.add(entry.held, max_rows=entry.wanted, min_rows=0, now=self._clock())
        share_out([entry], added)

    def _choose_begin(self, entry: QueuedRequest) -> Begin:
        """Return the function that opens a transaction of one statement for a request."""
        return self._single if self.is_own(entry) else entry.begin

    def _groups(self, entries: list[QueuedRequest]) -> list[list[QueuedRequest]]:
        """Group requests by transaction; those inside outer transactions come first, because they hold connections."""
        own = [entry for entry in entries if self.is_own(entry)]
        return [*([entry] for entry in entries if not self.is_own(entry)), *([own] if own else [])]

    async def _store(self, group: list[QueuedRequest], found: list[Candidate]) -> set[bytes]:
        """Store for as many requests as there are new rows for, in order of arrival; return those of `found` used."""
        held = [one for entry in group for one in entry.held]
        given = {one.fingerprint for one in found} - {one.fingerprint for one in held}
        offered = distinct([*held, *found])
        served = list(group)
        while served and offered:
            wanted = sum(entry.wanted for entry in served)
            added = Added(None, [])
            try:
                async with self._choose_begin(group[0])() as tx:
                    added = await tx.questions.add(offered, max_rows=wanted, min_rows=wanted, now=self._clock())
                    if not added.saved:
                        raise _Undone  # noqa: TRY301  # an outer transaction releases the lock of all writers
            except _Undone:
                offered = _find_candidates(offered, added.unsaved)
                served = _first_served(len(offered), served)
            else:
                share_out(served, added)
                used = _find_candidates(offered, _texts(added))
                if len(served) < len(group):  # then all offered rows are new
                    _hold(group[len(served) :], offered[len(used) :])
                    used = offered
                return given & {one.fingerprint for one in used}
        _hold(group, offered)
        return given & {one.fingerprint for one in offered}

    async def _read(
        self, tx: Transaction, bank: QuestionBank, identity: str, wanted: int, held: list[Candidate], read: _Read
    ) -> None:
        """Read until enough new rows are found; return unexamined rows to the bank."""
        for turn in range(MAX_TURNS):
            missing = wanted - len(read.new)
            count = min(MAX_READ, missing << min(turn, 10))
            drawn = bank.read(await tx.questions.claim(identity, count), count)
            found = distinct([*held, *drawn.found])
            held = []
            if found:
                added = await tx.questions.add(found, max_rows=missing, min_rows=0, now=self._clock())
                new = _find_candidates(found, _texts(added))
                read.added = Added(read.added.previous if read.new else added.previous, read.added.saved + added.saved)
                read.new += new
                if len(new) == missing and (unread := len(found) - 1 - found.index(new[-1])):
                    await tx.questions.claim(identity, -unread)
            read.ended = drawn.ended or turn + 1 == MAX_TURNS
            if len(read.new) == wanted or read.ended:
                return


def _texts(added: Added) -> list[tuple[str, str]]:
    return [(row.question, row.answer) for row in added.saved]


def _find_candidates(found: list[Candidate], rows: list[tuple[str, str]]) -> list[Candidate]:
    """Return the candidates that some rows were stored from."""
    texts = set(rows)
    return [one for one in found if (one.question, one.answer) in texts]


def _first_served(rows: int, group: list[QueuedRequest]) -> list[QueuedRequest]:
    """Return the first requests that a number of rows is enough for."""
    for place, entry in enumerate(group):
        rows -= entry.wanted
        if rows < 0:
            return group[:place]
    return group


def _hold(group: list[QueuedRequest], rows: list[Candidate]) -> None:
    """Hold new rows for the first requests that still wait."""
    for entry in group:
        entry.held, rows = rows[: entry.wanted], rows[entry.wanted :]


def _count_used(found: list[Candidate], left: list[Candidate]) -> int:
    """Return the number of rows up to the last used one; those behind it were not examined."""
    unused = {one.fingerprint for one in left}
    return max((place for place, one in enumerate(found, 1) if one.fingerprint not in unused), default=0)
