"""Quiz questions: validation of rows from sources, and fingerprints by which equal questions are recognised."""

import hashlib
import html
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from efir.domain.kernel.errors import Conflict, FieldError, Invalid, NotFound, Unavailable

QuestionId = NewType("QuestionId", UUID)

MAX_QUESTION = 10_000  # characters
MAX_ANSWER = 2_000
MAX_CATEGORY = 200
MAX_SOURCE_ID = 100
BEST_VALUE = 1_000_000
MAX_EASY, MAX_MEDIUM = 400, 1000  # values of a jService clue

SEPARATOR = "\x1f"  # cannot occur in a normal form: it is white space
TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)
ESCAPED_QUOTE = re.compile(r"""\\+(?=["'])""")
SPELLINGS = str.maketrans({
    **dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("“”„‟″«»", '"'), **dict.fromkeys("‐‑‒–—―−﹘", "-"),
    "<": "‹", ">": "›", "&": "⅋",
})  # fmt: skip
MAX_TURNS = 8


class QuestionNotFound(NotFound):
    """There is no question with this id."""

    code = "question-not-found"
    title = "There is no such question"


class InvalidQuestionCount(Invalid):
    """The number of requested questions is out of bounds."""

    code = "invalid-question-count"
    title = "This number of questions is not allowed"


class QuestionsExhausted(Conflict):
    """No source has enough questions that are not stored already; repeating the request does not help."""

    code = "question-bank-exhausted"
    title = "The sources do not have that many new questions"


class QuestionSourceUnavailable(Unavailable):
    """A question source does not respond, or its response cannot be parsed."""

    code = "question-source-unavailable"
    title = "No question source is available"


class QuestionSourceLimited(Unavailable):
    """A question source limits the rate of requests."""

    code = "question-source-limited"
    title = "A question source limits the request rate"


class QuizOverloaded(Unavailable):
    """The queue of requests for questions is full."""

    code = "quiz-overloaded"
    title = "Too many people are waiting for questions"


class Difficulty(StrEnum):
    """How hard a question is."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class Refusal(StrEnum):
    """Why a row of a source is refused."""

    TYPE = "type"
    BLANK = "blank"
    LENGTH = "length"
    CONTROL = "control"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A question from a source, cleaned and validated, not stored yet.

    `created_at` is the source's own date, never invented. `value` is the value of a clue as in jService.
    """

    question: str
    answer: str
    fingerprint: bytes
    source: str
    category: str | None = None
    difficulty: Difficulty | None = None
    value: int | None = None
    source_id: str | None = None
    licence: str | None = None
    created_at: datetime | None = None
    aired_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawQuestion:
    """A row as received from a source, with values of any type."""

    question: object
    answer: object
    category: object = None
    difficulty: object = None
    value: object = None
    id: object = None
    invalid_count: object = None
    created_at: object = None
    aired_at: object = None


def fingerprint(question: str, answer: str) -> bytes:
    """Return the SHA-256 of both normal forms: questions with equal fingerprints are the same question."""
    return hashlib.sha256(f"{normalise(question)}{SEPARATOR}{normalise(answer)}".encode()).digest()


def normalise(text: str) -> str:
    """Return the normal form of a text, without irrelevant differences.

    These are tags, entities, compatibility forms (NFKC), case, quotes, dashes and white space; articles, brackets and
    punctuation are kept. Idempotent. Version 1: a change requires a migration that recomputes all fingerprints.
    """
    folded = _fold(clean(text)).translate(SPELLINGS)
    return " ".join(ESCAPED_QUOTE.sub("", folded).split())


def clean(text: str) -> str:
    """Return readable text of a source: without entities (escaped twice at most) and tags, with single white space."""
    for _ in range(2):
        if "<" in text:
            text = TAG.sub("", text)
        if "&" not in text:
            break
        text = html.unescape(text)
    if "<" in text:
        text = TAG.sub("", text)
    return " ".join(ESCAPED_QUOTE.sub("", text).split())


def candidate(raw: RawQuestion, *, source: str, licence: str | None = None) -> Candidate | Refusal:
    """Validate one row by itself. Return the reason of a refusal instead of raising an error."""
    if not isinstance(raw.question, str) or not isinstance(raw.answer, str):
        return Refusal.TYPE if raw.question is not None and raw.answer is not None else Refusal.BLANK
    if _number(raw.invalid_count):
        return Refusal.INVALID
    question, answer = clean(raw.question), clean(raw.answer)
    if not question or not answer:
        return Refusal.BLANK
    if len(question) > MAX_QUESTION or len(answer) > MAX_ANSWER:
        return Refusal.LENGTH
    if _is_uncommon(question) or _is_uncommon(answer):
        return Refusal.CONTROL
    value = _number(raw.value)
    return Candidate(
        question=question, answer=answer, fingerprint=fingerprint(question, answer), source=source, licence=licence,
        category=_name(raw.category), value=value, difficulty=_difficulty(raw.difficulty, value),
        source_id=_source_id(raw.id), created_at=_moment(raw.created_at), aired_at=_moment(raw.aired_at),
    )  # fmt: skip


def distinct(found: list[Candidate]) -> list[Candidate]:
    """Remove duplicates within one response of a source; the first one is kept."""
    return list({one.fingerprint: one for one in reversed(found)}.values())[::-1]


def check_count(count: int, limit: int, *, pointer: str = "/questions_num") -> int:
    """Return the requested number of questions. Raises InvalidQuestionCount outside of 1 to `limit`."""
    if 1 <= count <= limit:
        return count
    detail = f"`{pointer.lstrip('/')}` is a whole number from 1 to {limit}."
    raise InvalidQuestionCount(detail, errors=(FieldError(pointer, "range", detail),))


def _fold(text: str) -> str:
    """Fold compatibility forms and case, and remove invisible characters, until nothing changes."""
    if text.isascii():
        return text.lower()
    for _ in range(MAX_TURNS):
        seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
        if folded == text:
            break
        text = folded
    return text


def _is_uncommon(text: str) -> bool:
    return not text.isprintable() and any(unicodedata.category(char) in {"Cc", "Cs"} for char in text)


def _name(found: object) -> str | None:
    name = clean(found) if isinstance(found, str) else ""
    return name[:MAX_CATEGORY].strip() if name and not _is_uncommon(name) else None


def _source_id(found: object) -> str | None:
    if isinstance(found, bool) or not isinstance(found, int | str):
        return None
    text = str(found)[:MAX_SOURCE_ID]
    return None if not text or _is_uncommon(text) else text


def _number(found: object) -> int | None:
    """Parse a whole number in the forms that sources use: `200`, `"200"`, `null`."""
    if isinstance(found, str) and found.isascii() and found.isdecimal() and len(found) < len(str(BEST_VALUE)):
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= BEST_VALUE:
        return None
    return found


def _difficulty(found: object, value: int | None) -> Difficulty | None:
    """Return the difficulty given by the source, or else derive it from the value of the clue."""
    if isinstance(found, str) and found in set(Difficulty):
        return Difficulty(found)
    if not value:
        return None
    return Difficulty.EASY if value <= MAX_EASY else Difficulty.MEDIUM if value <= MAX_MEDIUM else Difficulty.HARD


def _moment(found: object) -> datetime | None:
    """Parse an ISO 8601 date or time; without a time zone it is UTC."""
    if not isinstance(found, str):
        return None
    try:
        moment = datetime.fromisoformat(found)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
