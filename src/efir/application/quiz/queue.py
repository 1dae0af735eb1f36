"""The queue of requests for new questions: one source call and one transaction serve many of them (decision 10)."""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from efir.application.quiz.batch_writer import BatchWriter, Yield
from efir.application.quiz.queued_request import QueuedRequest
from efir.domain.kernel.limits import Limits
from efir.domain.quiz import (
    Candidate,
    QuestionsExhausted,
    QuestionSourceLimited,
    QuestionSourceUnavailable,
    QuizOverloaded,
)
from efir.ports.quiz.questions import Drawn, QuestionBank, QuestionSource
from efir.ports.quiz.queue import Fetched
from efir.ports.transactions import Begin

SPARE_CALLS = 8  # source calls for one request, beyond those that its number of questions needs
MAX_DRY = 3  # consecutive responses without a new question; one proves little
REST = 60.0  # seconds for which a source without new questions is paused
LEAST_SHARE = 0.05  # of new rows among the drawn ones, when planning the next call
GROUP = 1_000  # questions that one transaction stores at most, and one request more
QUIET = 0.01  # seconds without a new request after which a call starts
PATIENCE = 0.25  # seconds; the longest wait for further requests
AGAIN = 1.0  # seconds per row; when rows are used up faster, a call requests more than are missing
LEAVING = 1.0  # seconds; storing takes milliseconds


@dataclass(eq=False, slots=True, kw_only=True)
class Place:
    """A source or a bank in the order of use, with what this process has learnt about it."""

    name: str
    source: QuestionSource | None = None
    bank: QuestionBank | None = None
    share: float = 1.0
    dry: int = 0
    rests_until: float = 0.0
    stock: list[Candidate] = field(default_factory=list)
    asked: int = 0
    asked_at: float = -math.inf

    def plan_rows(self, missing: int, max_rows: int, now: float) -> int:
        """Return how many rows to request: the missing ones, and twice the last number when those were used up quickly.

        Sources limit the calls per minute, and a call costs more than the rest of a request (decision 10).
        """
        count = math.ceil(missing / self.share)
        if now - self.asked_at < AGAIN * self.asked:
            count = max(count, 2 * self.asked)
        self.asked, self.asked_at = min(count, max_rows), now
        return self.asked

    def take(self, missing: int) -> list[Candidate]:
        """Return as many rows of the stock as will probably suffice, and remove them from it."""
        count = math.ceil(missing / self.share)
        found, self.stock = self.stock[:count], self.stock[count:]
        return found

    def learn(self, worth: Yield, now: float, *, ended: bool) -> None:
        """Record how much of a response was new; a source without new questions is paused for a while."""
        self.share = max(LEAST_SHARE, worth.new / worth.looked_at) if worth.looked_at else LEAST_SHARE
        self.dry = 0 if worth.new else self.dry + 1
        if ended or self.dry >= MAX_DRY:
            self.rests_until, self.dry = now + REST, 0


class BatchingQueue:
    """Serves waiting requests in order of arrival, as long as there are any."""

    def __init__(
        self, places: Sequence[Place], *, begin: Begin, single: Begin, clock: Callable[[], datetime], limits: Limits
    ) -> None:
        self._places = places
        self._saver = BatchWriter(begin, single, clock)
        self._limits = limits
        self._waiting: dict[QueuedRequest, None] = {}
        self._arrived = 0
        self._served: frozenset[QueuedRequest] = frozenset()  # requests whose questions are being stored
        self._work: asyncio.Task[None] | None = None
        self._endings: set[asyncio.Task[None]] = set()

    async def take(self, count: int, *, begin: Begin) -> Fetched:
        """Wait until new questions are stored in a transaction of `begin`, and return them.

        Raises QuestionsExhausted, QuestionSourceUnavailable or QuestionSourceLimited with the number that was stored
        nevertheless, QuizOverloaded.
        """
        if len(self._waiting) >= self._limits.max_queued_quiz_requests:
            raise QuizOverloaded(retry_after=1)
        loop = asyncio.get_running_loop()
        entry = QueuedRequest(wanted=count, begin=begin, done=loop.create_future())
        self._waiting[entry] = None
        self._arrived += 1
        if self._work is None:
            self._work = asyncio.ensure_future(self._serve())
        timer = loop.call_later(self._limits.quiz_seconds, self._expire, entry)
        try:
            return await entry.done
        except asyncio.CancelledError:
            await self._leave(entry)
            raise
        finally:
            timer.cancel()
            self._waiting.pop(entry, None)

    async def _leave(self, entry: QueuedRequest) -> None:
        """Wait until the transaction of a cancelled request is no longer in use."""
        for _ in range(round(LEAVING / QUIET)):
            if entry not in self._served or len(entry.saved) >= entry.wanted:
                return
            await asyncio.sleep(QUIET)

    async def close(self) -> None:
        """Stop serving; waiting callers get QuestionSourceUnavailable."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait([self._work])

    def _expire(self, entry: QueuedRequest) -> None:
        """End a request that timed out; if its questions are being stored, its error waits for their number."""
        entry.late = True
        if entry not in self._served:
            ending = asyncio.ensure_future(self._refuse(entry))
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)

    async def _serve(self) -> None:
        again = False
        try:
            while self._waiting:
                entry = next(iter(self._waiting))
                place = self._place_of(entry)
                if place is None:
                    await self._refuse(entry)
                    continue
                if again and place.source is not None:
                    await self._gather(place.source.most)
                await self._round(place)
                again = True
        finally:
            self._work = None
            for entry in self._waiting:
                entry.refuse()

    def _place_of(self, entry: QueuedRequest) -> Place | None:
        """Return the first source that may still be called for a request, or None."""
        now = asyncio.get_running_loop().time()
        for place in self._places:
            if place.name in entry.left:
                continue
            if place.rests_until > now:
                entry.left[place.name] = QuestionsExhausted
            elif place.source is not None and entry.calls.get(place.name, 0) >= _max_calls(entry, place.source):
                entry.left[place.name] = QuestionsExhausted if place.dry else QuestionSourceLimited
            else:
                return place
        return None

    def _group(self, place: Place, max_rows: int) -> list[QueuedRequest]:
        """Return the requests, in order of arrival, that the next call of a source serves."""
        group, missing = list[QueuedRequest](), 0
        for entry in self._waiting:
            if missing >= max_rows:
                break
            if not entry.done.done() and self._place_of(entry) is place:
                group.append(entry)
                missing += entry.missing
        return group

    async def _gather(self, max_rows: int) -> None:
        """While requests keep arriving, wait briefly for those that the same call can serve."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while sum(entry.missing for entry in self._waiting) < max_rows and loop.time() < until:
            arrived = self._arrived
            await asyncio.sleep(QUIET)
            if self._arrived == arrived:
                return

    async def _round(self, place: Place) -> None:
        """Call a source once; an error concerns the requests of this call only, and the queue continues."""
        group = self._group(place, GROUP if place.source is None else place.source.most)
        try:
            if place.bank is not None:
                await self._read(place, place.bank, group)
            elif place.source is not None:
                await self._call(place, place.source, group)
        except (QuestionSourceUnavailable, QuestionSourceLimited) as error:
            for entry in group:
                entry.left[place.name] = type(error)
                entry.retry_after = max(entry.retry_after, error.retry_after or 1)
        except Exception as error:  # noqa: BLE001  # each of these requests gets the error, as if it were alone
            for entry in group:
                entry.refuse(error)
        self._served = frozenset()
        for entry in [*group, *self._waiting]:
            if entry.settle():
                self._waiting.pop(entry, None)
            elif entry.late:
                await self._refuse(entry)

    async def _call(self, place: Place, source: QuestionSource, group: list[QueuedRequest]) -> None:
        """Take rows from the stock, or call the source; unexamined rows become stock."""
        missing, loop = sum(entry.missing for entry in group), asyncio.get_running_loop()
        stocked = place.take(missing)
        drawn = Drawn(found=stocked)
        if not stocked:
            for entry in group:
                entry.calls[place.name] = entry.calls.get(place.name, 0) + 1
            count = place.plan_rows(missing, source.most, loop.time())
            drawn = await source.draw(count, seconds=self._limits.quiz_call_seconds)
        entries = self._group(place, GROUP)  # some requests have left, others arrived and may get the surplus rows
        self._served = frozenset(entries)
        worth = await self._saver.keep(entries, drawn)
        place.stock[:0] = worth.left
        if stocked:
            place.share = place.share if worth.new else max(LEAST_SHARE, place.share / 2)
        else:
            place.learn(worth, loop.time(), ended=drawn.ended)

    async def _read(self, place: Place, bank: QuestionBank, group: list[QueuedRequest]) -> None:
        identity = await bank.identity()
        group = [entry for entry in group if entry in self._waiting]
        self._served = frozenset(group)
        if group and await self._saver.turn(group, bank, identity):
            place.rests_until = asyncio.get_running_loop().time() + REST

    async def _refuse(self, entry: QueuedRequest) -> None:
        """Fail a request that gets no more rows; its held rows are stored first, unless its transaction rolls back."""
        self._waiting.pop(entry, None)
        try:
            if self._saver.is_own(entry) or isinstance(entry.ending(), QuestionsExhausted):
                await self._saver.finish(entry)
        except Exception as error:  # noqa: BLE001  # this request gets the error; the queue continues
            entry.refuse(error)
        entry.refuse()


def _max_calls(entry: QueuedRequest, source: QuestionSource) -> int:
    return math.ceil(entry.wanted / source.most) + SPARE_CALLS
