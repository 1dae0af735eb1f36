"""Two languages: every text is there, plurals are right, the reader's wish is followed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter

import pytest
from babel.core import Locale
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from efir.domain.processing import source_facts
from efir.drivers.web.kernel import failure_messages, formats
from efir.drivers.web.kernel.i18n import LANGUAGES, catalogue, chosen
from efir.drivers.web.kernel.templates import HERE

RU, EN = Locale.parse("ru"), Locale.parse("en")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def messages() -> set[str | tuple[str, ...]]:
    """Every text of templates and handlers."""
    methods = [("templates/**.html", "jinja2"), ("**.py", "python")]
    options = {"templates/**.html": {"silent": "false"}}
    found = extract_from_dir(str(HERE), methods, options, keywords={"_": None, "gettext": None, "ngettext": (1, 2)})
    return {message for _, _, message, _, _ in found}


def test_every_text_has_a_russian_translation_and_no_translation_is_left_over() -> None:
    path = HERE / "locale" / "ru" / "LC_MESSAGES" / "efir.po"
    with path.open("rb") as file:
        known = {entry.id: entry.string for entry in read_po(file, locale="ru", abort_invalid=True) if entry.id}
    wanted = messages()
    assert len(wanted) > 150
    assert {message for message in wanted if message not in known} == set()
    assert {message for message in known if message not in wanted} == set()
    empty = [message for message, text in known.items() if not text or (isinstance(text, tuple) and not all(text))]
    assert empty == []


def test_translations_keep_the_places_of_values() -> None:
    with (HERE / "locale" / "ru" / "LC_MESSAGES" / "efir.po").open("rb") as file:
        for entry in read_po(file, locale="ru"):
            ids = entry.id if isinstance(entry.id, tuple) else (entry.id,)
            for text in entry.string if isinstance(entry.string, tuple) else (entry.string,):
                assert places(text) == places(ids[0]), entry.id


def places(text: str) -> set[str]:
    """Names of values in `%(name)s` and `{name}`."""
    percent = {part.partition(")")[0] for part in text.split("%(")[1:]}
    return percent | {name for _, name, _, _ in Formatter().parse(text.replace("%(", "(")) if name}


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 просмотров"), (1, "1 просмотр"), (2, "2 просмотра"), (5, "5 просмотров"), (11, "11 просмотров"),
     (21, "21 просмотр"), (104, "104 просмотра"), (112, "112 просмотров")],
)  # fmt: skip
def test_russian_plurals_are_right(number: int, text: str) -> None:
    words = catalogue(HERE / "locale", "ru")
    assert words.ngettext("%(shown)s view", "%(shown)s views", number) % {"shown": number} == text


@pytest.mark.parametrize(
    ("setting", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "ru", "ru"),
        (None, "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        (None, "de-DE,de;q=0.9,ru;q=0.5,en;q=0.4", "ru"),
        (None, "ru;q=0, en;q=0.1", "en"),
        (None, "fr", "en"),
        ("en", "ru", "en"),
        ("ru", "en", "ru"),
        ("xx", "ru", "ru"),
        (None, "ru;q=broken, " + "x" * 10_000, "en"),
        (None, "*", "en"),
    ],
)
def test_the_language_is_the_readers_wish(setting: str | None, accepted: str, language: str) -> None:
    assert chosen(setting, accepted) == language


def test_no_compiled_texts_are_needed() -> None:
    assert not list(Path(HERE).rglob("*.mo"))
    assert set(LANGUAGES) == {"en", "ru"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_of_a_refused_file_is_explained(language: str) -> None:
    words = catalogue(HERE / "locale", language)
    kinds = [
        kind
        for kind in vars(source_facts).values()
        if isinstance(kind, type) and issubclass(kind, source_facts.MediaRefused)
    ]
    assert len(kinds) > 5
    other = words.gettext(failure_messages.OTHER_FAILURE)
    assert [kind.code for kind in kinds if failure_messages.of_failure(kind.code, words) == other] == []
    assert failure_messages.of_failure("media-work-failed", words) == other


@pytest.mark.parametrize(
    ("passed", "english", "russian"),
    [
        (timedelta(seconds=5), "5 seconds ago", "5 секунд назад"),
        (timedelta(minutes=1), "1 minute ago", "1 минуту назад"),
        (timedelta(hours=3), "3 hours ago", "3 часа назад"),
        (timedelta(days=21), "3 weeks ago", "3 недели назад"),
        (timedelta(days=800), "2 years ago", "2 года назад"),
    ],
)
def test_ages_are_words(passed: timedelta, english: str, russian: str) -> None:
    assert formats.age(NOW - passed, NOW, EN) == english
    assert formats.age(NOW - passed, NOW, RU) == russian


def test_a_clock_that_runs_ahead_shows_no_future() -> None:
    assert formats.age(NOW + timedelta(hours=1), NOW, EN) == "1 second ago"


@pytest.mark.parametrize(
    ("number", "english", "russian"),
    [(0, "0", "0"), (999, "999", "999"), (1_000, "1K", "1\xa0тыс."), (1_234, "1.2K", "1,2\xa0тыс."),
     (153_000, "153K", "153\xa0тыс."), (1_234_567, "1.2M", "1,2\xa0млн")],
)  # fmt: skip
def test_counts_are_short(number: int, english: str, russian: str) -> None:
    assert formats.count(number, EN) == english
    assert formats.count(number, RU) == russian


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (83, "1:23"), (3_723, "1:02:03")])
def test_lengths_look_like_a_clock(seconds: float, text: str) -> None:
    assert formats.clock(seconds) == text


def test_sizes_count_in_steps_of_1024() -> None:
    assert formats.size(64 << 30, EN) == "64 GB"
    assert formats.size(5_000_000, RU) == "4,8 МБ"
    assert formats.level(-16.06, EN) == "-16.1"
    assert formats.level(-16.06, RU) == "-16,1"


def test_exact_times_are_given_in_utc() -> None:
    assert formats.exact(NOW, EN) == "20 November 2026, 12:00 UTC"
    assert formats.stamp(NOW) == "2026-11-20T12:00:00Z"
