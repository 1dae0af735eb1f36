"""Readers of bank files: a JSON object per line, a JSON list, or a folder in OpenTriviaQA's layout."""

import hashlib
import json
import mmap
import random
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from efir.adapters.quiz.texts import decode_line, detect_wide_encoding, split_lines
from efir.adapters.quiz.trivia import folder_rows

HEADER = "bank"  # a first line `{"bank": {…}}` has the fields that all rows share
LINE = re.compile(rb"[^\r\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """All rows of a bank in a shuffled order that depends on nothing but the rows."""

    lines: Sequence[bytes]
    order: "array[int]"
    shared: dict[str, Any]
    identity: str

    def row(self, place: int) -> Any:
        """Return the row at a place of the shuffled order; None when it cannot be decoded."""
        try:
            return json.loads(decode_line(self.lines[self.order[place]]))
        except (ValueError, RecursionError):
            return None

    def has_questions(self) -> bool:
        """Return whether any row looks like a question, or there are no rows at all."""
        return not self.order or any(
            isinstance(row := self.row(place), dict)
            and isinstance(row.get("question", row.get("text")), str)
            and isinstance(row.get("answer"), str)
            for place in range(len(self.order))
        )


def read_rows(path: Path) -> Rows:
    """Read a file or folder. Raises OSError."""
    if path.is_dir():
        lines: Sequence[bytes] = [json.dumps(row).encode() for row in folder_rows(path)]
    else:
        lines = _Lines(path)
        if lines and detect_wide_encoding(lines[0]):  # such a file cannot be split by single bytes
            lines = [line.encode("utf-8", "replace") for line in split_lines(path.read_bytes()) if line.strip()]
        if lines and decode_line(lines[0]).lstrip().startswith("["):
            lines = [json.dumps(row).encode() for row in _read_list(path)]
    first = _header(lines[0]) if lines else None
    order = array("L", range(0 if first is None else 1, len(lines)))
    digest = hashlib.sha256()
    for place in order:
        digest.update(lines[place] + b"\n")
    random.Random(digest.digest()).shuffle(order)  # noqa: S311  # meant to be the same order in every process
    return Rows(lines=lines, order=order, shared=first or {}, identity=digest.hexdigest()[:32])


def _read_list(path: Path) -> list[Any]:
    try:
        found = json.loads("\n".join(split_lines(path.read_bytes())))
    except (ValueError, RecursionError) as error:
        raise OSError(f"{path.name} is not JSON") from error
    return found if isinstance(found, list) else []


def _header(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(decode_line(line))
    except (ValueError, RecursionError):
        return None
    shared = found.get(HEADER) if isinstance(found, dict) else None
    return shared if isinstance(shared, dict) else None


@dataclass(slots=True)
class _Lines(Sequence[bytes]):
    """Lines of a file that are read on access: only their offsets are kept in memory."""

    path: Path
    _body: Any = field(init=False)
    _ends: "array[int]" = field(init=False)

    def __post_init__(self) -> None:
        with self.path.open("rb") as file:
            size = file.seek(0, 2)
            self._body = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        self._ends = array("L")
        for found in LINE.finditer(self._body):
            if found[0].strip():
                self._ends.extend(found.span())

    def __len__(self) -> int:
        return len(self._ends) // 2

    def __getitem__(self, place: Any) -> Any:
        return bytes(self._body[self._ends[2 * place] : self._ends[2 * place + 1]])
