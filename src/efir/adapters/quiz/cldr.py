"""Generator of a question bank from Unicode CLDR data, which Babel contains: places, languages, months, currencies.

The data is under the Unicode License v3 (SPDX `Unicode-3.0`), which permits use and distribution; each question states
it. Everything is generated from the installed package: nothing is downloaded, and the same package gives the same
questions.
"""

import fcntl
import json
import os
import pickle  # Babel's files
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel import localedata
from babel.core import get_cldr_version, get_global

MAX_KNOWN = ("fr", "de", "es", "it", "pt", "nl", "ru", "sv", "pl", "tr", "da", "no")
KNOWN_WELL = (
    *("uk", "cs", "sk", "hu", "ro", "bg", "el", "fi", "et", "lv", "lt", "hr", "sr", "sl", "bs", "mk", "sq", "is", "ga"),
    *("cy", "mt", "eu", "ca", "gl", "lb", "af", "sw", "zu", "ar", "he", "fa", "hi", "bn", "ta", "te", "ur", "ka", "hy"),
    *("az", "kk", "uz", "mn", "th", "vi", "id", "ms", "fil", "ko", "ja", "zh", "eo", "la", "be"),
)
MIN_PLACES = 150  # a locale with fewer names of places is skipped
NO_PLACES = frozenset({"XA", "XB", "ZZ", "QO", "EZ", "UN", "EU"})
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
VALUES = {"easy": 200, "medium": 600, "hard": 1000}

Row = dict[str, Any]


def rows() -> Iterator[Row]:
    """Yield all questions."""
    english = _data("en")
    places = {
        code: name
        for code, name in english["territories"].items()
        if len(code) == 2 and code.isalpha() and code not in NO_PLACES  # noqa: PLR2004  # countries have two letters
    }
    yield from _money(english, places)
    yield from _codes(english, places)
    yield from _languages(english, places)
    for code in sorted(name for name in localedata.locale_identifiers() if "_" not in name and name != "en"):
        data, language = _data(code), english["languages"].get(code)
        if language and len(data.get("territories", ())) >= MIN_PLACES:
            yield from _ask_in_language(code, language, data, english, places)


def _ask_in_language(code: str, language: str, data: Any, english: Any, places: dict[str, str]) -> Iterator[Row]:
    """Yield questions about words of one language, in both directions where it is widely learnt."""
    level = "easy" if code in MAX_KNOWN else "medium" if code in KNOWN_WELL else "hard"
    named = {place: name for key, place in places.items() if (name := _word(data["territories"].get(key)))}
    yield from _ask_both_ways(named, language, level, "place", f"Places in {language}", back=level != "hard")
    if level != "hard":
        spoken = {
            english["languages"][other]: name
            for other in (*MAX_KNOWN, *KNOWN_WELL)
            if (name := _word(data.get("languages", {}).get(other)))
        }
        yield from _ask_both_ways(spoken, language, level, "language", f"Languages in {language}", back=True)
    for kind, names, first in (("months", MONTHS, 1), ("days", DAYS, 0)):
        found = _calendar(data.get(kind, {}))
        words = {name: word for at, name in enumerate(names, first) if (word := _word(found.get(at)))}
        yield from _ask_both_ways(words, language, level, kind.removesuffix("s"), f"Calendar in {language}", back=True)


def _ask_both_ways(
    words: dict[str, str], language: str, level: str, kind: str, category: str, *, back: bool
) -> Iterator[Row]:
    """Yield questions for the foreign word and, where only one English word fits, for the English one."""
    times = Counter(word.casefold() for word in words.values())
    for name, word in words.items():
        if word.casefold() == name.casefold():
            continue
        yield _row(f"What is the {kind} “{name}” called in {language}?", word, category, level)
        if back and times[word.casefold()] == 1:
            yield _row(f"Which {kind} is called “{word}” in {language}?", name, category, level)


def _money(english: Any, places: dict[str, str]) -> Iterator[Row]:
    names = english["currency_names"]
    times = Counter(names.values())
    for code, tenders in get_global("territory_currencies").items():
        now = [currency for currency, _, until, tender in tenders if until is None and tender]
        if code in places and len(now) == 1 and now[0] in names:
            yield _row(f"Which currency is legal tender in {places[code]}?", names[now[0]], "Currencies", "medium")
    for code, name in names.items():
        if times[name] == 1 and code.isalpha() and code not in {"XXX", "XTS"}:
            yield _row(f"Which currency has the ISO 4217 code {code}?", name, "Currency codes", "hard")
            yield _row(f"What is the ISO 4217 code of the currency “{name}”?", code, "Currency codes", "hard")


def _codes(english: Any, places: dict[str, str]) -> Iterator[Row]:
    for code, name in places.items():
        yield _row(f"Which country or territory has the two-letter code {code}?", name, "Country codes", "medium")
        yield _row(f"What is the two-letter code of {name}?", code, "Country codes", "medium")
    times = Counter(english["languages"].values())
    for code, name in english["languages"].items():
        if times[name] == 1 and code.isalpha():
            yield _row(f"Which language has the ISO 639 code “{code}”?", name, "Language codes", "hard")
            yield _row(f"What is the ISO 639 code of the language “{name}”?", code, "Language codes", "hard")
    for code, name in english["scripts"].items():
        yield _row(f"Which script has the ISO 15924 code {code}?", name, "Scripts", "hard")


def _languages(english: Any, places: dict[str, str]) -> Iterator[Row]:
    likely, spoken = get_global("likely_subtags"), get_global("territory_languages")
    for code, name in english["languages"].items():
        script = (likely.get(code) or "").split("_")
        if len(script) == 3 and script[1] in english["scripts"] and script[1] not in name:  # noqa: PLR2004  # language, script, place
            yield _row(
                f"In which script is {name} usually written?", english["scripts"][script[1]], "Scripts", "medium"
            )
        rule = _data(code).get("plural_form") if localedata.exists(code) else None
        if rule is not None:
            question = f"How many plural categories do cardinal numbers have in {name}?"
            yield _row(question, str(len(rule.tags) + 1), "Grammar", "hard")
    for code, languages in spoken.items():
        official = [one for one, facts in languages.items() if facts["official_status"] == "official"]
        if code in places and len(official) == 1 and (name := english["languages"].get(official[0])):
            yield _row(f"What is the official language of {places[code]}?", name, "Official languages", "easy")


def _data(code: str) -> Any:
    """Return the data of a locale itself.

    Babel's own `load` caches one copy per process, with or without inherited data as its first caller requested: this
    one would spoil the dates and numbers of the pages, and theirs the questions.
    """
    with Path(localedata.resolve_locale_filename(code)).open("rb") as file:
        return pickle.load(file)  # noqa: S301  # a file of the installed package


def _calendar(found: Any) -> Any:
    """Return stand-alone names if there are any, otherwise those used inside dates."""
    return found.get("stand-alone", {}).get("wide") or found.get("format", {}).get("wide") or {}


def _word(found: object) -> str | None:
    """Return a name that is a word; None for a number or a code like `M01`."""
    if not isinstance(found, str) or any(char.isdigit() for char in found):
        return None
    return " ".join(found.split()) or None


def _row(question: str, answer: str, category: str, level: str) -> Row:
    return {
        "question": question, "answer": answer, "category": category, "difficulty": level, "value": VALUES[level],
    }  # fmt: skip


def write_bank(path: Path, *, made_at: datetime) -> int:
    """Write the bank; it appears under its name only when complete. Return the number of questions. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)  # processes that start together create it once
        if path.exists():
            with path.open("rb") as file:
                return sum(1 for _ in file) - 1
        made = {(row["question"], row["answer"]): row for row in rows()}
        shared = {
            "source": "cldr", "licence": "Unicode-3.0", "created_at": made_at.isoformat(timespec="seconds"),
            "data": f"Unicode CLDR {get_cldr_version()}",
        }  # fmt: skip
        fresh = path.with_name(f".{path.name}.new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(json.dumps({"bank": shared}) + "\n")
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in made.values())
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
        return len(made)


if __name__ == "__main__":
    write_bank(Path(sys.argv[1]), made_at=datetime.now(UTC))
