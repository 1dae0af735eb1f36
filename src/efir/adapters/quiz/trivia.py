"""Parser of OpenTriviaQA files: `#Q` and a question, `^` and its answer, lettered choices; a file is a category."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from efir.adapters.quiz.texts import split_lines

LICENCE = "CC-BY-SA-4.0"
QUESTION = re.compile(r"#(?:Q|q(?=\s|$))\s*(.*)", re.DOTALL)
ANSWER = "^"
CHOICE = re.compile(r"([A-Za-z])(?:[).:]\s*|\s+|$)(.*)", re.DOTALL)
FIRST = "A"


def folder_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of all files of a folder except hidden ones. Raises OSError."""
    for path in sorted(
        path for path in folder.rglob("*") if path.is_file() and not _is_hidden(path.relative_to(folder))
    ):
        category = path.stem.replace("-", " ").replace("_", " ").capitalize()
        for row in file_rows(path.read_bytes()):
            yield {**row, "category": category, "source": "opentriviaqa", "licence": LICENCE}


def file_rows(body: bytes) -> Iterator[dict[str, str]]:
    """Yield the questions of a file; one without an answer has an empty one, and is refused later."""
    block: list[str] | None = None
    for line in map(str.strip, split_lines(body)):
        begins = QUESTION.fullmatch(line)
        if begins and block is not None:
            yield _row(block)
        if begins:
            block = [begins[1]]
        elif block is not None:
            block.append(line)
    if block is not None:
        yield _row(block)


def _row(block: list[str]) -> dict[str, str]:
    """Return the question and the answer of a block, without its choices."""
    at = next((place for place, line in enumerate(block) if line.startswith(ANSWER)), len(block))
    question, rest = _without_choices(block[:at]), [line.removeprefix(ANSWER).strip() for line in block[at : at + 1]]
    choices: dict[str, str] = {}
    for line in block[at + 1 :]:
        letter, text = _choice(line)
        if letter and (choices or letter == FIRST):
            choices[letter] = text
        elif not choices and line:
            rest.append(line)
        elif not line:
            break
    return {"question": " ".join(question), "answer": _answer(" ".join(rest).strip(), choices)}


def _without_choices(lines: list[str]) -> list[str]:
    """Return lines without choices that precede the answer: two or more at the end, lettered in order from A.

    A single line that begins with "A" is part of the question, whatever it looks like.
    """
    lines = [line for line in lines if line]
    for start in range(1, len(lines) - 1):
        letters = [_choice(line)[0] for line in lines[start:]]
        if letters == [chr(ord(FIRST) + place) for place in range(len(letters))]:
            return lines[:start]
    return lines


def _answer(said: str, choices: dict[str, str]) -> str:
    """Return the text of a choice when an answer is its letter, or letter and text."""
    letter, text = _choice(said)
    if letter and choices.get(letter) and text in {"", choices[letter]} and said not in choices.values():
        return choices[letter]
    return said


def _choice(line: str) -> tuple[str, str]:
    """Return the letter of a choice in upper case and its text; empty texts for any other line."""
    found = CHOICE.fullmatch(line)
    return (found[1].upper(), found[2].strip()) if found else ("", "")


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
