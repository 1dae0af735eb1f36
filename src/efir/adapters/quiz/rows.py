"""Files of questions, read into lines of JSON: one object a line, a JSON list, or a folder in OpenTriviaQA's layout."""

import hashlib
import json
import mmap
import random
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HEADER = "bank"  # a first line `{"bank": {…}}` holds what all rows have in common
CHOICES = "ABCDEFGH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """All rows of a bank in a shuffled order that depends on nothing but the rows."""

    lines: Sequence[bytes]
    order: "array[int]"
    shared: dict[str, Any]
    identity: str

    def row(self, place: int) -> Any:
        """Decode the row at a place of the shuffled order; what cannot be read is None."""
        try:
            return json.loads(self.lines[self.order[place]])
        except (ValueError, RecursionError):
            return None


def read_rows(path: Path) -> Rows:
    """Read a file or folder; raises OSError."""
    if path.is_dir():
        lines: Sequence[bytes] = [json.dumps(row).encode() for row in folder_rows(path)]
    else:
        lines = _Lines(path)
        if len(lines) and lines[0].lstrip().startswith(b"["):
            lines = [json.dumps(row).encode() for row in _listed(path)]
    first = _header(lines[0]) if lines else None
    order = array("L", range(0 if first is None else 1, len(lines)))
    digest = hashlib.sha256()
    for place in order:
        digest.update(lines[place] + b"\n")
    random.Random(digest.digest()).shuffle(order)  # noqa: S311  # the same order in every process is the purpose
    return Rows(lines=lines, order=order, shared=first or {}, identity=digest.hexdigest()[:32])


def folder_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Read OpenTriviaQA's files: blocks of `#Q` question, `^` answer, `A`…`D` choices; a file is a category."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")):
        category = path.stem.replace("-", " ").replace("_", " ").capitalize()
        for block in _text(path).replace("\r\n", "\n").split("\n\n"):
            row = _block(block.strip("\n"))
            if row is not None:
                yield {**row, "category": category, "source": "opentriviaqa", "licence": "CC-BY-SA-4.0"}


def _block(block: str) -> dict[str, Any] | None:
    """Read one block; without a question it is none, without an answer its row is refused later."""
    question, _, rest = block.partition("\n^")
    if not question.startswith("#Q"):
        return None
    answer, *others = rest.split("\n")
    choices = [line for line in others if line[:1] in CHOICES and line[1:2] == " "]
    text = " ".join([question.removeprefix("#Q").strip(), *(f"{line[0]}) {line[2:].strip()}" for line in choices)])
    return {"question": text, "answer": answer.strip()}


def _text(path: Path) -> str:
    body = path.read_bytes()
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _listed(path: Path) -> list[Any]:
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise OSError(f"{path.name} is not JSON") from error
    return found if isinstance(found, list) else []


def _header(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    shared = found.get(HEADER) if isinstance(found, dict) else None
    return shared if isinstance(shared, dict) else None


@dataclass(slots=True)
class _Lines(Sequence[bytes]):
    """Lines of a file that stay in the file: only where they begin is kept."""

    path: Path
    _body: Any = field(init=False)
    _ends: "array[int]" = field(init=False)

    def __post_init__(self) -> None:
        with self.path.open("rb") as file:
            size = file.seek(0, 2)
            self._body = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        self._ends = array("L")
        end = 0
        while end < size:
            found = self._body.find(b"\n", end)
            stop = size if found < 0 else found
            if self._body[end:stop].strip():
                self._ends.extend((end, stop))
            end = stop + 1

    def __len__(self) -> int:
        return len(self._ends) // 2

    def __getitem__(self, place: Any) -> Any:
        return bytes(self._body[self._ends[2 * place] : self._ends[2 * place + 1]])
