"""A bank: questions of a local file or folder, read in a fixed shuffled order and without a network."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from efir.adapters.quiz.rows import Rows, read_rows
from efir.domain.quiz import Candidate, QuestionSourceUnavailable, RawQuestion, Refusal, candidate
from efir.ports.quiz.questions import Drawn

MAKER = ("-m", "efir.adapters.quiz.cldr")


class FileBank:
    """Reads the configured file; a missing default file is created first, by a process of its own."""

    name = "bank"

    def __init__(self, path: Path, *, made: bool) -> None:
        self._path = path
        self._made = made
        self._rows: Rows | None = None
        self._alone = asyncio.Lock()

    async def identity(self) -> str:
        """Open the bank and return its identity: equal rows are the same bank. Raises QuestionSourceUnavailable."""
        if self._rows is None:
            async with self._alone:
                if self._rows is None:
                    self._rows = await self._open_bank()
        return self._rows.identity

    def read(self, position: int, count: int) -> Drawn:
        """Return up to `count` questions from a position on; call `identity` first."""
        rows = self._rows
        if rows is None:
            raise QuestionSourceUnavailable("The bank is not open.")
        last = min(position + count, len(rows.order))
        checked = [check_row(rows.row(place), rows.shared) for place in range(max(position, 0), last)]
        found = [one for one in checked if isinstance(one, Candidate)]
        return Drawn(found=found, refused=len(checked) - len(found), ended=position + count >= len(rows.order))

    async def _open_bank(self) -> Rows:
        if self._made and not self._path.exists():
            await self._make()
        try:
            rows = await asyncio.to_thread(read_rows, self._path)
            usable = await asyncio.to_thread(rows.has_questions)
        except OSError as error:
            raise QuestionSourceUnavailable(f"The bank cannot be read: {error.strerror or error}.") from error
        if not usable:
            raise QuestionSourceUnavailable("The bank has rows, but none of them is a question.")
        return rows

    async def _make(self) -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("EFIR_")}
        maker = await asyncio.create_subprocess_exec(
            sys.executable, *MAKER, str(self._path), stdin=asyncio.subprocess.DEVNULL, env=environ
        )
        if await maker.wait():
            raise QuestionSourceUnavailable("The bank could not be made; `efir questions bank` tells why.")


def check_row(row: Any, shared: dict[str, Any]) -> Candidate | Refusal:
    """Validate a row of a bank; `shared` has the fields that the header of the file states for all rows."""
    if not isinstance(row, dict):
        return Refusal.TYPE
    row = {**shared, **row}
    category = row.get("category")
    raw = RawQuestion(
        question=row.get("question", row.get("text")), answer=row.get("answer"), id=row.get("id"),
        category=category.get("title") if isinstance(category, dict) else category, value=row.get("value"),
        difficulty=row.get("difficulty"), invalid_count=row.get("invalid_count"), created_at=row.get("created_at"),
        aired_at=row.get("aired_at", row.get("airdate")),
    )  # fmt: skip
    return candidate(raw, source=_word(row.get("source")) or "bank", licence=_word(row.get("licence")))


def _word(found: object) -> str | None:
    return found if isinstance(found, str) and found.isprintable() and 0 < len(found) <= 100 else None  # noqa: PLR2004  # a name
