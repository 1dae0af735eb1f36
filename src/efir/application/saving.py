"""Storing drawn questions for the requests that wait for them.

Requests whose transaction is the line's own are served by one transaction together. A request inside an outer
transaction (one with an `Idempotency-Key`) is stored in that, whole or not at all: the lock of all writers is kept
until the outer transaction ends, and a request must not wait for a source meanwhile.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from efir.application.waiting import Waiting, shared_out
from efir.domain.questions import Candidate, distinct
from efir.ports.questions import Added, Drawn, QuestionBank
from efir.ports.transactions import Begin, Transaction

READ_MOST = 500  # rows of a bank that are read at once while most of them are known
TURNS_MOST = 40  # readings of a bank in one transaction


class _Undone(Exception):  # leaves the transaction, never this module
    """What was stored is taken back."""


@dataclass(frozen=True, slots=True)
class Yield:
    """What an answer of a source was worth: rows that were looked at, and new ones among them."""

    looked_at: int
    new: int


@dataclass(slots=True)
class _Read:
    """What reading a bank came to."""

    added: Added
    new: list[Candidate]
    ended: bool


class Saver:
    """Stores for groups of requests; `begin` opens a transaction of the line's own."""

    def __init__(self, begin: Begin, clock: Callable[[], datetime]) -> None:
        self._begin = begin
        self._clock = clock

    async def keep(self, entries: list[Waiting], drawn: Drawn) -> Yield:
        """Store what a source gave. Requests inside outer transactions come first: they hold connections."""
        found = distinct(drawn.found)
        left, new = found, 0
        inner, own = self._apart(entries)
        for entry in inner:
            used = await self._keep_inside(entry, left)
            left, new = [one for one in left if one not in used], new + len(used)
        missing = sum(entry.missing for entry in own)
        if own and left:
            async with self._begin() as tx:
                await tx.questions.stand()
                added = await tx.questions.add(left, most=missing, now=self._clock())
            shared_out(own, added)
            new += len(added.saved)
            left = _after(_same(left, added), left)
        enough = all(entry.missing <= 0 for entry in entries)
        return Yield(len(found) - len(left) if enough else len(found), new)

    async def turn(self, entries: list[Waiting], bank: QuestionBank, identity: str) -> bool:
        """Store what a bank gives next; answers whether it has come to its end."""
        ended = False
        inner, own = self._apart(entries)
        for entry in inner:
            read = None
            try:
                async with entry.begin() as tx:
                    read = await self._read(tx, bank, identity, entry.wanted, entry.held)
                    if len(read.added.saved) < entry.wanted:
                        raise _Undone  # noqa: TRY301  # leaving the block is the purpose
                shared_out([entry], read.added)
            except _Undone:
                entry.held = [] if read is None else read.new
            ended = ended or (read is not None and read.ended)
        if own:
            async with self._begin() as tx:
                read = await self._read(tx, bank, identity, sum(entry.missing for entry in own), [])
            shared_out(own, read.added)
            ended = read.ended
        return ended

    async def finish(self, entry: Waiting) -> None:
        """Store what a request inside an outer transaction has, when no source gives more."""
        if not entry.held:
            return
        async with entry.begin() as tx:
            await tx.questions.stand()
            added = await tx.questions.add(entry.held, most=entry.wanted, now=self._clock())
        entry.held = []
        shared_out([entry], added)

    def _apart(self, entries: list[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
        inner = [entry for entry in entries if entry.begin != self._begin]
        return inner, [entry for entry in entries if entry.begin == self._begin]

    async def _keep_inside(self, entry: Waiting, found: list[Candidate]) -> list[Candidate]:
        """Store for one request in its own transaction, or hold what is new; answers which of `found` it took."""
        offered, new = distinct([*entry.held, *found]), list[Candidate]()
        try:
            async with entry.begin() as tx:
                await tx.questions.stand()
                added = await tx.questions.add(offered, most=entry.wanted, now=self._clock())
                new = _same(offered, added)
                if len(added.saved) < entry.wanted:
                    raise _Undone  # noqa: TRY301  # leaving the block is the purpose
            taken = [one for one in new if one not in entry.held]
            entry.held = []
            shared_out([entry], added)
        except _Undone:
            taken = [one for one in new if one not in entry.held]
            entry.held = new
        return taken

    async def _read(
        self, tx: Transaction, bank: QuestionBank, identity: str, wanted: int, held: list[Candidate]
    ) -> _Read:
        """Read on until enough new rows were found; rows that were not looked at are given back."""
        read = _Read(Added(None, []), [], ended=False)
        waiting = list(held)
        for turn in range(TURNS_MOST):
            missing = wanted - len(read.new)
            count = min(READ_MOST, missing << min(turn, 10))
            drawn = bank.read(await tx.questions.claim(identity, count), count)
            found = distinct([*waiting, *drawn.found])
            waiting = []
            if found:
                added = await tx.questions.add(found, most=missing, now=self._clock())
                new = _same(found, added)
                read.added = Added(read.added.previous if read.new else added.previous, read.added.saved + added.saved)
                read.new += new
                missing -= len(new)
                if not missing and (unread := len(_after(new, found))):
                    await tx.questions.claim(identity, -unread)
            read.ended = drawn.ended
            if not missing or drawn.ended:
                break
        return read


def _same(found: list[Candidate], added: Added) -> list[Candidate]:
    """Tell which candidates the stored rows were."""
    stored = {(row.question, row.answer) for row in added.saved}
    return [one for one in found if (one.question, one.answer) in stored]


def _after(used: list[Candidate], found: list[Candidate]) -> list[Candidate]:
    """Answer the candidates behind the last used one."""
    return found[found.index(used[-1]) + 1 :] if used else found
