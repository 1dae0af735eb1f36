"""Languages of the pages: `.po` files read at start, no compiled copies and no build step."""

import gettext
import io
from pathlib import Path

from babel import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = {"en": "English", "ru": "Русский"}
DEFAULT = "en"
MAX_HEADER = 200  # longer Accept-Language headers are noise


def mark(text: str) -> str:
    """Mark a text for the catalogue; imported as `_`, the name that texts are collected by."""
    return text


def catalogue(folder: Path, language: str, domain: str = "efir") -> gettext.NullTranslations:
    """Texts of a language; English is the language of the templates themselves."""
    path = folder / language / "LC_MESSAGES" / f"{domain}.po"
    if language == DEFAULT:
        return gettext.NullTranslations()
    with path.open("rb") as file:
        read = read_po(file, locale=language, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def choose_language(setting: str | None, accepted: str) -> str:
    """Choose the language of a page: the reader's setting, then what the browser asks for, then English."""
    if setting in LANGUAGES:
        return setting
    wanted = [
        tag for tag, weight in sorted(_parse_weights(accepted[:MAX_HEADER]), key=lambda pair: -pair[1]) if weight > 0
    ]
    return negotiate_locale(wanted, list(LANGUAGES), sep="-") or DEFAULT


def _parse_weights(header: str) -> list[tuple[str, float]]:
    pairs = []
    for part in header.split(","):
        tag, _, weight = part.strip().partition(";")
        try:
            value = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            value = 0.0
        if tag and tag != "*":
            pairs.append((tag.strip(), value))
    return pairs
