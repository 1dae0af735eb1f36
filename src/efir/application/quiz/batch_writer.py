"""Storing drawn questions for the requests that wait for them.

A request's questions are stored together or not yet: so they stand side by side, and whatever is stored next comes
after the last of them. What is new but not enough is held. Requests whose transaction is the line's own are served by
one transaction; a request inside an outer transaction (one with an `Idempotency-Key`) is stored in that one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from efir.application.quiz.queued_request import QueuedRequest, share_out
from efir.domain.quiz import Candidate, distinct
from efir.ports.quiz.questions import Added, Drawn, QuestionBank
from efir.ports.transactions import Begin, Transaction

MAX_READ = 500  # rows of a bank that are read at once while most of them are known
MAX_TURNS = 400  # readings of a bank for one transaction


class _Undone(Exception):  # leaves the transaction, never this module
    """What was stored is taken back."""


@dataclass(frozen=True, slots=True)
class Yield:
    """Yield of a source's response: rows examined, new ones among them, and rows not examined."""

    looked_at: int
    new: int
    left: Sequence[Candidate] = ()


@dataclass(slots=True)
class _Read:
    """What reading a bank came to."""

    added: Added
    new: list[Candidate]
    ended: bool = False


class BatchWriter:
    """Stores for groups of requests; `begin` opens a transaction of the line's own, `single` one of one statement."""

    def __init__(self, begin: Begin, single: Begin, clock: Callable[[], datetime]) -> None:
        self._begin = begin
        self._single = single
        self._clock = clock

    def is_own(self, entry: QueuedRequest) -> bool:
        """Return whether the line opens the transaction for a request."""
        return entry.begin == self._begin

    async def keep(self, entries: list[QueuedRequest], drawn: Drawn) -> Yield:
        """Store what a source gave."""
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
                        raise _Undone  # noqa: TRY301  # leaving the block is the purpose
                share_out(group, read.added)
            except _Undone:
                await self._store(group, read.new)
            ended = ended or read.ended
        return ended

    async def finish(self, entry: QueuedRequest) -> None:
        """Store what a request has though it is not enough."""
        if not entry.held:
            return
        async with self._choose_begin(entry)() as tx:
            added = await tx.questions.add(entry.held, max_rows=entry.wanted, min_rows=0, now=self._clock())
        share_out([entry], added)

    def _choose_begin(self, entry: QueuedRequest) -> Begin:
        """Return what opens a transaction of one statement for a request."""
        return self._single if self.is_own(entry) else entry.begin

    def _groups(self, entries: list[QueuedRequest]) -> list[list[QueuedRequest]]:
        """Part requests by transaction. Those inside outer transactions come first: they hold connections."""
        own = [entry for entry in entries if self.is_own(entry)]
        return [*([entry] for entry in entries if not self.is_own(entry)), *([own] if own else [])]

    async def _store(self, group: list[QueuedRequest], found: list[Candidate]) -> set[bytes]:
        """Store for as many requests as there are new rows for, in order of arrival; return which of `found` were."""
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
                        raise _Undone  # noqa: TRY301  # an outer transaction lets go of the line
            except _Undone:
                offered = _find_candidates(offered, added.unsaved)
                served = _first_served(len(offered), served)
            else:
                share_out(served, added)
                used = _find_candidates(offered, _texts(added))
                if len(served) < len(group):  # then all that was offered is new
                    _hold(group[len(served) :], offered[len(used) :])
                    used = offered
                return given & {one.fingerprint for one in used}
        _hold(group, offered)
        return given & {one.fingerprint for one in offered}

    async def _read(
        self, tx: Transaction, bank: QuestionBank, identity: str, wanted: int, held: list[Candidate], read: _Read
    ) -> None:
        """Read on until enough new rows were found; rows that were not looked at are given back."""
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
    """Return which candidates some rows were."""
    texts = set(rows)
    return [one for one in found if (one.question, one.answer) in texts]


def _first_served(rows: int, group: list[QueuedRequest]) -> list[QueuedRequest]:
    """Return the first requests that so many rows are enough for."""
    for place, entry in enumerate(group):
        rows -= entry.wanted
        if rows < 0:
            return group[:place]
    return group


def _hold(group: list[QueuedRequest], rows: list[Candidate]) -> None:
    """Keep new rows for the first requests that wait on."""
    for entry in group:
        entry.held, rows = rows[: entry.wanted], rows[entry.wanted :]


def _count_used(found: list[Candidate], left: list[Candidate]) -> int:
    """Count the rows up to the last one that was used; nobody looked at those behind it."""
    unused = {one.fingerprint for one in left}
    return max((place for place, one in enumerate(found, 1) if one.fingerprint not in unused), default=0)
