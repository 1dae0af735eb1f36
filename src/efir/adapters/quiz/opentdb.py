"""Open Trivia DB: at most 50 questions a call, a call each five seconds, tokens against repetition."""

import asyncio
from time import monotonic
from typing import Any
from urllib.parse import unquote

from efir.adapters.quiz.checking import check_rows
from efir.adapters.quiz.fetching import Fetching
from efir.domain.quiz import QuestionSourceLimited, QuestionSourceUnavailable, RawQuestion
from efir.ports.quiz.questions import Drawn

MOST = 50
GAP = 5.0  # seconds between two calls from one address
LICENCE = "CC-BY-SA-4.0"
FOUND, TOO_FEW, UNKNOWN_TOKEN, USED_UP, TOO_FAST = 0, 1, 3, 4, 5


class OpenTriviaDb:
    """Calls `GET /api.php`, and keeps the gap between calls itself."""

    name = "opentdb"
    most = MOST

    def __init__(self, url: str, fetching: Fetching, *, gap: float = GAP) -> None:
        self._url = url.rstrip("/")
        self._fetching = fetching
        self._gap = gap
        self._next = 0.0
        self._token = ""
        self._fits = MOST  # the most to request: a request for more than are left gets none

    async def draw(self, count: int, *, seconds: float) -> Drawn:
        """Request questions, then fewer of them until that many are left.

        A token leaves fewer and fewer questions, so the reduced number stays until there is another token.
        Raises QuestionSourceUnavailable, QuestionSourceLimited.
        """
        until, renewed = monotonic() + seconds, False
        while True:
            if not self._token:
                self._token, self._fits = await self._new_token(until - monotonic()), MOST
            asked = min(count, self._fits)
            answer = await self._ask(asked, until)
            code = answer.get("response_code")
            code = code if type(code) is int else None
            if code == TOO_FEW and asked > 1:
                self._fits = asked // 2
            elif code == UNKNOWN_TOKEN and not renewed:
                self._token, renewed = "", True
            else:
                return self._read(answer, code, asked)

    def _read(self, answer: dict[str, Any], code: int | None, asked: int) -> Drawn:
        if code in {TOO_FEW, USED_UP}:
            self._token = ""  # the next token starts over; questions it repeats are already stored
            return Drawn(found=[], ended=True)
        if code == TOO_FAST:
            raise QuestionSourceLimited(retry_after=round(GAP))
        rows = answer.get("results")
        if code != FOUND or not isinstance(rows, list):
            raise QuestionSourceUnavailable(f"The source answers code {code}.")
        return check_rows([_parse_row(row) for row in rows[:asked]], source=self.name, licence=LICENCE)

    async def _ask(self, count: int, until: float) -> dict[str, Any]:
        now = monotonic()
        begins, self._next = max(self._next, now), max(self._next, now) + self._gap
        if begins >= until:
            self._next -= self._gap
            raise QuestionSourceLimited(retry_after=max(1, round(begins - now)))
        await asyncio.sleep(begins - now)
        query = {"amount": str(count), "encode": "url3986", "token": self._token}
        return await self._get("api.php", query, until - monotonic())

    async def _new_token(self, seconds: float) -> str:
        answer = await self._get("api_token.php", {"command": "request"}, seconds)
        token = answer.get("token")
        if not isinstance(token, str) or not token:
            raise QuestionSourceUnavailable("The source gives no token.")
        return token

    async def _get(self, path: str, query: dict[str, str], seconds: float) -> dict[str, Any]:
        answer = await self._fetching.json(f"{self._url}/{path}", query, seconds=seconds)
        if not isinstance(answer, dict):
            raise QuestionSourceUnavailable("The source did not answer an object.")
        return answer


def _parse_row(row: Any) -> RawQuestion:
    texts = (
        {name: unquote(value) for name, value in row.items() if isinstance(value, str)} if isinstance(row, dict) else {}
    )
    return RawQuestion(
        question=texts.get("question"), answer=texts.get("correct_answer"), category=texts.get("category"),
        difficulty=texts.get("difficulty"),
    )  # fmt: skip
